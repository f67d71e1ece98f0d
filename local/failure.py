"""Errors of the local stack. Their texts are for the user at the terminal."""


class LocalStackError(Exception):
    """The local stack cannot start or continue."""


class ChildDied(LocalStackError):
    """A server of the stack ended unexpectedly."""
