"""Records to write, each different from the default in what the test at hand is about, and what a ledger holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING
from moderation.domain.change import AttendeeChange, Change, Lease
from moderation.domain.entry import DECIDED, Entry, concerning
from moderation.domain.meeting import Attendee, Features, Meeting, MeetingRules, User, UserRules
from moderation.ports import (
    AttendeeBound,
    ChangeOpened,
    Clause,
    ConditionFailedError,
    Due,
    EntryWritten,
    KeyTaken,
    Ledger,
    Loaded,
    MeetingRevised,
    Page,
    UserRevised,
)

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
ALICE = Actor(ActorKind.USER, "alice")
M = "11111111-1111-1111-1111-111111111111"
OTHER_MEETING = "22222222-2222-2222-2222-222222222222"
ATTENDEE = "aaaaaaaa-0000-0000-0000-000000000000"
SECOND_ATTENDEE = "bbbbbbbb-0000-0000-0000-000000000000"
TOKEN = "token"


def seconds(number: float) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(seconds=number)


CHECK = seconds(600)


def meeting(meeting_id: str = M, revision: int = 1, **differs: Any) -> Meeting:
    """To be looked at at CHECK."""
    new = Meeting(meeting_id, "standup", MeetingRules(), Features(), revision, "fingerprint", hosts=1, check_at=CHECK)
    return replace(new, **{"registered_at": NOW, **differs})


def a_user(user_id: str = "bob", revision: int = 1, *attendees: Attendee, **differs: Any) -> User:
    new = User(user_id, UserRules("participant"), {s.attendee_id: s for s in attendees}, revision, "c1")
    return replace(new, **differs)


def change(change_id: str = "c1", meeting_id: str = M, **differs: Any) -> Change:
    """Open, and leased under TOKEN."""
    new = AttendeeChange(change_id, meeting_id, "mute", {"media": ["audio"]}, ALICE, ("hosts-moderate",), NOW, "p2.m1")
    return replace(new, **{"lease": Lease(TOKEN, seconds(15)), "next_attempt_at": seconds(45), **differs})


def entry(entry_id: str = "e1", meeting_id: str = M, about: Mapping[str, str | None] | None = None) -> Entry:
    """`about`: user → attendee; about everybody, if about nobody."""
    adds = {"attendees": [concerning(attendee_id, user_id) for user_id, attendee_id in (about or {}).items()]}
    return Entry(entry_id, DECIDED, meeting_id, "standup", NOW, ALICE, "mute", "p2.m1", "c1", None, adds)


KEY = KeyTaken("digest", "fingerprint", M, "c1")
SEATED = Attendee(ATTENDEE, EVERYTHING)
SCENE = (
    MeetingRevised(meeting(), 0),
    UserRevised(M, a_user("bob", 1, SEATED), 0),
    AttendeeBound(M, ATTENDEE, "bob"),
    ChangeOpened(change()),
    EntryWritten(entry()),
    KEY,
)
"""What most tests start from: a meeting, bob in it, and the change c1 under way."""


@dataclass(frozen=True, slots=True)
class PolicyCapabilities:
    """All that a ledger tells of one meeting."""

    loaded: Loaded
    everybody: Mapping[str, User]
    changes: tuple[Change | None, ...]
    hands: Mapping[str, datetime]
    due: tuple[Due, ...]
    history: Page


def held(ledger: Ledger, meeting_id: str = M) -> PolicyCapabilities:
    return PolicyCapabilities(
        ledger.load(meeting_id, ["bob", "carol", "nobody"], [ATTENDEE, SECOND_ATTENDEE], KEY.id),
        ledger.all_users(meeting_id),
        tuple(ledger.change(meeting_id, change_id) for change_id in ("c1", "c2")),
        ledger.hands(meeting_id),
        tuple(ledger.due(seconds(3600), 50)),
        ledger.history(meeting_id, "", "~", 50, None),
    )


def user(ledger: Ledger, user_id: str = "bob", meeting_id: str = M) -> User:
    return ledger.load(meeting_id, [user_id]).users[user_id]


def conflict(ledger: Ledger, *clauses: Clause) -> ConditionFailedError:
    """What a transaction that must fail fails with."""
    with pytest.raises(ConditionFailedError) as raised:
        ledger.transact(clauses)
    return raised.value
