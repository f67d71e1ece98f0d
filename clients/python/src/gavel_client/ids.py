"""How ids are written into paths and headers."""

import re
from base64 import urlsafe_b64encode
from urllib.parse import quote

TROUBLE = re.compile(r"[/\\%~]|^\.+$")
"""Servers on the way might read such an id as something else."""


def in_path(part: str) -> str:
    """A part of a path, percent-encoded."""
    return quote(part, safe="")


def user_in_path(user_id: str) -> str:
    """An ExternalUserId: percent-encoded, or `~` and its base64url if it holds what a path cannot."""
    if TROUBLE.search(user_id):
        return "~" + urlsafe_b64encode(user_id.encode()).decode().rstrip("=")
    return in_path(user_id)
