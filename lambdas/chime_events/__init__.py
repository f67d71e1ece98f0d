"""Chime's events about its meetings: joins, leaves, updates of capabilities, ends."""
