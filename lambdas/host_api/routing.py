"""Which route a path means.

Powertools' resolver is not used: its patterns let no `#`, `"`, `«` or line break through, all of which an
ExternalUserId may hold once the gateway has decoded the path, and importing it takes as long as everything else here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from moderation.validation import Fault

from . import ids
from .call import Call
from .later import Model
from .problems import Problem, Unanswerable, invalid
from .response import Response

A_USER = "{externalUserId}"
NO_QUERY = Model("host_api.models", "Query")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A line of the API, for the door and for its description alike.

    A route with a `body` changes something; `answers` and `problems` name what the description says of it.
    """

    method: str
    path: str
    name: str
    does: str
    handle: Callable[[Call], Response]
    answers: str
    body: Model | None = None
    query: Model = NO_QUERY
    has_revision: bool = False
    may_wait: bool = True
    """Whether what it changes may be answered as `pending`."""
    problems: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.split("/"))


@dataclass(frozen=True, slots=True)
class Found:
    route: Route
    written: Mapping[str, str]
    """The ids as they stand in the path, not looked at yet."""

    def ids(self) -> dict[str, str]:
        """Raises `Unanswerable` where one is malformed."""
        read, faults = {}, []
        for name, text in self.written.items():
            try:
                read[name] = ids.IN_PATH[name](text)
            except ids.Malformed as malformed:
                faults.append(Fault(f"{{{name}}}", str(malformed)))
        if faults:
            raise invalid(*faults)
        return read


def find(routes: Sequence[Route], method: str, path: str) -> Found:
    """A slash at the end is ignored, unless it could be part of the id before it. `HEAD` finds the route of `GET`."""
    parts = path.split("/")
    has_slash = len(parts) > 1 and not parts[-1]
    fitting = [
        (route, written)
        for route in routes
        if (written := _match(route, parts[:-1] if has_slash else parts)) is not None
        and not (has_slash and route.parts[-1] == A_USER)
    ]
    wanted = "GET" if method == "HEAD" else method
    for route, written in fitting:
        if route.method == wanted:
            return Found(route, written)
    if not fitting:
        detail = "no such route; an id that holds `/` is written as `~` and its base64url"
        raise Unanswerable(Problem("not-found", detail))
    methods = {route.method for route, _ in fitting}
    allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    raise Unanswerable(Problem("method-not-allowed", f"allowed here: {allowed}", headers={"Allow": allowed}))


def _match(route: Route, parts: Sequence[str]) -> dict[str, str] | None:
    """Words are compared as they are written; ids are percent-decoded once. No id holds `%`, so it doesn't matter
    whether the gateway decoded them before.
    """
    if len(route.parts) != len(parts):
        return None
    written = {}
    for wanted, part in zip(route.parts, parts, strict=True):
        if wanted.startswith("{"):
            written[wanted[1:-1]] = unquote(part)
        elif wanted != part:
            return None
    return written
