"""Decides who may be heard, seen and shared in a Chime meeting, and makes it so."""
