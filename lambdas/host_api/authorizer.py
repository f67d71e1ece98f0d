"""What API Gateway says of the caller's token: from its own authorizer, or from ours (`token_authorizer`)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Any

REFUSED = "the token was not looked at"


@dataclass(frozen=True, slots=True)
class Identity:
    """`refusal` is why the token is not taken; None if it is."""

    claims: Mapping[str, str]
    scopes: tuple[str, ...] = ()
    refusal: str | None = None


def identity_of(authorizer: Mapping[str, Any], now: Callable[[], float] = time) -> Identity:
    if "lambda" in authorizer:
        return _from_ours(authorizer["lambda"], now)
    jwt = authorizer.get("jwt")
    said = jwt if isinstance(jwt, dict) else {}
    scopes = said.get("scopes")
    return Identity(_texts(said.get("claims")), tuple(_text(s) for s in scopes) if isinstance(scopes, list) else ())


def _from_ours(said: object, now: Callable[[], float]) -> Identity:
    """API Gateway keeps its answer for some minutes, in which the token may expire."""
    context = said if isinstance(said, dict) else {}
    try:
        claims = _texts(json.loads(context["claims"]))
        expires = float(claims["exp"])
    except (KeyError, TypeError, ValueError):
        return Identity({}, refusal=_text(context.get("refusal")) or REFUSED)
    return Identity(claims) if now() < expires else Identity({}, refusal="the token has expired")


def _texts(value: object) -> Mapping[str, str]:
    return {k: _text(v) for k, v in value.items() if isinstance(k, str)} if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
