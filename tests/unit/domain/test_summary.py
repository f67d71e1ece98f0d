"""What hosts read in the history."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Medium
from moderation.domain.commands import (
    Admit,
    Ban,
    Command,
    Consent,
    End,
    EndFloor,
    Expire,
    GrantFloor,
    Hold,
    LetIn,
    LowerHand,
    MuteEverybody,
    RaiseHand,
    Release,
    Remove,
    SetMeeting,
    SetRole,
    Unban,
    Undo,
    UnmuteEverybody,
)
from moderation.domain.entry import (
    ABANDONED,
    ADMISSION_REQUESTED,
    CAPABILITIES_CHANGED,
    DECIDED,
    DRIFT_FOUND,
    HAND_LOWERED,
    HAND_RAISED,
    MEETING_CHANGED,
    MEETING_ENDED,
    REMOVED,
    SUPERSEDED,
    UNMUTE_ANSWERED,
    UNMUTE_REQUESTED,
    Entry,
    concerning,
)
from moderation.domain.summary import summary

from tests.unit.domain.scenes import ALICE, BOB, NOW

CLOCK = Actor(ActorKind.CLOCK, "clock")
ALL_ON = {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
SILENT = ALL_ON | {"audio": "Receive"}
UNTIL = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)


def entry(kind: str, command: str, adds: dict[str, object], actor: Actor = ALICE, reason: str | None = None) -> Entry:
    return Entry("e", kind, "m", "standup", NOW, actor, command, "m2", "c", reason, adds)


def decided(command: Command, actor: Actor = ALICE, code: str | None = None, *people: str) -> str:
    adds: dict[str, object] = {
        "verdict": "refused" if code else "accepted",
        "policies": ["no-permit"],
        "code": code,
        "parameters": command.parameters(),
        "attendees": [{"attendeeId": p, "externalUserId": p} for p in people],
    }
    return summary(entry(DECIDED, command.name, adds, actor, command.reason))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (MuteEverybody(reason="exam", seconds=90), "alice muted everybody's audio for 1 min 30 s: exam"),
        (UnmuteEverybody(), "alice unmuted everybody's audio"),
        (SetMeeting(mode="audience"), "alice set mode to audience"),
        (SetMeeting(frozen=True), "alice froze the meeting"),
        (SetMeeting(frozen=False), "alice unfroze the meeting"),
        (SetMeeting(mode="open", lobby=True), "alice set mode to open, set lobby to True"),
        (Admit({"zoe": None, "yan": "viewer"}), "alice admitted zoe, yan"),
        (Admit({f"u{n}": None for n in range(100)}), "alice admitted 100 people"),
        (End("it is late"), "alice ended the meeting: it is late"),
        (Undo("01JZ"), "alice undid the change 01JZ for everybody"),
    ],
)
def test_accepted(command: Command, said: str) -> None:
    assert decided(command) == said


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (Hold("calm down"), "alice put bob on hold: calm down"),
        (Release(), "alice released bob from hold"),
        (SetRole("presenter"), "alice made bob presenter"),
        (Remove(reason="spam"), "alice removed bob: spam"),
        (Remove(ban=True), "alice removed and banned bob"),
        (Remove(ban=True, until=UNTIL), "alice removed and banned bob until 2026-06-01 12:30 UTC"),
        (Ban(), "alice banned bob"),
        (Ban(UNTIL, "spam"), "alice banned bob until 2026-06-01 12:30 UTC: spam"),
        (Unban(), "alice lifted the ban on bob"),
        (LetIn(), "alice let bob in"),
        (LetIn(admit=False), "alice did not let bob in"),
        (RaiseHand(), "alice raised bob's hand"),
        (LowerHand(), "alice lowered bob's hand"),
        (GrantFloor(), "alice gave bob the floor for 2 min"),
        (
            GrantFloor(30, (Medium.AUDIO, Medium.CONTENT), exclusive=True),
            "alice gave bob alone the floor (audio and content) for 30 s",
        ),
        (EndFloor(), "alice took the floor from bob"),
        (Undo("01JZ"), "alice undid the change 01JZ for bob"),
    ],
)
def test_deeds_on_a_person(command: Command, said: str) -> None:
    assert decided(command, ALICE, None, "bob") == said


def test_what_he_answers_himself() -> None:
    assert decided(Consent("01JZ", accept=True), BOB, None, "bob") == "bob agreed to unmute"
    assert decided(Consent("01JZ"), BOB, None, "bob") == "bob declined to unmute"


PHONE = replace(BOB, via="phone-gateway")
TRIGGER = Actor(ActorKind.SERVICE, "trigger/dial-in")


@pytest.mark.parametrize(
    ("kind", "actor", "more", "said"),
    [
        (HAND_RAISED, BOB, {}, "bob raised his hand"),
        (HAND_RAISED, PHONE, {}, "bob (through phone-gateway) raised his hand"),
        (HAND_RAISED, TRIGGER, {}, "trigger/dial-in raised bob's hand"),
        (HAND_LOWERED, ALICE, {}, "alice lowered bob's hand"),
        (HAND_LOWERED, Actor(ActorKind.SERVICE, "bob"), {}, "bob lowered bob's hand"),
        (UNMUTE_REQUESTED, ALICE, {"until": "2026-05-04T10:01:00.000Z"}, "alice asked bob to unmute"),
        (UNMUTE_REQUESTED, CLOCK, {"until": "2026-05-04T10:01:00.000Z"}, "clock asked bob to unmute"),
        (UNMUTE_ANSWERED, BOB, {"answer": "accepted"}, "bob agreed to unmute"),
        (UNMUTE_ANSWERED, PHONE, {"answer": "accepted"}, "bob agreed to unmute (through phone-gateway)"),
        (UNMUTE_ANSWERED, BOB, {"answer": "declined"}, "bob declined to unmute"),
        (UNMUTE_ANSWERED, CLOCK, {"answer": "expired"}, "bob did not answer the request to unmute"),
        (UNMUTE_ANSWERED, ALICE, {"answer": "withdrawn"}, "bob need not answer the request to unmute any more"),
        (ADMISSION_REQUESTED, BOB, {}, "bob waits to be let in"),
        (REMOVED, ALICE, {"banned": True}, "bob is out of the meeting"),
    ],
)
def test_what_happens_to_a_person(kind: str, actor: Actor, more: dict[str, object], said: str) -> None:
    adds = {"attendees": [concerning(seat, "bob") for seat in ("a", "b")], **more}
    assert summary(entry(kind, "whatever", adds, actor)) == said


def test_several_of_them() -> None:
    adds: dict[str, object] = {"attendees": [concerning(None, "bob"), concerning(None, "carol")]}
    assert summary(entry(ADMISSION_REQUESTED, "admit-users", adds)) == "bob, carol wait to be let in"
    assert summary(entry(REMOVED, "remove", adds)) == "bob, carol are out of the meeting"


def test_refused_and_ended_by_the_clock() -> None:
    assert decided(UnmuteEverybody(), ALICE, "capability-unavailable") == (
        "alice was refused unmute-all on everybody (capability-unavailable)"
    )
    assert decided(MuteEverybody(), ALICE, "not-permitted") == "alice was refused mute-all on everybody (no-permit)"
    assert decided(Expire(), CLOCK, None, "bob") == "clock ended what was to last until now for bob"
    assert decided(Expire(), CLOCK) == "clock ended what was to last until now for everybody"


def changed(*people: tuple[str, dict[str, str], dict[str, str]]) -> str:
    attendees = [{"externalUserId": user, "before": before, "after": after} for user, before, after in people]
    return summary(entry(CAPABILITIES_CHANGED, "mute-all", {"attendees": attendees}))


def test_whoever_has_the_same_now_is_named_together() -> None:
    assert changed(("bob", ALL_ON, SILENT)) == "bob now has audio Receive"
    assert changed(("bob", ALL_ON, SILENT), ("carol", ALL_ON, SILENT), ("dan", SILENT, ALL_ON)) == (
        "bob, carol now have audio Receive; dan now has audio SendReceive"
    )
    assert changed(("bob", ALL_ON, SILENT), ("bob", ALL_ON, SILENT)) == "bob now has audio Receive"
    assert changed(*((f"u{n}", ALL_ON, SILENT) for n in range(99))) == "99 people now have audio Receive"
    assert changed(("bob", SILENT, SILENT)) == "bob now has what he had"


def test_the_rest() -> None:
    rules: dict[str, object] = {"before": {"mode": "open"}, "after": {"mode": "open"}}
    assert summary(entry(MEETING_CHANGED, "mute-all", rules, reason="exam")) == "alice's mute-all is in force: exam"
    assert summary(entry(SUPERSEDED, "mute-all", {})) == "alice's mute-all was overtaken by another change"
    assert summary(entry(ABANDONED, "unmute-all", {"attendees": []})) == (
        "alice's unmute-all on everybody was given up: the rules are what they were"
    )
    assert summary(entry(MEETING_ENDED, "end", {"attendees": []})) == "the meeting has ended"
    drift: dict[str, object] = {"attendees": [{"externalUserId": "bob", "corrected": False}]}
    assert summary(entry(DRIFT_FOUND, "drift", drift)) == "Chime differed from the rules for bob: narrower, and left"
