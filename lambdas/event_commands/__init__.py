"""Gavel's remote control: events on the bus, and whatever a trigger makes of other events, as commands."""
