"""Whose history is read by one seat: its owner's, and what is about everybody."""

from datetime import timedelta
from typing import Any, cast

from moderation.application.queries.history import BEHIND, Span
from moderation.application.requests import Refused
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.change import LEASE
from moderation.domain.commands import Hold, Mute, Unmute
from moderation.domain.documents import Document
from moderation.domain.entry import DECIDED, EntryFilter, first_id_at

from tests.memory.clock import START
from tests.memory.moderated_meeting import MEETING, ModeratedMeeting, seat

ALICE = Actor(ActorKind.USER, "alice")


def commands(scene: ModeratedMeeting, attendee_id: str | None) -> list[str]:
    page = scene.gavel.history(MEETING, ALICE, after=None, limit=50, attendee_id=attendee_id)
    assert not isinstance(page, Refused)
    items = cast("list[Document]", page["items"])
    return [str(item["command"]) for item in items if item["type"] == DECIDED]


def test_a_seats_history_is_its_owners() -> None:
    scene = ModeratedMeeting()
    scene.answered("alice", Mute(), "bob")
    scene.answered("alice", Mute(), "carol")

    assert commands(scene, None) == ["register", "mute", "mute"]
    assert commands(scene, seat("bob")) == ["register", "mute"]
    assert commands(scene, seat("hugo")) == ["register"]
    assert commands(scene, seat("nobody")) == ["register"]


def test_a_cursor_stays_behind_whatever_may_still_be_committed() -> None:
    """An entry is named before it is committed, and that is tried until the lease has ended."""
    assert BEHIND > LEASE


def page(scene: ModeratedMeeting, **how: Any) -> tuple[list[str], str]:
    """Commands, as far as something was decided, and the cursor."""
    found = scene.gavel.history(MEETING, ALICE, **{"after": None, "limit": 50, **how})
    assert not isinstance(found, Refused), found
    items = cast("list[Document]", found["items"])
    return [str(item["command"]) for item in items if item["type"] == DECIDED], str(found["cursor"])


def lesson() -> ModeratedMeeting:
    """A decision a minute."""
    scene = ModeratedMeeting()
    for who, command, whom in (
        ("alice", Mute(), "bob"),
        ("carol", Hold(), "bob"),
        ("alice", Unmute(), "bob"),
        ("hugo", Mute(), "carol"),
    ):
        scene.surroundings.pass_by(60)
        scene.ask(who, command, whom)
    scene.surroundings.pass_by(60)
    return scene


def test_what_is_asked_for() -> None:
    scene = lesson()
    assert page(scene, only=EntryFilter(verdict="refused"))[0] == ["hold"]
    assert page(scene, only=EntryFilter(actor="hugo"))[0] == ["mute"]
    assert page(scene, only=EntryFilter(command="unmute"))[0] == ["unmute"]
    assert page(scene, only=EntryFilter("accepted", "alice", "mute"))[0] == ["mute"]
    assert page(scene, only=EntryFilter(command="end"))[0] == []


def test_of_a_time() -> None:
    """`from` included, `to` excluded."""
    scene = lesson()
    minute = [START + timedelta(minutes=number) for number in range(6)]
    assert page(scene, span=Span(minute[2], minute[4]))[0] == ["hold", "unmute"]
    assert page(scene, span=Span(since=minute[3]))[0] == ["unmute", "mute"]
    assert page(scene, span=Span(until=minute[1]))[0] == ["register"]
    _, cursor = page(scene, span=Span(until=minute[3]))
    assert page(scene, after=cursor)[0] == ["unmute", "mute"], "it goes on where the time ended"


def test_the_newest_first() -> None:
    scene = lesson()
    whole = page(scene, newest_first=True)[0]
    assert whole == ["mute", "unmute", "hold", "mute", "register"]
    read: list[str] = []
    cursor: str | None = None
    while True:
        found, cursor = page(scene, newest_first=True, limit=2, after=cursor)
        if not found and not page(scene, newest_first=True, limit=2, after=cursor)[0]:
            break
        read += found
    assert read == whole


def test_a_cursor_of_a_time_to_come_was_never_given() -> None:
    scene = lesson()
    found = scene.gavel.history(MEETING, ALICE, after=first_id_at(START + timedelta(days=1)), limit=50)
    assert isinstance(found, Refused)
    assert (found.code, found.pointer) == ("invalid-request", "?after")
