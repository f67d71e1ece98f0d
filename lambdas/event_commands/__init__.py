"""Commands by event: from the bus, and from events that a trigger makes into commands."""
