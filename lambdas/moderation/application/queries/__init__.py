"""Reads: what a caller may see of meetings, attendees, history and lists."""
