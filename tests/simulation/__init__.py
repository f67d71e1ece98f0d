"""Deterministic simulation of the life of a command: production code in a world where each schedule has its seed."""
