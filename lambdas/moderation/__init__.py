"""Decides who may be heard, seen and shared in a Chime meeting, and makes it so."""

__version__ = "0.1.0"
