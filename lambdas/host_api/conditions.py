"""Headers that make a write conditional (`If-Match`) or repeatable (`Idempotency-Key`)."""

import re
from collections.abc import Iterable

from moderation.digest import digest
from moderation.domain.actor import Actor
from moderation.validation import Fault

from .incoming import Incoming
from .problems import invalid

IF_MATCH = "If-Match"
IDEMPOTENCY_KEY = "Idempotency-Key"
ANY_REVISION = "*"
_ENTITY_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]{1,64})"|([\x21\x23-\x2b\x2d-\x7e]{1,64})')
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def if_match(incoming: Incoming) -> str | None:
    """The revision, quoted or not; `*` as it is. Proxies that compress mark tags as weak, so that mark is ignored."""
    header = incoming.headers.get(IF_MATCH.lower())
    if header is None:
        return None
    found = _ENTITY_TAG.fullmatch(header.strip(" \t"))
    if found is None:
        raise invalid(Fault(IF_MATCH, "one revision, as `ETag` gives it"))
    return found[1] or found[2]


def idempotency_key(incoming: Incoming, actor: Actor) -> str | None:
    """A digest, so that one caller's key is never another's, and no key is stored as it was sent."""
    header = incoming.headers.get(IDEMPOTENCY_KEY.lower())
    if header is None:
        return None
    if _KEY.fullmatch(header) is None:
        raise invalid(Fault(IDEMPOTENCY_KEY, "1 to 128 visible ASCII characters"))
    return digest(part.encode() for part in (actor.kind.value, actor.id, actor.via or "", header))


def fingerprint(incoming: Incoming, query: Iterable[tuple[str, str]], content: bytes) -> str:
    """Two requests with the same key are the same request if this is the same."""
    texts = [incoming.method, incoming.path, *(part for pair in sorted(query) for part in pair)]
    return digest([*(text.encode("utf-8", "surrogatepass") for text in texts), content])
