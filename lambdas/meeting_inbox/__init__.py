"""Hears what Chime tells of its meetings: who came, what changed, what is over."""
