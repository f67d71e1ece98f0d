"""User commands with `dryRun`, `If-Match` and `Idempotency-Key`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from moderation.application.requests import Answer, Outcome, Refused, Request
from moderation.domain.capability import EVERYTHING, NOTHING, Medium
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

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, UNMUTE_ALL, CommandedMeeting, by, code

Prepared = Callable[[CommandedMeeting], tuple[Command, str, str | None]]
"""The command, its caller and its target; `None`: the meeting."""


def asked(meeting: CommandedMeeting) -> str:
    meeting.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("alice", Unmute(), "bob")
    return meeting.request_to("bob")


def waits(meeting: CommandedMeeting) -> str:
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.admits("dora")
    return "dora"


def after(_: object, command: Command) -> tuple[Command, str, str | None]:
    """alice's command on bob, after something else was done."""
    return command, "alice", "bob"


def asks_all(meeting: CommandedMeeting) -> UnmuteEverybody:
    """A command that asks all users that the mute-all silenced."""
    meeting.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    meeting.done("alice", MUTE_ALL)
    return UNMUTE_ALL


COMMANDS: dict[str, Prepared] = {
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


def ask(meeting: CommandedMeeting, command: Command, who: str, target: str | None, **how: Any) -> Outcome:
    actor = ADMIN if who == "back-end" else by(who)
    return meeting.gavel.perform(Request(MEETING, actor, command, user_id=target, **how))


def everything(meeting: CommandedMeeting, *, keys: bool = True) -> tuple[object, ...]:
    """All that is stored and all that Chime has. `keys`: also the answers under idempotency keys."""
    ledger = meeting.ledger
    room = meeting.chime.rooms.get(MEETING)
    stored = [dict(kept) for kept in (ledger.meetings, ledger.users, ledger.changes, ledger.hands_up)]
    answers = dict(ledger.keys) if keys else {}
    return (*stored, answers, len(ledger.entries), dict(room.attendees) if room else None)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_dry_run_answers_the_same_and_leaves_everything(name: str) -> None:
    meeting = CommandedMeeting()
    command, who, target = COMMANDS[name](meeting)
    before, reminders = everything(meeting), len(meeting.wakeups.sent)
    dry = ask(meeting, command, who, target, dry_run=True, key="k", fingerprint="f")
    assert code(dry) == "dry-run"
    assert everything(meeting) == before
    assert len(meeting.wakeups.sent) == reminders
    real = ask(meeting, command, who, target)
    assert isinstance(dry, Answer)
    assert isinstance(real, Answer), real
    if name not in ("agree", "decline", "remove", "remove and ban", "ban"):
        assert dry.after == real.after
    assert everything(meeting) != before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_dry_run_is_checked_all_the_same(name: str) -> None:
    meeting = CommandedMeeting()
    command, _, target = COMMANDS[name](meeting)
    before = everything(meeting)
    outcome = ask(meeting, command, "nobody", target, dry_run=True)
    assert code(outcome) == "not-permitted"
    assert everything(meeting) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_on_another_revision_nothing_is_done(name: str) -> None:
    meeting = CommandedMeeting()
    command, who, target = COMMANDS[name](meeting)
    before = everything(meeting, keys=False)
    for revision in ("p99.m99", "m99", ""):
        assert (
            code(ask(meeting, command, who, target, if_match=revision, key="k", fingerprint="f")) == "revision-mismatch"
        )
    assert everything(meeting, keys=False) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_on_the_revision_that_was_seen_it_is(name: str) -> None:
    """The attendee's revision for a command on one, the meeting's for a command on the meeting."""
    meeting = CommandedMeeting()
    command, who, target = COMMANDS[name](meeting)
    if target is None:
        seen = meeting.gavel.meeting(MEETING, by("alice"))
    else:
        seen = meeting.gavel.attendee(MEETING, by("alice"), user_id=target)
    assert not isinstance(seen, Refused)
    assert isinstance(ask(meeting, command, who, target, if_match=str(seen["revision"])), Answer)


@pytest.mark.parametrize("name", COMMANDS)
def test_with_its_key_again_it_is_answered_again_and_done_once(name: str) -> None:
    meeting = CommandedMeeting()
    command, who, target = COMMANDS[name](meeting)
    first = ask(meeting, command, who, target, key="k", fingerprint="f")
    assert isinstance(first, Answer), first
    done = everything(meeting)
    again = ask(meeting, command, who, target, key="k", fingerprint="f")
    assert isinstance(again, Answer), again
    assert again.replayed
    assert (again.status, again.change_id, again.after, again.effects, again.awaiting, again.outcomes) == (
        first.status, first.change_id, first.after, first.effects, first.awaiting, first.outcomes
    )  # fmt: skip
    assert again.subject == first.subject
    assert everything(meeting) == done
    assert code(ask(meeting, command, who, target, key="k", fingerprint="other")) == "idempotency-key-reused"
    assert everything(meeting) == done


def test_a_registration_with_its_key_again_is_answered_again() -> None:
    """Without its key the second registration would change nothing."""
    meeting = CommandedMeeting(registered=False)
    registration = Request(MEETING, ADMIN, Register(mode="audience"), key="k", fingerprint="f")
    first, again = (meeting.gavel.perform(registration) for _ in range(2))
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert (first.status, again.status, again.replayed) == ("applied", "applied", True)
    assert (again.change_id, again.subject) == (first.change_id, first.subject)
    assert meeting.stored().revised_by == first.change_id


@pytest.mark.parametrize("name", COMMANDS)
def test_the_key_is_looked_at_before_the_revision(name: str) -> None:
    meeting = CommandedMeeting()
    command, who, target = COMMANDS[name](meeting)
    ask(meeting, command, who, target, key="k", fingerprint="f")
    again = ask(meeting, command, who, target, key="k", fingerprint="f", if_match="m0")
    assert isinstance(again, Answer)
    assert again.replayed


REFUSALS: dict[str, tuple[Command, str, str | None, dict[str, Any]]] = {
    "invalid-request": (SetRole("clown"), "alice", "bob", {}),
    "attendee-not-found": (RaiseHand(), "back-end", "zoe", {}),
    "content-needs-video": (SetCapabilities({Medium.VIDEO: NOTHING, Medium.CONTENT: EVERYTHING}), "alice", "bob", {}),
    "change-not-found": (Undo("01JZ"), "alice", None, {}),
    "no-request": (Consent("01JZ", True), "bob", "bob", {}),
    "revision-mismatch": (Mute(), "alice", "bob", {"if_match": "p99.m99"}),
    "not-permitted": (Mute(), "bob", "carol", {}),
    "revision-required": (Register(mode="audience"), "back-end", None, {}),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_the_first_answer_too(refusal: str) -> None:
    """Even if the command would be accepted by now, or the caller names another revision."""
    meeting = CommandedMeeting()
    command, who, target, how = REFUSALS[refusal]
    first = ask(meeting, command, who, target, key="k", fingerprint="f", **how)
    assert isinstance(first, Refused)
    assert (first.code, first.replayed) == (refusal, False)
    meeting.done("alice", SetMeeting(mode="audience"))
    meeting.answered("alice", SetRole("host"), "bob")
    meeting.comes("zoe")
    done = everything(meeting)
    again = ask(meeting, command, who, target, key="k", fingerprint="f")
    assert again == replace(first, replayed=True)
    assert code(ask(meeting, command, who, target, key="k", fingerprint="other")) == "idempotency-key-reused"
    assert everything(meeting) == done


def test_what_an_unregistered_meeting_answers() -> None:
    """Back ends get the same answer again. Users unknown to a meeting leave no trace."""
    meeting = CommandedMeeting(registered=False)
    assert {code(ask(meeting, MUTE_ALL, who, None, key=who)) for who in ("back-end", "alice")} == {"meeting-not-found"}
    assert code(ask(meeting, Register({"alice": "host"}), "back-end", None)) == "applied"
    assert code(ask(meeting, MUTE_ALL, "back-end", None, key="back-end")) == "meeting-not-found"
    assert code(ask(meeting, MUTE_ALL, "alice", None, key="alice")) == "applied"


def test_what_decided_nothing_is_no_answer() -> None:
    """A caller who is told to try again may use the same key."""
    meeting = CommandedMeeting()
    attempts = [ask(meeting, Mute(), "bob", "carol", key=str(number)) for number in range(11)]
    assert code(attempts[-1]) == "too-many"
    meeting.clock.pass_by(60)
    assert code(ask(meeting, Mute(), "bob", "carol", key="10")) == "not-permitted"
    keys = dict(meeting.ledger.keys)
    assert code(ask(meeting, Mute(), "nobody", "bob", key="n")) == "not-permitted"
    assert meeting.ledger.keys == keys


@pytest.mark.parametrize("name", COMMANDS)
def test_when_the_ledger_loses_the_answer_it_is_done_once(name: str) -> None:
    meeting = CommandedMeeting()
    command, who, target = COMMANDS[name](meeting)
    meeting.ledger.fail(1, done=True)
    outcome = ask(meeting, command, who, target, key="k", fingerprint="f")
    assert isinstance(outcome, Answer), outcome
    ids = [e.id for e in meeting.ledger.entries]
    assert len(ids) == len(set(ids))
    again = ask(meeting, command, who, target, key="k", fingerprint="f")
    assert isinstance(again, Answer)
    assert again.replayed
    assert code(again) == code(outcome)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_attendee_stands_for_the_user(name: str) -> None:
    meeting = CommandedMeeting()
    command, who, target = COMMANDS[name](meeting)
    if target != "bob":
        return
    outcome = meeting.ask(who, command, target)
    assert isinstance(outcome, Answer), outcome
    assert outcome.subject["attendeeId"] == attendee_of("bob")
