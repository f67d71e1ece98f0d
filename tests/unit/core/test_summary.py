"""What hosts read in the history of deeds on the whole meeting."""

import pytest
from moderation.core.actor import Actor, ActorKind
from moderation.core.command import Admit, Expire, MuteEverybody, SetMeeting, UnmuteEverybody
from moderation.core.entry import (
    ABANDONED,
    CAPABILITIES_CHANGED,
    DECIDED,
    DRIFT_FOUND,
    MEETING_CHANGED,
    MEETING_ENDED,
    SUPERSEDED,
    Entry,
)
from moderation.core.spoken import spoken
from moderation.core.summary import summary

from tests.unit.core.scenes import ALICE, NOW

CLOCK = Actor(ActorKind.CLOCK, "clock")
ALL_ON = {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
SILENT = ALL_ON | {"audio": "Receive"}
AnyCommand = MuteEverybody | UnmuteEverybody | SetMeeting | Admit | Expire


def entry(kind: str, command: str, adds: dict[str, object], actor: Actor = ALICE, reason: str | None = None) -> Entry:
    return Entry("e", kind, "m", "standup", NOW, actor, command, "m2", "c", reason, adds)


def decided(command: AnyCommand, actor: Actor = ALICE, code: str | None = None, *people: str) -> str:
    adds: dict[str, object] = {
        "verdict": "refused" if code else "accepted",
        "policies": ["no-permit"],
        "code": code,
        "parameters": spoken(command),
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
    ],
)
def test_accepted(command: AnyCommand, said: str) -> None:
    assert decided(command) == said


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
