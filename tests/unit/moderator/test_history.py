"""Whose history is read by one seat: its owner's, and what is about everybody."""

from typing import cast

from moderation.core.actor import Actor, ActorKind
from moderation.core.change import LEASE
from moderation.core.command import Mute
from moderation.core.entry import DECIDED
from moderation.core.view import Document
from moderation.moderator.recall import BEHIND
from moderation.moderator.request import Refused

from tests.memory.scene import MEETING, Scene, seat

ALICE = Actor(ActorKind.USER, "alice")


def commands(scene: Scene, attendee_id: str | None) -> list[str]:
    page = scene.gavel.history(MEETING, ALICE, after=None, limit=50, attendee_id=attendee_id)
    assert not isinstance(page, Refused)
    items = cast("list[Document]", page["items"])
    return [str(item["command"]) for item in items if item["type"] == DECIDED]


def test_a_seats_history_is_its_owners() -> None:
    scene = Scene()
    scene.answered("alice", Mute(), "bob")
    scene.answered("alice", Mute(), "carol")

    assert commands(scene, None) == ["register", "mute", "mute"]
    assert commands(scene, seat("bob")) == ["register", "mute"]
    assert commands(scene, seat("hugo")) == ["register"]
    assert commands(scene, seat("nobody")) == ["register"]


def test_a_cursor_stays_behind_whatever_may_still_be_committed() -> None:
    """An entry is named before it is committed, and that is tried until the lease has ended."""
    assert BEHIND > LEASE
