"""Explains why API Gateway refuses a token, from the token's claims and from the refusal.

The signature is not checked. Only the claims named in this file are ever shown.
"""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

OWN_AUTHORIZER = re.compile(r'realm="gavel".*error_description="([^"]*)"')
"""The prefix with which `host_api` reports a refusal of the stack's own authorizer, which gives its reason in words."""
# API Gateway's `error_description`: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
_REFUSALS = {
    "audience": "its audience is not among those that the API takes (`jwtAudience`, or the pool's app clients)",
    "issuer": "its issuer is not the one that the API takes (`jwtIssuer`, or the stack's own user pool)",
    "expired": "it has expired",
    "signature": "its signature is not the issuer's: it was altered, or comes from another issuer of the same name",
}


def what_is_wrong(token: str, refusal: str = "", now: Callable[[], float] = time.time) -> str:
    """The reasons why the token was refused. `refusal` is the header `WWW-Authenticate` of the 401."""
    if not token:
        return "the request has no token"
    parts = _parts(token)
    if parts is None:
        return (
            "the token is no JWT: expected three parts with dots between, as the issuer's token endpoint answers them"
        )
    header, claims = parts
    own = OWN_AUTHORIZER.search(refusal)
    said = (
        [own[1]] if own else [*_by_algorithm(header), *(w for word, w in _REFUSALS.items() if word in refusal.lower())]
    )
    found = [*said, *_in_itself(claims, now())]
    if not found:
        found.append("the API takes tokens of another issuer or audience, or could not get the issuer's keys")
    return f"the token is refused: {'; '.join(dict.fromkeys(found))}. It has {_identity(claims)}"


def _by_algorithm(header: Mapping[str, Any]) -> Iterator[str]:
    """The fault of the token's algorithm. API Gateway's own authorizer does not name it in its refusal."""
    algorithm = str(header.get("alg"))
    if algorithm.startswith("ES"):
        yield f"it is signed with `{algorithm}`, which is taken with the setting `authorizer: lambda` alone"
    elif not algorithm.startswith("RS"):
        yield f"it is signed with `{algorithm}`, and RSA is taken (RS256), or ES256 with `authorizer: lambda`"


def _in_itself(claims: Mapping[str, Any], now: float) -> Iterator[str]:
    expires, begins = claims.get("exp"), claims.get("nbf")
    if not isinstance(expires, int | float):
        yield "it has no end (`exp`)"
    elif expires <= now:
        yield f"it expired {_minutes(now - expires)} ago: get a new one"
    if isinstance(begins, int | float) and begins > now:
        yield f"it begins in {_minutes(begins - now)} (`nbf`): is this machine's clock right?"
    if not claims.get("iss"):
        yield "it names no issuer (`iss`)"
    if not (claims.get("aud") or claims.get("client_id")):
        yield "it names no audience (`aud`, or `client_id` in access tokens of Cognito)"


def _identity(claims: Mapping[str, Any]) -> str:
    audience = claims.get("aud") or claims.get("client_id")
    return f"issuer `{claims.get('iss')}` and audience `{audience}`"


def _minutes(seconds: float) -> str:
    return f"{max(round(seconds / 60), 1)} min"


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    try:
        header, claims, _ = token.split(".")
        found = [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (header, claims)]
    except ValueError:
        return None
    return (found[0], found[1]) if all(isinstance(each, dict) for each in found) else None
