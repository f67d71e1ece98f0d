"""Finishes what was decided: every minute, and when reminded of one change."""
