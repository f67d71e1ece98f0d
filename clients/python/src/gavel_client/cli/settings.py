"""Where Gavel is and who calls, from the environment, or from `.local/env` while `make run` is up."""

import os
import re
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx

from ..errors import TokenError
from ..tokens import ADMIN, ClientCredentials, TokenSource

LOCAL = Path(".local") / "env"
SUBJECT = "gavel-cli"
RENEW_BEFORE = 60
HOW = """\
Where is Gavel? Set GAVEL_URL to the output `ApiUrl` of the stack, and one of
  GAVEL_TOKEN                                                    a token
  GAVEL_TOKEN_URL, GAVEL_CLIENT_ID and GAVEL_CLIENT_SECRET       client credentials
or start `make run`: the command reads `.local/env` in this directory and those above it."""


class NotConfiguredError(Exception):
    """The text says what to set."""


class NoSuchMeetingError(Exception):
    """No meeting has the name that was given for one."""


class NotOverError(Exception):
    """A meeting that is not over is not erased."""


@dataclass(frozen=True)
class Settings:
    """Variables of the environment."""

    variables: Mapping[str, str]

    @classmethod
    def find(cls, environment: Mapping[str, str] = os.environ, directory: Path | None = None) -> "Settings":
        """The environment; what it lacks comes from `.local/env`, unless it names another Gavel."""
        if environment.get("GAVEL_URL"):
            return cls(environment)
        start = directory or Path.cwd()
        for folder in (start, *start.parents):
            if (folder / LOCAL).is_file():
                given = {name: value for name, value in environment.items() if value}
                return cls({**exported((folder / LOCAL).read_text()), **given})
        return cls(environment)

    def get(self, name: str) -> str | None:
        return self.variables.get(name)

    @property
    def url(self) -> str:
        url = (self.get("GAVEL_URL") or "").rstrip("/")
        if not url:
            raise NotConfiguredError(HOW)
        if not re.match(r"https?://[^/\s]+", url):
            raise NotConfiguredError(
                f"GAVEL_URL is `{url}`: expected the output `ApiUrl`, which begins with `https://`"
            )
        return url

    @property
    def is_local(self) -> bool:
        return httpx.URL(self.url).host in ("127.0.0.1", "localhost")

    @cached_property
    def token(self) -> TokenSource:
        """Raises `NotConfiguredError` if nothing says where tokens come from."""
        if token := self.get("GAVEL_TOKEN"):
            return token
        names = ("GAVEL_TOKEN_URL", "GAVEL_CLIENT_ID", "GAVEL_CLIENT_SECRET")
        url, client, secret = (self.get(name) or "" for name in names)
        if url and client and secret:
            return ClientCredentials(url, client, secret)
        if issuer := self.get("GAVEL_ISSUER_URL"):
            return local_token(issuer)
        raise NotConfiguredError(HOW)


def exported(text: str) -> dict[str, str]:
    """What a file of `export NAME=value` lines sets."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        for word in words[1:] if words[:1] == ["export"] else words:
            name, separator, value = word.partition("=")
            if separator:
                found[name] = value
    return found


def local_token(issuer: str) -> Callable[[], str]:
    """An admin's tokens from the issuer of the local stack, each used until shortly before its end."""
    kept: list[tuple[str, float]] = []

    def token() -> str:
        if not kept or time.monotonic() >= kept[-1][1]:
            try:
                answer = httpx.post(f"{issuer}/token", json={"sub": SUBJECT, "scope": ADMIN}, trust_env=False)
                document = answer.raise_for_status().json()
            except (httpx.HTTPError, ValueError) as error:
                raise TokenError(f"the local issuer gives no token: {error}. Is `make run` up?") from error
            kept[:] = [(document["access_token"], time.monotonic() + document["expires_in"] - RENEW_BEFORE)]
        return kept[-1][0]

    return token
