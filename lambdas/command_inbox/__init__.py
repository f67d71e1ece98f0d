"""Commands by event."""
