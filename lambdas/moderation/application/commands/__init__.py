"""Handlers of commands and the pipeline that they share."""
