"""Attacks and their outcomes. docs/security.md names a test of these for each of its statements."""
