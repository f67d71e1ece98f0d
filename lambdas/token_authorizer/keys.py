"""The issuer's public keys, found through its discovery document.

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
"""Seconds for which keys are cached, as API Gateway does. An unknown key id causes another fetch."""
READ_AGAIN_AFTER = 30
"""Seconds between two fetches, at least: a caller who invents key ids must not make Gavel ask the issuer each time."""
TLS, LOCAL = "https://", "http://127.0.0.1:"
"""Prefixes of addresses. The issuer of the local stack has no TLS."""
TIMEOUT = 3
"""Seconds of a request. There may be two, and API Gateway waits for ten."""


class UnknownKeyError(Exception):
    """The issuer has no such key."""


class IssuerKeys:
    """The keys, fetched when they are first needed. If they cannot be fetched, an exception other than
    `UnknownKeyError` is raised.
    """

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
