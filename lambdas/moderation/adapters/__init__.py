"""Adapters: implementations of the ports with AWS services and Cedar."""
