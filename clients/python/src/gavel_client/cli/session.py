"""What every command has: a client, a meeting, and how the answer is shown."""

import inspect
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, get_type_hints

import httpx
import typer

from .._sync.client import TIMEOUT, Gavel
from .._sync.meeting import MeetingClient
from ..errors import InvalidRequestError, NotPermittedError
from ..model import Received
from ..retry import Retry
from ..tokens import TokenSource
from .curl import CurlTransport
from .settings import NoSuchMeetingError, NotConfiguredError, Settings
from .show import as_json

MEETING_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MEETING = typer.Option(
    "--meeting", "-m", envvar="GAVEL_MEETING", help="MeetingId, or ExternalMeetingId; `demo` is the one of `make run`."
)
COMMON: dict[str, tuple[Any, Any]] = {
    "meeting_name": (Annotated[str | None, MEETING], None),
    "acting_for": (
        Annotated[str | None, typer.Option("--as", help="Act for this user: the policies judge them.")],
        None,
    ),
    "json": (Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")], False),
    "curl": (
        Annotated[bool, typer.Option("--curl", help="Print the call as a curl command, and do not send it.")],
        False,
    ),
}
"""The options of every command, by the field of `Session` that takes the value: the option, and its default."""


@dataclass(frozen=True)
class Session:
    """What one run of a command works with: its common options, a client, and how it shows the answer."""

    settings: Settings
    meeting_name: str | None
    acting_for: str | None
    json: bool
    curl: bool

    @cached_property
    def gavel(self) -> Gavel:
        settings = self.settings
        return Gavel(settings.url, settings.token, on_behalf_of=self.acting_for, http_client=self._http)

    def stranger(self, token: TokenSource) -> Gavel:
        """The same Gavel for a caller with another token, tried once."""
        return Gavel(self.settings.url, token, retry=Retry(tries=1), http_client=self._http)

    @cached_property
    def meeting(self) -> MeetingClient:
        return self.gavel.meeting(self.meeting_id)

    @cached_property
    def meeting_id(self) -> str:
        """Raises `NotConfiguredError` if no meeting is named."""
        name = self.meeting_name or self.settings.get("GAVEL_DEMO_MEETING")
        if name is None:
            raise NotConfiguredError("which meeting? Pass `--meeting`, or set GAVEL_MEETING")
        if name == "demo":
            name = self.settings.get("GAVEL_DEMO_MEETING") or name
        return name if MEETING_ID.fullmatch(name) else self._named(name)

    def show(self, answer: Received, table: Callable[[], None]) -> None:
        """As JSON if that was asked for, else for people."""
        if self.json:
            print(as_json(answer))
        else:
            table()

    def get(self, path: str) -> httpx.Response:
        """The answer to a request without a token."""
        return self._http.get(f"{self.settings.url}{path}")

    def close(self) -> None:
        """Closes the connections, if there are any."""
        if "_http" in vars(self):
            self._http.close()

    def _named(self, name: str) -> str:
        """The meeting of a name that has not ended; else the one that was registered last."""
        settings = self.settings
        with self._client(None) as http:
            gavel = Gavel(settings.url, settings.token, http_client=http)
            try:
                found = list(gavel.meetings.list(external_meeting_id=name))
            except NotPermittedError as error:
                raise NotConfiguredError(f"only an admin may look up `{name}`: pass a MeetingId") from error
            except InvalidRequestError as error:
                raise NotConfiguredError(f"`{name}` is neither a MeetingId nor an ExternalMeetingId") from error
        live = [each.meeting_id for each in found if each.ended_at is None]
        if len(live) > 1:
            raise NotConfiguredError(f"{len(live)} meetings are called `{name}`: pass one of {', '.join(live)}")
        if not found:
            raise NoSuchMeetingError(f"no meeting is called `{name}`")
        return live[0] if live else found[0].meeting_id

    @cached_property
    def _http(self) -> httpx.Client:
        return self._client(CurlTransport() if self.curl else None)

    def _client(self, transport: httpx.BaseTransport | None) -> httpx.Client:
        return httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=not self.settings.is_local)


def with_session(function: Callable[..., None], *, in_meeting: bool = True) -> Callable[..., None]:
    """The function as a command of typer: its parameters, but for the session, and `COMMON` become options."""
    common = {name: option for name, option in COMMON.items() if in_meeting or name != "meeting_name"}

    def command(**arguments: Any) -> None:
        given = {name: arguments.pop(name, default) for name, (_, default) in COMMON.items()}
        with closing(Session(Settings.find(), **given)) as session:
            function(session, **arguments)

    hints = get_type_hints(function, include_extras=True)
    own = [each for name, each in inspect.signature(function).parameters.items() if name != "session"]
    parameters = [each.replace(annotation=hints[each.name], kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in common.items()
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    return command
