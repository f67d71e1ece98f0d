"""The ports, met by AWS and by Cedar."""
