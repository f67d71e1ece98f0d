"""The history read by attendee: that of its user, and entries about the whole meeting."""

from datetime import timedelta
from typing import Any, cast

import pytest
from moderation.application.queries.history import BEHIND, Span
from moderation.application.requests import Refused
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.change import LEASE
from moderation.domain.commands import Hold, Mute, Unmute
from moderation.domain.documents import Document
from moderation.domain.entry import DECIDED, EntryFilter, first_id_at

from tests.memory.clock import START
from tests.memory.moderated_meeting import MEETING, ModeratedMeeting, attendee_of

ALICE = Actor(ActorKind.USER, "alice")


def commands(meeting: ModeratedMeeting, attendee_id: str | None) -> list[str]:
    page = meeting.gavel.history(MEETING, ALICE, after=None, limit=50, attendee_id=attendee_id)
    assert not isinstance(page, Refused)
    items = cast("list[Document]", page["items"])
    return [str(item["command"]) for item in items if item["type"] == DECIDED]


def test_an_attendees_history_is_its_owners() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("alice", Mute(), "carol")

    assert commands(meeting, None) == ["register", "mute", "mute"]
    assert commands(meeting, attendee_of("bob")) == ["register", "mute"]
    assert commands(meeting, attendee_of("hugo")) == ["register"]
    assert commands(meeting, attendee_of("nobody")) == ["register"]


def test_a_cursor_stays_behind_whatever_may_still_be_committed() -> None:
    """An entry gets its id before its commit, which is tried until the lease has ended."""
    assert BEHIND > LEASE


def page(meeting: ModeratedMeeting, **how: Any) -> tuple[list[str], str]:
    """The commands of the decisions on the page, and its cursor."""
    found = meeting.gavel.history(MEETING, ALICE, **{"after": None, "limit": 50, **how})
    assert not isinstance(found, Refused), found
    items = cast("list[Document]", found["items"])
    return [str(item["command"]) for item in items if item["type"] == DECIDED], str(found["cursor"])


LESSON = ["register", "mute", "hold", "unmute", "mute"]


def lesson() -> ModeratedMeeting:
    """A decision each minute."""
    meeting = ModeratedMeeting()
    for who, command, target in (
        ("alice", Mute(), "bob"),
        ("carol", Hold(), "bob"),
        ("alice", Unmute(), "bob"),
        ("hugo", Mute(), "carol"),
    ):
        meeting.clock.pass_by(60)
        meeting.ask(who, command, target)
    meeting.clock.pass_by(60)
    return meeting


def test_what_is_asked_for() -> None:
    meeting = lesson()
    assert page(meeting, only=EntryFilter(verdict="refused"))[0] == ["hold"]
    assert page(meeting, only=EntryFilter(actor="hugo"))[0] == ["mute"]
    assert page(meeting, only=EntryFilter(command="unmute"))[0] == ["unmute"]
    assert page(meeting, only=EntryFilter("accepted", "alice", "mute"))[0] == ["mute"]
    assert page(meeting, only=EntryFilter(command="end"))[0] == []


def test_of_a_time() -> None:
    """`from` included, `to` excluded."""
    meeting = lesson()
    minute = [START + timedelta(minutes=number) for number in range(6)]
    assert page(meeting, span=Span(minute[2], minute[4]))[0] == ["hold", "unmute"]
    assert page(meeting, span=Span(since=minute[3]))[0] == ["unmute", "mute"]
    assert page(meeting, span=Span(until=minute[1]))[0] == ["register"]
    _, cursor = page(meeting, span=Span(until=minute[3]))
    assert page(meeting, after=cursor)[0] == ["unmute", "mute"], "it goes on where the time ended"


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_together_are_the_whole(newest_first: bool) -> None:
    meeting = lesson()
    whole = page(meeting, newest_first=newest_first)[0]
    assert whole == (LESSON[::-1] if newest_first else LESSON)
    read: list[str] = []
    cursor: str | None = None
    for _ in meeting.ledger.entries:
        found, cursor = page(meeting, newest_first=newest_first, limit=2, after=cursor)
        read += found
    assert read == whole


def test_a_cursor_of_a_time_to_come_was_never_given() -> None:
    meeting = lesson()
    found = meeting.gavel.history(MEETING, ALICE, after=first_id_at(START + timedelta(days=1)), limit=50)
    assert isinstance(found, Refused)
    assert (found.code, found.pointer) == ("invalid-request", "?after")
