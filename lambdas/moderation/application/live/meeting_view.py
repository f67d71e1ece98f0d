"""The part of a meeting that each subscriber may see: the same as the answer to the same query over HTTP."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from ...domain.actor import Actor, ActorKind
from ...domain.commands import Admit, LetIn
from ...domain.decisions.decision import authorization_request
from ...domain.documents import Document, attendee_document, meeting_document
from ...domain.entry import DECIDED, Entry
from ...domain.ids import is_pipeline
from ...domain.meeting import Attendee, Meeting, User, is_held, waits
from ...ports import Policies
from ..commands.context import is_banned
from ..queries.access import VisibleMeeting
from ..queries.history import entry_document
from ..queries.meetings import MeetingQueries, available, for_everybody, for_moderators
from .messages import fits, written

LET_IN = (LetIn.name, Admit.name)
CUT_OFF = "not-permitted"
BANNED = "banned"
DECLINED = "turned-away"
LOBBY_OFF = "lobby-off"
LISTS = ("attendees", "parameters", "before", "after", "requested")
"""Fields of an entry that may be large."""
OWN_DETAIL = ("until", "answer", "banned", "pendingSince")
"""Fields of an entry's detail that the user concerned may see, beside their own part of `attendees`."""


class MeetingView:
    """The meeting at one moment, as JSON. A document that several subscribers see is serialized once."""

    def __init__(
        self, meeting: Meeting, users: Mapping[str, User], policies: Policies, now: datetime, reader: MeetingQueries
    ) -> None:
        self.meeting = meeting
        self.users = users
        self.policies = policies
        self.reader = reader
        self._now = now
        self._attendees: dict[tuple[str, bool], str] = {}
        self._entries: dict[str, str] = {}

    @cached_property
    def for_everybody(self) -> str:
        return written(for_everybody(meeting_document(self.meeting)) | available(self.policies))

    @cached_property
    def for_moderators(self) -> str:
        """The meeting as moderators see it, without `roles` if they make it too large for a message."""
        whole = written(self._with_roles)
        return whole if fits(whole) else written({k: v for k, v in self._with_roles.items() if k != "roles"})

    @cached_property
    def roles(self) -> list[str]:
        """The roles one by one, if they are too large for the meeting's document."""
        if fits(written(self._with_roles)):
            return []
        roles = cast("dict[str, str]", self._with_roles["roles"])
        return [written({"externalUserId": user_id, "role": role}) for user_id, role in roles.items()]

    @cached_property
    def _with_roles(self) -> Document:
        return for_moderators(self.meeting, self.users) | available(self.policies)

    def attendee(self, user: User, attendee: Attendee, *, with_limits: bool) -> str:
        key = (attendee.attendee_id, with_limits)
        if key not in self._attendees:
            held = self.policies.capabilities_for
            document = attendee_document(self.meeting, user, attendee, held, self._now, with_limits=with_limits)
            self._attendees[key] = written(document)
        return self._attendees[key]

    def entry(self, entry: Entry) -> str:
        if entry.id not in self._entries:
            self._entries[entry.id] = _written_entry(entry)
        return self._entries[entry.id]


class SubscriberView:
    """The part of the meeting that one caller sees. A caller without the policies' permission sees nothing."""

    def __init__(self, view: MeetingView, actor: Actor) -> None:
        is_user = actor.kind is ActorKind.USER
        self._view = view
        self._actor = actor
        self._caller = view.users.get(actor.id, User(actor.id)) if is_user else None

    def may(self, action: str, user: User | None = None) -> bool:
        asked = authorization_request(self._actor, self._caller, action, self._view.meeting, user)
        return self._view.policies.authorize(asked).allowed

    @property
    def waiting_since(self) -> datetime | None:
        """Since when the caller waits in the lobby. `None` if no host's answer is due."""
        caller = self._caller
        waiting = caller.rules.waiting if caller is not None and waits(caller, self._view.meeting) else None
        return waiting.since if waiting is not None else None

    @property
    def shut_out_by(self) -> str:
        """The code with which the connection of a caller without access is closed."""
        waiting = self._caller.rules.waiting if self._caller is not None else None
        if self._caller is None or is_banned(self._caller) or waiting is None:
            return BANNED if is_banned(self._caller) else CUT_OFF
        if not is_held(self._caller, self._view.meeting):
            return LOBBY_OFF
        return DECLINED if waiting.declined_at is not None else CUT_OFF

    def is_let_in_by(self, entries: Sequence[Entry]) -> bool:
        """Whether one of the entries admits the caller."""
        decided = (e for e in entries if e.type == DECIDED and e.extra.get("verdict") == "accepted")
        return any(e.command in LET_IN and self._actor.id in e.names for e in decided) and self._caller is not None

    @cached_property
    def oversees(self) -> bool:
        return self.may("view-history")

    def single(self, *, meeting: bool, me: bool) -> dict[str, str]:
        """The documents `meeting` and `me`, if the caller may see them."""
        view, shown = self._view, {}
        if not ((meeting or me) and self.may("view-meeting")):
            return {}
        if meeting:
            shown["meeting"] = view.for_moderators if self.may("view-roles") else view.for_everybody
        if me:
            shown["me"] = written(view.reader.me_of(VisibleMeeting(view.meeting, self._actor, self._caller, {})))
        return shown

    def roles(self, single: Mapping[str, str]) -> list[str]:
        """The roles that were too large for the meeting's document in `single`."""
        return self._view.roles if "meeting" in single and self.may("view-roles") else []

    def attendees(self, users: Iterable[str], leavers: Collection[str] = ()) -> list[str]:
        """The attendees among `users` that the caller may see. Departed ones are included for `leavers` only."""
        shown = [u for u in map(self._view.users.get, users) if u is not None and self._sees(u)]
        attendees = [(s, u) for u in shown for s in u.attendees.values() if not s.gone or u.id in leavers]
        return [
            self._view.attendee(user, attendee, with_limits=self._sees_limits_of(user))
            for attendee, user in sorted(attendees, key=lambda pair: pair[0].attendee_id)
        ]

    def entries(self, entries: Sequence[Entry]) -> list[str]:
        if not entries:
            return []
        if self.oversees:
            return [self._view.entry(entry) for entry in entries]
        own = [self._own(entry) for entry in entries]
        return [_written_entry(entry) for entry in own if entry is not None]

    @cached_property
    def _sees_limits(self) -> bool:
        return self.may("view-limits")

    @cached_property
    def _sees_users(self) -> bool:
        return self.may("view-attendees")

    def _sees(self, user: User) -> bool:
        return not is_pipeline(user.id) and (self._sees_users or self._actor.is_user(user.id))

    def _sees_limits_of(self, user: User) -> bool:
        """Whether the caller may see the limits of the user.

        Without the general permission the policies are not asked for each user: that would be one request a pair.
        """
        return self._actor.is_user(user.id) or (self._sees_limits and self.may("view-limits", user))

    def _own(self, entry: Entry) -> Entry | None:
        """The entry with the subscriber's own part only. Decisions and refusals are for moderators: `None`."""
        adds = cast("Mapping[str, Any]", entry.extra)
        own = [a for a in adds.get("attendees", ()) if self._actor.is_user(a.get("externalUserId", ""))]
        if not own or entry.type == DECIDED:
            return None
        return replace(entry, extra={"attendees": own, **{k: adds[k] for k in OWN_DETAIL if k in adds}})


def _written_entry(entry: Entry) -> str:
    """The entry as JSON, without its lists if they make it too large for a message. The history has them."""
    document = entry_document(entry)
    whole = written(document)
    if fits(whole):
        return whole
    return written({key: value for key, value in document.items() if key not in LISTS} | {"truncated": True})
