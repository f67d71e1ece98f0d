"""Decisions: each command and its context gives an accepted, unchanged or refused decision. Pure."""
