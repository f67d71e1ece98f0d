"""The world of the moderator, met by AWS."""
