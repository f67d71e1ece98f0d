"""A meeting through the eyes of those who listen: each sees what the same question over HTTP would show him."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from ...domain.actor import Actor, ActorKind
from ...domain.authorization import question
from ...domain.commands import Admit, LetIn
from ...domain.documents import Document, attendee_document, meeting_document
from ...domain.entry import DECIDED, Entry
from ...domain.meeting import Meeting, Seat, User, is_held, is_pipeline, waits
from ...ports import Policies
from ..commands.authorization import is_banned
from ..queries.access import VisibleMeeting
from ..queries.history import entry_document
from ..queries.meetings import MeetingQueries, for_everybody, for_moderators
from .messages import fits, written

LET_IN = (LetIn.name, Admit.name)
CUT_OFF = "not-permitted"
BANNED = "banned"
TURNED_AWAY = "turned-away"
LOBBY_OFF = "lobby-off"
LISTS = ("attendees", "parameters", "before", "after", "requested")
"""What makes an entry large."""
TOLD_TO_THE_PERSON = ("until", "answer", "banned", "pendingSince")
"""What an entry may add that the person it concerns is told, beside what it says of himself."""


class MeetingView:
    """The meeting at one moment, as JSON. What several see alike is written once, however many look."""

    def __init__(
        self, meeting: Meeting, people: Mapping[str, User], policies: Policies, now: datetime, reader: MeetingQueries
    ) -> None:
        self.meeting = meeting
        self.people = people
        self.policies = policies
        self.reader = reader
        self._now = now
        self._attendees: dict[tuple[str, bool], str] = {}
        self._entries: dict[str, str] = {}

    @cached_property
    def for_everybody(self) -> str:
        return written(for_everybody(meeting_document(self.meeting)))

    @cached_property
    def for_moderators(self) -> str:
        """Without `roles` where they make it too large for a message."""
        whole = written(self._with_roles)
        return whole if fits(whole) else written({k: v for k, v in self._with_roles.items() if k != "roles"})

    @cached_property
    def roles(self) -> list[str]:
        """Person by person, if the meeting has none."""
        if fits(written(self._with_roles)):
            return []
        roles = cast("dict[str, str]", self._with_roles["roles"])
        return [written({"externalUserId": user_id, "role": role}) for user_id, role in roles.items()]

    @cached_property
    def _with_roles(self) -> Document:
        return for_moderators(self.meeting, self.people)

    def attendee(self, user: User, seat: Seat, *, with_limits: bool) -> str:
        key = (seat.attendee_id, with_limits)
        if key not in self._attendees:
            held = self.policies.capabilities_for
            document = attendee_document(self.meeting, user, seat, held, self._now, with_limits=with_limits)
            self._attendees[key] = written(document)
        return self._attendees[key]

    def entry(self, entry: Entry) -> str:
        if entry.id not in self._entries:
            self._entries[entry.id] = _written_entry(entry)
        return self._entries[entry.id]


class SubscriberView:
    """What one caller sees of it. Whom the policies don't let look sees nothing."""

    def __init__(self, stage: MeetingView, actor: Actor) -> None:
        is_user = actor.kind is ActorKind.USER
        self._stage = stage
        self._actor = actor
        self._caller = stage.people.get(actor.id, User(actor.id)) if is_user else None

    def may(self, action: str, person: User | None = None) -> bool:
        asked = question(self._actor, self._caller, action, self._stage.meeting, person)
        return self._stage.policies.authorize(asked).allowed

    @property
    def waiting_since(self) -> datetime | None:
        """Since when the caller waits in the lobby; None unless a host has still to answer."""
        caller = self._caller
        waiting = caller.rules.waiting if caller is not None and waits(caller, self._stage.meeting) else None
        return waiting.since if waiting is not None else None

    @property
    def shut_out_by(self) -> str:
        """Why somebody who may not listen may not: the code with which the connection is closed."""
        waiting = self._caller.rules.waiting if self._caller is not None else None
        if self._caller is None or is_banned(self._caller) or waiting is None:
            return BANNED if is_banned(self._caller) else CUT_OFF
        if not is_held(self._caller, self._stage.meeting):
            return LOBBY_OFF
        return TURNED_AWAY if waiting.declined_at is not None else CUT_OFF

    def is_let_in_by(self, entries: Sequence[Entry]) -> bool:
        """Whether a host or the back end has just let the caller in."""
        decided = (e for e in entries if e.type == DECIDED and e.extra.get("verdict") == "accepted")
        return any(e.command in LET_IN and self._actor.id in e.names for e in decided) and self._caller is not None

    @cached_property
    def oversees(self) -> bool:
        return self.may("view-history")

    def single(self, *, meeting: bool, me: bool) -> dict[str, str]:
        """Documents of which there is one each."""
        stage, shown = self._stage, {}
        if not ((meeting or me) and self.may("view-meeting")):
            return {}
        if meeting:
            shown["meeting"] = stage.for_moderators if self.may("view-roles") else stage.for_everybody
        if me:
            shown["me"] = written(stage.reader.me_of(VisibleMeeting(stage.meeting, self._actor, self._caller, {})))
        return shown

    def roles(self, single: Mapping[str, str]) -> list[str]:
        """Those that belong to the meeting in `single` and found no room there."""
        return self._stage.roles if "meeting" in single and self.may("view-roles") else []

    def attendees(self, people: Iterable[str], leavers: Collection[str] = ()) -> list[str]:
        """Seat by seat. A seat that was left is told of where it may just have been left."""
        shown = [u for u in map(self._stage.people.get, people) if u is not None and self._sees(u)]
        seats = [(s, u) for u in shown for s in u.seats.values() if not s.gone or u.id in leavers]
        return [
            self._stage.attendee(user, seat, with_limits=self._sees_limits_of(user))
            for seat, user in sorted(seats, key=lambda pair: pair[0].attendee_id)
        ]

    def entries(self, entries: Sequence[Entry]) -> list[str]:
        if not entries:
            return []
        if self.oversees:
            return [self._stage.entry(entry) for entry in entries]
        own = [self._own(entry) for entry in entries]
        return [_written_entry(entry) for entry in own if entry is not None]

    @cached_property
    def _sees_limits(self) -> bool:
        return self.may("view-limits")

    @cached_property
    def _sees_people(self) -> bool:
        return self.may("view-attendees")

    def _sees(self, user: User) -> bool:
        return not is_pipeline(user.id) and (self._sees_people or self._actor.is_user(user.id))

    def _sees_limits_of(self, user: User) -> bool:
        """Who may see nobody's in general is asked about nobody in particular: that is once for each pair of people."""
        return self._actor.is_user(user.id) or (self._sees_limits and self.may("view-limits", user))

    def _own(self, entry: Entry) -> Entry | None:
        """What was done to the listener, without anybody else whom it was done to. What was decided, and what others
        were refused, is for those who oversee.
        """
        adds = cast("Mapping[str, Any]", entry.extra)
        own = [a for a in adds.get("attendees", ()) if self._actor.is_user(a.get("externalUserId", ""))]
        if not own or entry.type == DECIDED:
            return None
        return replace(entry, extra={"attendees": own, **{k: adds[k] for k in TOLD_TO_THE_PERSON if k in adds}})


def _written_entry(entry: Entry) -> str:
    """Without its lists if they make it too large for a message; the history has them."""
    document = entry_document(entry)
    whole = written(document)
    if fits(whole):
        return whole
    return written({key: value for key, value in document.items() if key not in LISTS} | {"truncated": True})
