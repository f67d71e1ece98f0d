"""Builds what is deployed, and the project's environment: the bundle, byte code, uv, the lock file."""
