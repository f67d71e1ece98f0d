"""Deterministic simulation of the life of a command: production code, with a schedule that follows from a seed."""
