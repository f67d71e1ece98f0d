"""Tokens: one that is fixed, one from a function, or those of the client credentials grant."""

import inspect
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any

import httpx

from .errors import TokenError

ADMIN = "gavel/admin"
RENEW_BEFORE = 60
"""Seconds before its end at which a token is renewed."""
TokenSource = str | Callable[[], str] | Callable[[], Awaitable[str]] | httpx.Auth


class BearerAuth(httpx.Auth):
    """A fixed token, or a function that is asked before each request. For `AsyncGavel` the function may be async."""

    def __init__(self, source: str | Callable[[], str] | Callable[[], Awaitable[str]]) -> None:
        self._source = source

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._source if isinstance(self._source, str) else self._source()
        if not isinstance(token, str):
            if inspect.iscoroutine(token):
                token.close()
            raise TokenError("an async function gives no token to the synchronous client: use `AsyncGavel`")
        yield _with_token(request, token)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = self._source if isinstance(self._source, str) else self._source()
        yield _with_token(request, await token if inspect.isawaitable(token) else token)


@dataclass(frozen=True)
class _Token:
    text: str
    renew_at: float


class ClientCredentials(httpx.Auth):
    """The client credentials grant (RFC 6749, section 4.4): a token is fetched, kept, and renewed before it ends.

    With the user pool of the stack: `token_url` is the output `TokenUrl`, and the client is the back end's.
    Raises `TokenError` if the issuer gives no token.
    """

    requires_response_body = True

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        *,
        scope: str = ADMIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = token_url
        self._client = httpx.BasicAuth(client_id, client_secret)
        self._form = {"grant_type": "client_credentials", "scope": scope}
        self._clock = clock
        self._token: _Token | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        kept = self._token
        if kept is None or self._clock() >= kept.renew_at:
            kept = yield from self._fetch()
        response = yield _with_token(request, kept.text)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            kept = yield from self._fetch()
            yield _with_token(request, kept.text)

    def _fetch(self) -> Generator[httpx.Request, httpx.Response, _Token]:
        """Two threads may fetch at once; the later token stays."""
        flow = self._client.auth_flow(httpx.Request("POST", self._url, data=self._form))
        answer = yield next(flow)
        document: Any = None
        if answer.is_success:
            try:
                document = answer.json()
            except ValueError:
                document = None
        if not isinstance(document, dict) or not isinstance(document.get("access_token"), str):
            raise TokenError(f"{self._url} answers {answer.status_code} without a token")
        lifetime = float(document.get("expires_in", 0))
        self._token = _Token(document["access_token"], self._clock() + max(lifetime - RENEW_BEFORE, lifetime / 2))
        return self._token


def auth_of(source: TokenSource) -> httpx.Auth:
    """How requests get their `Authorization` header."""
    return source if isinstance(source, httpx.Auth) else BearerAuth(source)


def _with_token(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request
