# Made from `_async/transport.py` by `make contracts`.
"""Sends calls, and sends them again where that can help."""

import time
from typing import TypeVar

import httpx
from pydantic import BaseModel

from ..call import Call, parsed
from ..errors import UnreachableError
from ..retry import Retry
from .waiting import sleep

T = TypeVar("T", bound=BaseModel)


class Transport:
    """One base URL, one way to get tokens. `user` is the user that an admin acts for, unless a call names another."""

    def __init__(self, url: str, client: httpx.Client, auth: httpx.Auth, retry: Retry, user: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._client = client
        self._auth = auth
        self._retry = retry
        self._user = user

    def acting_for(self, user: str | None) -> "Transport":
        return Transport(self._url, self._client, self._auth, self._retry, user)

    def send(self, call: Call[T]) -> T:
        """The answer. Raises what `errors.py` lists."""
        return parsed(call.answer, self.exchange(call))

    def exchange(self, call: Call[T]) -> httpx.Response:
        """The last response, whatever its status. Raises `UnreachableError` if none came."""
        call = call.on_behalf_of(self._user)
        started, tried = time.monotonic(), 0
        while True:
            outcome = self._try(call)
            tried += 1
            pause = self._retry.pause(outcome, tried, time.monotonic() - started)
            if pause is None:
                break
            sleep(pause)
        if isinstance(outcome, httpx.TransportError):
            raise UnreachableError(tried, call.idempotency_key, outcome) from outcome
        return outcome

    def _try(self, call: Call[T]) -> httpx.Response | httpx.TransportError:
        try:
            return self._client.send(call.request(self._url), auth=self._auth)
        except httpx.TransportError as error:
            return error
