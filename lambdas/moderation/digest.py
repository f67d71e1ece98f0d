"""Digests of what callers send: idempotency keys and fingerprints."""

from collections.abc import Iterable
from hashlib import sha256


def digest(parts: Iterable[bytes]) -> str:
    """Each part with its length before it, so that no two lists of parts read the same."""
    found = sha256()
    for part in parts:
        found.update(len(part).to_bytes(4, "big"))
        found.update(part)
    return found.hexdigest()
