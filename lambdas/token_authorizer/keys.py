"""The issuer's public keys, as its discovery document leads to them.

https://openid.net/specs/openid-connect-discovery-1_0.html
"""

import json
import urllib.request
from functools import cached_property
from typing import Any

from jwt import PyJWK, PyJWKClient, PyJWKClientError
from jwt.exceptions import PyJWKClientConnectionError

DISCOVERY = "/.well-known/openid-configuration"
KEPT_FOR = 2 * 60 * 60
"""Seconds, as API Gateway keeps them. A token that names a key which is not among them has them read again."""
READ_AGAIN_AFTER = 30
"""Seconds, at the earliest: whoever makes up names of keys must not make us ask the issuer each time."""
TLS, LOCAL = "https://", "http://127.0.0.1:"
"""How addresses begin; the issuer of the local stack has no TLS."""
TIMEOUT = 3
"""Seconds of a request; there may be two, and API Gateway waits for ten."""


class UnknownKeyError(Exception):
    """The issuer has no such key."""


class IssuerKeys:
    """Fetched when first needed. Any failure to get them is an exception other than `UnknownKeyError`."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._beginnings = (TLS, LOCAL) if issuer.startswith(LOCAL) else (TLS,)

    def find(self, key_id: str) -> PyJWK:
        self._client.get_signing_keys()
        try:
            return self._client.get_signing_key(key_id)
        except PyJWKClientConnectionError:
            raise
        except PyJWKClientError:
            raise UnknownKeyError from None

    @cached_property
    def _client(self) -> PyJWKClient:
        address = str(self._document(self._issuer.rstrip("/") + DISCOVERY)["jwks_uri"])
        return PyJWKClient(
            self._checked(address), lifespan=KEPT_FOR, cooldown_duration=READ_AGAIN_AFTER, timeout=TIMEOUT
        )

    def _document(self, url: str) -> Any:
        with urllib.request.urlopen(self._checked(url), timeout=TIMEOUT) as response:  # noqa: S310 - it is checked
            return json.loads(response.read())

    def _checked(self, url: str) -> str:
        if not url.startswith(self._beginnings):
            raise ValueError("the issuer's keys are not to be had over TLS")
        return url
