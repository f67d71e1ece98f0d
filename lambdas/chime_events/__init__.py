"""Hears what Chime tells of its meetings: who came, who left, what changed, what is over."""
