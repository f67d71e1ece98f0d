"""How commands, entries and times are written."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, LiftableBy, Medium, whole
from moderation.domain.commands import (
    Ban,
    Command,
    Consent,
    End,
    GrantFloor,
    Hold,
    LetIn,
    Mute,
    RaiseHand,
    Register,
    Remove,
    SetCapabilities,
    SetRole,
    Undo,
    Unmute,
)
from moderation.domain.entry import CAPABILITIES_CHANGED, Entry, changed, concerning, iso
from moderation.domain.ids import is_pipeline
from moderation.domain.meeting import UnmuteConsent

from .cases import ALICE, BOB, NOW

ENTRY = Entry("01E", CAPABILITIES_CHANGED, "m", "standup", NOW, ALICE, "mute", "p1.m1", "c", "noise", {"attendees": []})


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (Mute(), {"media": ["audio"]}),
        (
            Mute((Medium.AUDIO, Medium.CONTENT), 300, "noise", LiftableBy.SELF),
            {"media": ["audio", "content"], "durationSeconds": 300, "liftableBy": "self"},
        ),
        (Unmute((Medium.VIDEO,), "thanks"), {"media": ["video"]}),
        (
            SetCapabilities({Medium.AUDIO: NOTHING, Medium.VIDEO: whole(Medium.VIDEO)}, "exam"),
            {"audio": "None", "video": "SendReceive"},
        ),
        (
            Register({"alice": "host"}, "viewer", "audience", UnmuteConsent.REQUIRED, lobby=True),
            {
                "roles": {"alice": "host"},
                "defaultRole": "viewer",
                "mode": "audience",
                "unmuteConsent": "required",
                "lobby": True,
            },
        ),
        (Hold("x"), {}),
        (SetRole("viewer", "x"), {"role": "viewer"}),
        (Remove(reason="x"), {"ban": False}),
        (Remove(True, NOW), {"ban": True, "until": "2026-05-04T10:00:00.000Z"}),
        (Ban(), {}),
        (Ban(NOW, "x"), {"until": "2026-05-04T10:00:00.000Z"}),
        (LetIn(False, "x"), {"admit": False}),
        (RaiseHand("x"), {}),
        (GrantFloor(5, (Medium.VIDEO,), True, "x"), {"media": ["video"], "durationSeconds": 5, "exclusive": True}),
        (Consent("01JZ", True), {"changeId": "01JZ", "accept": True}),
        (Undo("01JZ", "x"), {"changeId": "01JZ"}),
        (End("x"), {}),
    ],
)
def test_commands_are_written_in_the_contracts_words(command: Command, said: dict[str, object]) -> None:
    """The reason stands beside it. Who was given which role is part of the history."""
    assert command.parameters() == said


def test_an_entry_is_the_event() -> None:
    assert ENTRY.detail == {
        "schemaVersion": "1",
        "entryId": "01E",
        "changeId": "c",
        "meetingId": "m",
        "externalMeetingId": "standup",
        "occurredAt": "2026-05-04T10:00:00.000Z",
        "actor": {"kind": "user", "id": "alice"},
        "command": "mute",
        "reason": "noise",
        "revision": "p1.m1",
        "attendees": [],
    }


def test_the_history_shows_the_actor_and_the_user_acted_for() -> None:
    shown = replace(ENTRY, actor=replace(BOB, via="phone")).detail["actor"]
    assert shown == {"kind": "user", "id": "bob", "via": "phone"}


def test_one_attendee_of_an_event() -> None:
    muted = EVERYTHING & ~Capabilities.SEND_AUDIO
    assert changed("a", "bob", EVERYTHING, muted, ("content-audio-may-flow",)) == {
        "attendeeId": "a",
        "externalUserId": "bob",
        "before": {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"},
        "after": {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"},
        "effects": ["content-audio-may-flow"],
    }
    assert concerning(None, "bob") == {"attendeeId": None, "externalUserId": "bob"}


def test_times_sort_as_text() -> None:
    start = datetime(2025, 12, 31, 23, 59, 59, 998_000, tzinfo=UTC)
    moments = [start + timedelta(milliseconds=n) for n in range(4)]
    assert [iso(m) for m in moments] == sorted(iso(m) for m in moments)
    assert iso(moments[0]) == "2025-12-31T23:59:59.998Z"


@pytest.mark.parametrize(
    ("user_id", "pipeline"),
    [("aws:MediaPipeline-1", True), ("AWS:x", True), ("aws", False), ("bob", False), ("x-aws:1", False)],
)
def test_media_pipelines_are_known_by_their_reserved_ids(user_id: str, *, pipeline: bool) -> None:
    assert is_pipeline(user_id) == pipeline


def test_only_a_user_acts_on_themselves() -> None:
    kinds = {kind: Actor(kind, "bob").is_user("bob") for kind in ActorKind}
    assert [kind for kind, is_user in kinds.items() if is_user] == [ActorKind.USER]
    assert not BOB.is_user("alice")
