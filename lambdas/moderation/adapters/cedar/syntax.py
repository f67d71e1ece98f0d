"""Finds the line of a syntax error in Cedar text, which Cedar's own messages do not name."""

import re
from collections.abc import Callable

END = "unexpected end of input"
TOKEN = re.compile(r"""//[^\n]*|"(?:[^"\\]|\\.)*"|\w+|[^\s\w]""")
NAMED = re.compile(r"`([^`]+)`|: (\S+)$")
"""The token that a message is about."""


def line_of_error(text: str, error_of: Callable[[str], str | None]) -> int:
    """The line of the first token after which the text cannot be continued.

    `error_of` reads a text and returns Cedar's message, or `None`.
    """
    line = 1
    for token in TOKEN.finditer(text):
        if token[0].startswith("//"):
            continue
        line = text.count("\n", 0, token.start()) + 1
        message = error_of(text[: token.end()])
        if message and END not in message:
            return _line_of_named(message, text[: token.end()]) or line
    return line


def _line_of_named(message: str, text: str) -> int | None:
    """The line of the word that the message names. Cedar reads a policy to its end before it checks its words."""
    found = NAMED.search(message)
    word = (found[1] or found[2]) if found else None
    at = text.rfind(word) if word else -1
    return text.count("\n", 0, at) + 1 if at >= 0 else None
