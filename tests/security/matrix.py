"""Who may do what, written down from the contract and not asked of the policies: what both are held against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from host_api.routes import ROUTES
from host_api.routing import Route

from tests.memory.moderated_meeting import seat
from tests.security.cast import ROLES, WAITS_TOO

IN_THE_MEETING = frozenset({"host", "cohost", "presenter", "participant", "viewer"})
MODERATORS = frozenset({"host", "cohost"})
HOST = frozenset({"host"})
WAITING = frozenset({"waiting"})
NOBODY: frozenset[str] = frozenset()
Who = frozenset[str]
NOWHERE = "99999999-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Deed:
    """A line of the contract. `on_others`, `on_a_host`, `on_himself`: who may, by whom it is done to; a deed on the
    meeting has the first alone. `actions` are the policies' words for it, `own` their word for doing it to oneself.
    """

    on_others: Who
    on_a_host: Who = NOBODY
    on_himself: Who = NOBODY
    actions: tuple[str, ...] = ()
    own: str | None = None
    body: Any = None
    admin: bool = True
    besides: Who = NOBODY
    """Who may in some part, though the policies know nothing of it."""
    fields: dict[str, Any] = field(default_factory=dict)


def _moderation(action: str, body: Any = None, *, also: tuple[str, ...] = (), himself: Who = HOST) -> Deed:
    """Cohosts never on hosts, nor on themselves."""
    return Deed(MODERATORS, HOST, himself, (action, *also), body=body)


def _own(action: str, own: str, body: Any = None) -> Deed:
    """Moderators on others, and everybody on himself."""
    return Deed(MODERATORS, HOST, IN_THE_MEETING, (action,), own, body)


PERSON: dict[str, Sequence[Deed]] = {
    "set-capabilities-of": [_moderation("set-capabilities", {"audio": "Receive"})],
    "mute": [_own("mute", "mute-self")],
    "unmute": [_own("unmute", "unmute-self")],
    "hold": [_moderation("hold")],
    "release": [_moderation("release")],
    "raise-hand-of": [Deed(NOBODY, NOBODY, IN_THE_MEETING, ("raise-hand",))],
    "lower-hand-of": [_own("lower-hand", "lower-own-hand")],
    "grant-floor-to": [_moderation("grant-floor", {"durationSeconds": 60})],
    "end-floor-of": [_moderation("end-floor")],
    "consent-of": [
        Deed(NOBODY, NOBODY, IN_THE_MEETING, ("consent",), body={"changeId": "01JZ", "accept": True}, admin=False)
    ],
    "set-role-of": [Deed(HOST, HOST, HOST, ("set-role",), body={"role": "presenter"})],
    "remove": [
        _moderation("remove"),
        _moderation("remove", {"ban": True}, also=("ban",), himself=NOBODY),
    ],
}
ROUTE: dict[str, Sequence[Deed]] = {
    "register-meeting": [Deed(NOBODY, actions=("register",), body={"mode": "open"})],
    "get-meeting": [Deed(IN_THE_MEETING, actions=("view-meeting",))],
    "patch-meeting": [
        Deed(MODERATORS, actions=("set-mode",), body={"mode": "presentation"}),
        Deed(MODERATORS, actions=("freeze",), body={"frozen": True}),
        Deed(MODERATORS, actions=("unfreeze",), body={"frozen": False}),
        Deed(HOST, actions=("set-settings",), body={"defaultRole": "viewer"}),
        Deed(HOST, actions=("set-settings",), body={"unmuteConsent": "required"}),
        Deed(HOST, actions=("set-settings",), body={"lobby": False}),
        Deed(HOST, actions=("set-mode", "set-settings"), body={"mode": "audience", "lobby": True}),
    ],
    "get-me": [Deed(IN_THE_MEETING, actions=("view-meeting",))],
    "list-attendees": [Deed(IN_THE_MEETING, actions=("view-attendees",))],
    "get-attendee": [Deed(IN_THE_MEETING, IN_THE_MEETING, IN_THE_MEETING, ("view-attendees",))],
    "get-user": [Deed(IN_THE_MEETING, IN_THE_MEETING, IN_THE_MEETING, ("view-attendees",))],
    "mute-all": [Deed(MODERATORS, actions=("mute-all",))],
    "unmute-all": [Deed(MODERATORS, actions=("unmute-all",))],
    "undo": [Deed(MODERATORS, actions=("undo",), body={"changeId": "{undoable}"})],
    "end": [Deed(HOST, actions=("end",))],
    "admit-users": [Deed(NOBODY, actions=("admit-users",), body={"users": [{"externalUserId": "newcomer"}]})],
    "bind-attendee": [Deed(NOBODY, NOBODY, NOBODY, ("bind",))],
    "ban-user": [_moderation("ban", himself=NOBODY)],
    "unban-user": [_moderation("unban", himself=NOBODY)],
    "answer-lobby": [_moderation("admit", {"admit": True})],
    "leave-lobby": [Deed(NOBODY, NOBODY, WAITING, ("leave-lobby",))],
    "list-hands": [Deed(IN_THE_MEETING, actions=("view-hands",))],
    "list-bans": [Deed(MODERATORS, actions=("view-bans",))],
    "list-lobby": [Deed(MODERATORS, actions=("view-lobby",))],
    "get-history": [Deed(MODERATORS, actions=("view-history",))],
    "get-change": [Deed(MODERATORS, actions=("view-changes",))],
    "listen": [Deed(IN_THE_MEETING | WAITING, actions=("live",), besides=WAITING)],
    **{f"{name}-{kind}": deeds for name, deeds in PERSON.items() for kind in ("attendee", "user")},
}
READS_ON_A_PERSON = {"get-attendee", "get-user"}
"""The policies are asked about the meeting, not about the person."""


@dataclass(frozen=True)
class Cell:
    route: Route
    deed: Deed
    role: str
    target: str | None
    is_allowed: bool

    def __str__(self) -> str:
        return f"{self.role}: {self.route.method} {self.route.path} {self.deed.body} on {self.target}"

    @property
    def who(self) -> str:
        return ROLES.get(self.role, self.role)

    def path(self, undoable: str, seats: dict[str, str]) -> str:
        """Behind the meeting's own."""
        found = self.route.path.removeprefix("/meetings/{meetingId}").replace("{changeId}", undoable)
        if self.target is not None:
            found = found.replace("{externalUserId}", self.target)
            found = found.replace("{attendeeId}", seats.get(self.target, NOWHERE))
        return found

    def body(self, undoable: str) -> Any:
        if self.route.method == "DELETE":
            return None
        is_undo = self.route.name == "undo"
        return {"changeId": undoable} if is_undo else self.deed.body


SEATS = {user: seat(user) for user in ("alice", "hugo", "cora", "paula", "pete", "bob", "victor")}


def cells() -> Iterator[Cell]:
    """Every route, and every way in which it may be meant, by everybody, on everybody."""
    for route in ROUTES:
        for deed in ROUTE[route.name]:
            for role in (*ROLES, "admin"):
                yield from _of(route, deed, role)


def _of(route: Route, deed: Deed, role: str) -> Iterator[Cell]:
    if "{externalUserId}" not in route.path and "{attendeeId}" not in route.path:
        yield Cell(route, deed, role, None, _may(deed, role, deed.on_others))
        return
    somebody = WAITS_TOO if route.name == "answer-lobby" else "bob"
    yield Cell(route, deed, role, somebody, _may(deed, role, deed.on_others))
    yield Cell(route, deed, role, "hugo", _may(deed, role, deed.on_a_host))
    if role != "admin":
        yield Cell(route, deed, role, ROLES[role], role in deed.on_himself)


def _may(deed: Deed, role: str, who: Who) -> bool:
    return deed.admin if role == "admin" else role in who
