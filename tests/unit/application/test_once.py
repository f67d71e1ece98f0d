"""Deeds on people: looked at first (`dryRun`), bound to what was seen (`If-Match`), done once (`Idempotency-Key`)."""

from collections.abc import Callable
from typing import Any

import pytest
from moderation.application.requests import Answer, Outcome, Refused, Request
from moderation.domain.capability import NOTHING, Medium
from moderation.domain.commands import (
    Admit,
    Ban,
    Command,
    Consent,
    End,
    EndFloor,
    GrantFloor,
    Hold,
    LetIn,
    LowerHand,
    Mute,
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

from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import MUTE_ALL, UNMUTE_ALL, Stage, by, code

Prepared = Callable[[Stage], tuple[Command, str, str | None]]
"""The command, who asks, and on whom; None: on the meeting."""


def asked(stage: Stage) -> str:
    stage.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    stage.answered("alice", Mute(), "bob")
    stage.answered("alice", Unmute(), "bob")
    return stage.request_to("bob")


def waits(stage: Stage) -> str:
    stage.done("alice", SetMeeting(lobby=True))
    stage.admits("dora")
    return "dora"


def after(_: object, command: Command) -> tuple[Command, str, str | None]:
    """alice's command on bob, when something else has been done."""
    return command, "alice", "bob"


def asks_all(stage: Stage) -> UnmuteEverybody:
    """By which everybody is asked whom the mute-all silenced."""
    stage.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    stage.done("alice", MUTE_ALL)
    return UNMUTE_ALL


DEEDS: dict[str, Prepared] = {
    "mute": lambda s: (Mute(reason="x", seconds=300), "alice", "bob"),
    "unmute": lambda s: after(s.answered("alice", Mute(), "bob"), Unmute()),
    "capabilities": lambda s: (SetCapabilities({Medium.VIDEO: NOTHING}), "alice", "bob"),
    "mute of all": lambda s: (MUTE_ALL, "alice", None),
    "unmute of all": lambda s: (UNMUTE_ALL if s.done("alice", MUTE_ALL) else MUTE_ALL, "alice", None),
    "unmute of all that asks": lambda s: (asks_all(s), "alice", None),
    "mode": lambda s: (SetMeeting(mode="presentation"), "alice", None),
    "freeze": lambda s: (SetMeeting(frozen=True), "alice", None),
    "role": lambda s: (SetRole("viewer"), "alice", "bob"),
    "remove": lambda s: (Remove(reason="x"), "alice", "bob"),
    "remove and ban": lambda s: (Remove(ban=True), "alice", "bob"),
    "ban": lambda s: (Ban(), "alice", "bob"),
    "unban": lambda s: after(s.answered("alice", Ban(), "bob"), Unban()),
    "hold": lambda s: (Hold(), "alice", "bob"),
    "release": lambda s: after(s.answered("alice", Hold(), "bob"), Release()),
    "let in": lambda s: (LetIn(), "alice", waits(s)),
    "turn away": lambda s: (LetIn(admit=False), "alice", waits(s)),
    "floor": lambda s: after(s.done("alice", MUTE_ALL), GrantFloor()),
    "exclusive floor": lambda s: after(s.done("alice", MUTE_ALL), GrantFloor(exclusive=True)),
    "end of a floor": lambda s: after(s.answered("alice", GrantFloor(), "bob"), EndFloor()),
    "raise": lambda s: (RaiseHand(), "bob", "bob"),
    "lower": lambda s: after(s.answered("bob", RaiseHand(), "bob"), LowerHand()),
    "unmute that asks": lambda s: after(asked(s) and s.consents("bob", accept=False), Unmute()),
    "agree": lambda s: (Consent(asked(s), True), "bob", "bob"),
    "decline": lambda s: (Consent(asked(s), False), "bob", "bob"),
    "undo": lambda s: (Undo(s.answered("alice", Mute(), "bob").change_id or ""), "alice", None),
    "undo for all": lambda s: (Undo(s.done("alice", MUTE_ALL).change_id or ""), "alice", None),
    "end": lambda s: (End(), "alice", None),
    "admissions": lambda s: (Admit({"dora": None}), "back-end", None),
}


def ask(stage: Stage, command: Command, who: str, whom: str | None, **how: Any) -> Outcome:
    actor = ADMIN if who == "back-end" else by(who)
    return stage.gavel.perform(Request(MEETING, actor, command, user_id=whom, **how))


def everything(stage: Stage) -> tuple[object, ...]:
    """All that is stored and all that Chime holds."""
    ledger = stage.ledger
    room = stage.chime.rooms.get(MEETING)
    stored = [dict(kept) for kept in (ledger.meetings, ledger.users, ledger.changes, ledger.hands_up, ledger.keys)]
    return (*stored, len(ledger.entries), dict(room.seats) if room else None)


@pytest.mark.parametrize("deed", DEEDS)
def test_a_dry_run_answers_the_same_and_leaves_everything(deed: str) -> None:
    stage = Stage()
    command, who, whom = DEEDS[deed](stage)
    before, reminders = everything(stage), len(stage.wakeups.sent)
    dry = ask(stage, command, who, whom, dry_run=True, key="k", fingerprint="f")
    assert code(dry) == "dry-run"
    assert everything(stage) == before
    assert len(stage.wakeups.sent) == reminders
    real = ask(stage, command, who, whom)
    assert isinstance(dry, Answer)
    assert isinstance(real, Answer), real
    if deed not in ("agree", "decline", "remove", "remove and ban", "ban"):
        assert dry.after == real.after
    assert everything(stage) != before


@pytest.mark.parametrize("deed", DEEDS)
def test_a_dry_run_is_checked_all_the_same(deed: str) -> None:
    stage = Stage()
    command, _, whom = DEEDS[deed](stage)
    before = everything(stage)
    outcome = ask(stage, command, "nobody", whom, dry_run=True)
    assert code(outcome) == "not-permitted"
    assert everything(stage) == before


@pytest.mark.parametrize("deed", DEEDS)
def test_on_another_revision_nothing_is_done(deed: str) -> None:
    stage = Stage()
    command, who, whom = DEEDS[deed](stage)
    before = everything(stage)
    for revision in ("p99.m99", "m99", ""):
        assert code(ask(stage, command, who, whom, if_match=revision, key="k", fingerprint="f")) == "revision-mismatch"
    assert everything(stage) == before


@pytest.mark.parametrize("deed", DEEDS)
def test_on_the_revision_that_was_seen_it_is(deed: str) -> None:
    """Of the attendee where the deed is on one, of the meeting where the address is the meeting's."""
    stage = Stage()
    command, who, whom = DEEDS[deed](stage)
    if whom is None:
        seen = stage.gavel.meeting(MEETING, by("alice"))
    else:
        seen = stage.gavel.attendee(MEETING, by("alice"), user_id=whom)
    assert not isinstance(seen, Refused)
    assert isinstance(ask(stage, command, who, whom, if_match=str(seen["revision"])), Answer)


@pytest.mark.parametrize("deed", DEEDS)
def test_with_its_key_again_it_is_answered_again_and_done_once(deed: str) -> None:
    stage = Stage()
    command, who, whom = DEEDS[deed](stage)
    first = ask(stage, command, who, whom, key="k", fingerprint="f")
    assert isinstance(first, Answer), first
    done = everything(stage)
    again = ask(stage, command, who, whom, key="k", fingerprint="f")
    assert isinstance(again, Answer), again
    assert again.replayed
    assert (again.status, again.change_id, again.after, again.effects, again.awaiting, again.outcomes) == (
        first.status, first.change_id, first.after, first.effects, first.awaiting, first.outcomes
    )  # fmt: skip
    assert again.subject == first.subject
    assert everything(stage) == done
    assert code(ask(stage, command, who, whom, key="k", fingerprint="other")) == "idempotency-key-reused"
    assert everything(stage) == done


def test_a_registration_with_its_key_again_is_answered_again() -> None:
    """Without its key it would change nothing the second time."""
    stage = Stage(registered=False)
    registration = Request(MEETING, ADMIN, Register(mode="audience"), key="k", fingerprint="f")
    first, again = (stage.gavel.perform(registration) for _ in range(2))
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert (first.status, again.status, again.replayed) == ("applied", "applied", True)
    assert (again.change_id, again.subject) == (first.change_id, first.subject)
    assert stage.meeting().revised_by == first.change_id


@pytest.mark.parametrize("deed", DEEDS)
def test_the_key_is_looked_at_before_the_revision(deed: str) -> None:
    stage = Stage()
    command, who, whom = DEEDS[deed](stage)
    ask(stage, command, who, whom, key="k", fingerprint="f")
    again = ask(stage, command, who, whom, key="k", fingerprint="f", if_match="m0")
    assert isinstance(again, Answer)
    assert again.replayed


@pytest.mark.parametrize("deed", DEEDS)
def test_when_the_ledger_loses_the_answer_it_is_done_once(deed: str) -> None:
    stage = Stage()
    command, who, whom = DEEDS[deed](stage)
    stage.ledger.fail(1, done=True)
    outcome = ask(stage, command, who, whom, key="k", fingerprint="f")
    assert isinstance(outcome, Answer), outcome
    ids = [e.id for e in stage.ledger.entries]
    assert len(ids) == len(set(ids))
    again = ask(stage, command, who, whom, key="k", fingerprint="f")
    assert isinstance(again, Answer)
    assert again.replayed
    assert code(again) == code(outcome)


@pytest.mark.parametrize("deed", DEEDS)
def test_the_seat_stands_for_the_person(deed: str) -> None:
    stage = Stage()
    command, who, whom = DEEDS[deed](stage)
    if whom != "bob":
        return
    outcome = stage.ask(who, command, whom)
    assert isinstance(outcome, Answer), outcome
    assert outcome.subject["attendeeId"] == seat("bob")
