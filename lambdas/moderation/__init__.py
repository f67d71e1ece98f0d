"""Moderation of Chime meetings: decides who may be heard, seen and shared, and makes Chime hold it."""

__version__ = "0.1.0"
