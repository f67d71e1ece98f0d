"""Who may do what, written down from the contract. Policies and API are compared with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.domain.commands import (
    Admit,
    Ban,
    Bind,
    Command,
    Consent,
    End,
    EndFloor,
    GrantFloor,
    Hold,
    LeaveLobby,
    LetIn,
    LowerAllHands,
    LowerHand,
    Mute,
    MuteEverybody,
    RaiseHand,
    Register,
    Release,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Unban,
    Undo,
    Unmute,
    UnmuteEverybody,
)
from moderation.domain.meeting import UnmuteConsent

from tests.memory.moderated_meeting import attendee_of
from tests.security.api import ROLES, WAITS_TOO
from tests.unit.host_api.operations import MODERATION, Operation

IN_THE_MEETING = frozenset({"host", "cohost", "presenter", "participant", "viewer"})
MODERATORS = frozenset({"host", "cohost"})
HOST = frozenset({"host"})
WAITING = frozenset({"waiting"})
NOBODY: frozenset[str] = frozenset()
Who = frozenset[str]
NOWHERE = "99999999-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Permission:
    """A line of the contract: who may act on other users, on a host, and on themselves. A command on the meeting has
    `on_others` only. The authorization request comes from the registry of commands.
    """

    on_others: Who
    on_a_host: Who = NOBODY
    on_oneself: Who = NOBODY
    command: Command | None = None
    reads: str | None = None
    """The action of a route that only reads."""
    body: Any = None
    admin: bool = True
    besides: Who = NOBODY
    """Callers who may in part, although the policies do not know them."""

    @property
    def actions(self) -> tuple[str, ...]:
        reads = (self.reads,) if self.reads is not None else ()
        return (self.command.actions if self.command is not None else ()) + reads

    @property
    def own(self) -> str | None:
        return self.command.own_action if self.command is not None else None


def _moderation(command: Command, body: Any = None, *, oneself: Who = HOST) -> Permission:
    """Cohosts may not act on hosts, nor on themselves."""
    return Permission(MODERATORS, HOST, oneself, command, body=body)


def _own(command: Command, body: Any = None) -> Permission:
    """Moderators on others, and all users on themselves."""
    return Permission(MODERATORS, HOST, IN_THE_MEETING, command, body=body)


def _in_person(command: Command, body: Any = None, *, who: Who = IN_THE_MEETING, admin: bool = True) -> Permission:
    return Permission(NOBODY, NOBODY, who, command, body=body, admin=admin)


SELECTION = {
    "mute-selected": "mute",
    "unmute-selected": "unmute",
    "lower-hands": "lower-hand-of",
    "set-roles": "set-role-of",
    "remove-selected": "remove",
}
"""Route on several users → route on one user. The same is permitted for each of them."""

USER: dict[str, Sequence[Permission]] = {
    "set-capabilities-of": [_moderation(SetCapabilities(), {"audio": "Receive"})],
    "mute": [_own(Mute())],
    "unmute": [_own(Unmute())],
    "hold": [_moderation(Hold())],
    "release": [_moderation(Release())],
    "raise-hand-of": [_in_person(RaiseHand())],
    "lower-hand-of": [_own(LowerHand())],
    "grant-floor-to": [_moderation(GrantFloor(), {"durationSeconds": 60})],
    "end-floor-of": [_moderation(EndFloor())],
    "consent-of": [_in_person(Consent(), {"changeId": "01JZ", "accept": True}, admin=False)],
    "set-role-of": [Permission(HOST, HOST, HOST, SetRole(), body={"role": "presenter"})],
    "remove": [_moderation(Remove()), _moderation(Remove(ban=True), {"ban": True}, oneself=NOBODY)],
}
ROUTE: dict[str, Sequence[Permission]] = {
    "register-meeting": [Permission(NOBODY, command=Register(), body={"mode": "open"})],
    "list-meetings": [Permission(NOBODY, reads="list-meetings")],
    "get-meeting": [Permission(IN_THE_MEETING, reads="view-meeting")],
    "patch-meeting": [
        Permission(MODERATORS, command=SetMeeting(mode="presentation"), body={"mode": "presentation"}),
        Permission(MODERATORS, command=SetMeeting(frozen=True), body={"frozen": True}),
        Permission(MODERATORS, command=SetMeeting(frozen=False), body={"frozen": False}),
        Permission(HOST, command=SetMeeting(default_role="viewer"), body={"defaultRole": "viewer"}),
        Permission(HOST, command=SetMeeting(unmute_consent=UnmuteConsent.REQUIRED), body={"unmuteConsent": "required"}),
        Permission(HOST, command=SetMeeting(lobby=False), body={"lobby": False}),
        Permission(HOST, command=SetMeeting(mode="audience", lobby=True), body={"mode": "audience", "lobby": True}),
    ],
    "get-me": [Permission(IN_THE_MEETING, reads="view-meeting")],
    "list-attendees": [Permission(IN_THE_MEETING, reads="view-attendees")],
    "get-attendee": [Permission(IN_THE_MEETING, IN_THE_MEETING, IN_THE_MEETING, reads="view-attendees")],
    "get-user": [Permission(IN_THE_MEETING, IN_THE_MEETING, IN_THE_MEETING, reads="view-attendees")],
    "mute-all": [Permission(MODERATORS, command=MuteEverybody())],
    "unmute-all": [Permission(MODERATORS, command=UnmuteEverybody())],
    "undo": [Permission(MODERATORS, command=Undo(), body={"changeId": "{undoable}"})],
    "lower-all-hands": [Permission(MODERATORS, command=LowerAllHands())],
    "end": [Permission(HOST, command=End())],
    "admit-users": [Permission(NOBODY, command=Admit(), body={"users": [{"externalUserId": "newcomer"}]})],
    "bind-attendee": [_in_person(Bind(), who=NOBODY)],
    "ban-user": [_moderation(Ban(), oneself=NOBODY)],
    "unban-user": [_moderation(Unban(), oneself=NOBODY)],
    "answer-lobby": [_moderation(LetIn(), {"admit": True})],
    "leave-lobby": [_in_person(LeaveLobby(), who=WAITING)],
    "list-hands": [Permission(IN_THE_MEETING, reads="view-hands")],
    "list-bans": [Permission(MODERATORS, reads="view-bans")],
    "list-lobby": [Permission(MODERATORS, reads="view-lobby")],
    "get-history": [Permission(MODERATORS, reads="view-history")],
    "get-change": [Permission(MODERATORS, reads="view-changes")],
    "listen": [Permission(IN_THE_MEETING | WAITING, reads="live", besides=WAITING)],
    **{several: USER[one] for several, one in SELECTION.items()},
    **{f"{name}-{kind}": permissions for name, permissions in USER.items() for kind in ("attendee", "user")},
}
READS_ON_A_PERSON = {"get-attendee", "get-user"}
"""The policies are asked about the meeting, not about the user."""


@dataclass(frozen=True)
class Cell:
    route: Operation
    permission: Permission
    role: str
    target: str | None
    is_allowed: bool

    def __str__(self) -> str:
        return f"{self.role}: {self.route.method} {self.route.path} {self.permission.body} on {self.target}"

    @property
    def who(self) -> str:
        return ROLES.get(self.role, self.role)

    @property
    def is_in_meeting(self) -> bool:
        """Whether it is about one meeting, and not about all."""
        return "{meetingId}" in self.route.path

    def path(self, undoable: str, attendees: dict[str, str]) -> str:
        """The path after the meeting's own, or after that of all meetings."""
        found = self.route.path.removeprefix("/meetings").removeprefix("/{meetingId}").replace("{changeId}", undoable)
        if self.target is not None:
            found = found.replace("{externalUserId}", self.target)
            found = found.replace("{attendeeId}", attendees.get(self.target, NOWHERE))
        return found

    def body(self, undoable: str) -> Any:
        if self.route.method == "DELETE":
            return None
        if self.route.name in SELECTION:
            return {**(self.permission.body or {}), "externalUserIds": [self.target]}
        is_undo = self.route.name == "undo"
        return {"changeId": undoable} if is_undo else self.permission.body


ATTENDEES = {user: attendee_of(user) for user in ("alice", "hugo", "cora", "paula", "pete", "bob", "victor")}


def cells() -> Iterator[Cell]:
    """Every route, in every sense, by every caller, on every user."""
    for route in MODERATION:
        for permission in ROUTE[route.name]:
            for role in (*ROLES, "admin"):
                yield from _of(route, permission, role)


def _of(route: Operation, permission: Permission, role: str) -> Iterator[Cell]:
    is_on_users = "{externalUserId}" in route.path or "{attendeeId}" in route.path or route.name in SELECTION
    if not is_on_users:
        yield Cell(route, permission, role, None, _may(permission, role, permission.on_others))
        return
    somebody = WAITS_TOO if route.name == "answer-lobby" else "bob"
    yield Cell(route, permission, role, somebody, _may(permission, role, permission.on_others))
    yield Cell(route, permission, role, "hugo", _may(permission, role, permission.on_a_host))
    if role != "admin":
        yield Cell(route, permission, role, ROLES[role], role in permission.on_oneself)


def _may(permission: Permission, role: str, who: Who) -> bool:
    return permission.admin if role == "admin" else role in who
