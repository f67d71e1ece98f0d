"""Why the local stack could not start or go on. Texts are for the person at the terminal."""


class LocalStackError(Exception):
    """The local stack can't start or go on."""


class ChildDied(LocalStackError):
    """A server of the stack ended by itself."""
