"""What API Gateway's event says (HTTP API, payload format 2.0), taken leniently: whatever is odd about it is the
caller's doing, and gets an answer.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moderation.validation import Fault

from .authorizer import Identity, identity_of
from .problems import Problem, Unanswerable, invalid

MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Incoming:
    """`path` is the gateway's `rawPath`: percent-decoded already but for `%25`, so that `/` in an id splits it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    identity: Identity
    request_id: str
    body: str
    body_is_base64: bool

    @classmethod
    def of(cls, event: object) -> "Incoming":
        said = _mapping(event)
        context = _mapping(said.get("requestContext"))
        return cls(
            method=_text(_mapping(context.get("http")).get("method")).upper(),
            path=_text(said.get("rawPath")),
            query=_text(said.get("rawQueryString")),
            headers={name.lower(): _text(value) for name, value in _mapping(said.get("headers")).items()},
            identity=identity_of(_mapping(context.get("authorizer"))),
            request_id=_text(context.get("requestId")),
            body=_text(said.get("body")),
            body_is_base64=said.get("isBase64Encoded") is True,
        )

    def content(self) -> bytes:
        """The body as it was sent. Its size is looked at before anything is made of it."""
        if len(self.body) > (MOST_BYTES * 4 // 3 + 4 if self.body_is_base64 else MOST_BYTES):
            raise _too_large()
        try:
            content = base64.b64decode(self.body, validate=True) if self.body_is_base64 else self.body.encode()
        except (binascii.Error, ValueError):
            raise invalid(Fault("", "the body can't be read as UTF-8")) from None
        if len(content) > MOST_BYTES:
            raise _too_large()
        return content


def _too_large() -> Unanswerable:
    return Unanswerable(Problem("payload-too-large", f"a body has at most {MOST_BYTES} bytes"))


def _mapping(value: object) -> Mapping[str, Any]:
    return {k: v for k, v in value.items() if isinstance(k, str)} if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
