"""Checks whether the chosen authorizer accepts the keys that an issuer signs with.

API Gateway's own authorizer knows RSA keys only:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import json
import urllib.request
from typing import Any

from infra.config import JWT, LAMBDA

TIMEOUT = 5
DISCOVERY = "/.well-known/openid-configuration"
TAKEN = {JWT: {"RSA"}, LAMBDA: {"RSA", "EC"}}
"""The authorizer → the types of keys that it accepts."""
REMEDIES = {
    JWT: "API Gateway's own authorizer takes RSA keys alone (RS256, RS384, RS512). Set `authorizer` to `lambda`, which "
    "takes ES256, ES384 and ES512 as well, or let the issuer sign with RS256",
    LAMBDA: "the authorizer takes RSA keys and those of elliptic curves (RS256, ES256 and their like). Let the issuer "
    "sign with one of these",
}


def lacks_key(issuer: str, authorizer: str) -> str | None:
    """The reason why tokens of this issuer would be answered with 401; `None` if there is none, or if the issuer cannot
    be asked.
    """
    try:
        keys = _document(_document(issuer.rstrip("/") + DISCOVERY)["jwks_uri"])["keys"]
        kinds = {key["kty"] for key in keys}
        taken = [key for key in keys if key["kty"] in TAKEN[authorizer] and key.get("use", "sig") == "sig"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if taken or not kinds:
        return None
    return (
        f"`jwtIssuer`: {issuer} signs with {', '.join(sorted(kinds))} keys only, and every token would be answered "
        f"401: {REMEDIES[authorizer]}, or leave `jwtIssuer` out and use the stack's own user pool."
    )


def _document(url: str) -> Any:
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise ValueError(url)
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response:  # noqa: S310 - the scheme is looked at above
        return json.loads(response.read())
