"""Commands with failures of ledger and Chime in between have the same result as without."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from moderation.application.requests import Answer, Outcome
from moderation.domain.capability import EVERYTHING, NOTHING
from moderation.domain.commands import Ban, GrantFloor, Mute, MuteEverybody, RaiseHand, SetMeeting
from moderation.domain.entry import DELAYED
from moderation.ports import (
    ChimeRetryableError,
    LedgerUnavailableError,
    LedgerUnreachableError,
    OutcomeUnknownError,
    TransactionContentionError,
)

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, CommandedMeeting, code
from tests.unit.application.test_conditions_and_keys import COMMANDS, ask, asked, asks_all

READS = ("load", "all_users", "change")
LOOKS = ("meeting", "roster", "attendee")
UPDATES = ("update", "update_except", "remove", "end")
ABANDONED_AFTER = 46
"""Seconds after which a change whose holder could not continue is taken over."""


def now_and_then(
    owner: object, names: tuple[str, ...], failure: Exception | type[Exception], *, every: int = 2, done: bool = False
) -> None:
    """The first calls of each of these methods fail, with their effect if `done`."""

    def failing(method: Callable[..., Any], calls: list[None]) -> Callable[..., Any]:
        def called(*args: Any, **how: Any) -> Any:
            calls.append(None)
            if len(calls) % every == 1:
                if done:
                    method(*args, **how)
                raise failure
            return method(*args, **how)

        return called

    for name in names:
        setattr(owner, name, failing(getattr(owner, name), []))


def come_to(meeting: CommandedMeeting) -> tuple[object, ...]:
    """What Chime has, the notes on it, the state of every change, and what was reported except delays."""
    room = meeting.chime.rooms.get(MEETING)
    held = {attendee.attendee_id: attendee.capabilities for attendee in room.attendees.values()} if room else None
    statuses = Counter((change.command, change.status) for change in meeting.ledger.changes.values())
    hands = {user for _, user in meeting.ledger.hands_up}
    attendees = [attendee for user in meeting.ledger.users.values() for attendee in user.attendees.values()]
    noted = {attendee.attendee_id: (attendee.gone, attendee.drifted, attendee.known) for attendee in attendees}
    return (
        held,
        noted,
        statuses,
        hands,
        Counter(entry.type for entry in meeting.ledger.entries if entry.type != DELAYED),
    )


def said(outcome: Outcome) -> tuple[object, ...]:
    assert isinstance(outcome, Answer), outcome
    return code(outcome), outcome.before, outcome.after, outcome.effects, outcome.awaiting


WRITES = ("transact",)
FAILURES: dict[str, Callable[[CommandedMeeting], None]] = {
    "writes are contended": lambda s: now_and_then(s.ledger, WRITES, TransactionContentionError),
    "the table is not reached": lambda s: now_and_then(s.ledger, WRITES, LedgerUnreachableError),
    "the table's answers are lost": lambda s: now_and_then(
        s.ledger, WRITES, LedgerUnavailableError, every=3, done=True
    ),
    "Chime is busy": lambda s: now_and_then(s.chime, UPDATES, ChimeRetryableError),
    "Chime can't be read": lambda s: now_and_then(s.chime, LOOKS, OutcomeUnknownError),
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("failing", FAILURES)
def test_where_calls_fail_now_and_then_the_answer_is_the_same(name: str, failing: str) -> None:
    smooth, stumbling = CommandedMeeting(), CommandedMeeting()
    expected = ask(smooth, *COMMANDS[name](smooth))
    command, who, target = COMMANDS[name](stumbling)
    FAILURES[failing](stumbling)
    outcome = ask(stumbling, command, who, target)
    assert said(outcome) == said(expected)
    assert come_to(stumbling) == come_to(smooth)


def failing_at(meeting: CommandedMeeting, position: int | None) -> list[None]:
    """One of the ledger's reads fails. Returns a list that grows with each of them."""
    reads: list[None] = []

    def reading(method: Callable[..., Any]) -> Callable[..., Any]:
        def read(*args: Any, **how: Any) -> Any:
            reads.append(None)
            if len(reads) - 1 == position:
                raise LedgerUnavailableError
            return method(*args, **how)

        return read

    for name in READS:
        setattr(meeting.ledger, name, reading(getattr(meeting.ledger, name)))
    return reads


@pytest.mark.parametrize("name", COMMANDS)
def test_whichever_read_fails_it_comes_to_the_same(name: str) -> None:
    smooth = CommandedMeeting()
    command, who, target = COMMANDS[name](smooth)
    reads = failing_at(smooth, None)
    ask(smooth, command, who, target)
    count = len(reads)
    smooth.reconcile(ABANDONED_AFTER)
    for position in range(count):
        stumbling = CommandedMeeting()
        command, who, target = COMMANDS[name](stumbling)
        failing_at(stumbling, position)
        assert isinstance(ask(stumbling, command, who, target), Answer), position
        stumbling.reconcile(ABANDONED_AFTER)
        assert come_to(stumbling) == come_to(smooth), position


def away(*_: object, **__: object) -> None:
    raise ChimeRetryableError


@pytest.mark.parametrize("name", COMMANDS)
def test_while_chime_is_away_it_is_decided_or_busy_and_comes_to_the_same_when_it_is_back(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    smooth, stumbling = CommandedMeeting(), CommandedMeeting()
    ask(smooth, *COMMANDS[name](smooth))
    command, who, target = COMMANDS[name](stumbling)
    with monkeypatch.context() as patched:
        for operation in (*LOOKS, *UPDATES):
            patched.setattr(stumbling.chime, operation, away)
        outcome = ask(stumbling, command, who, target)
    assert code(outcome) in ("applied", "pending", "busy")
    if code(outcome) == "busy":
        ask(stumbling, command, who, target)
    report = stumbling.reconcile(5)
    assert not report.faults
    assert come_to(stumbling) == come_to(smooth)


LATER = 61
"""Seconds: longer than requests to unmute and the timed rules of these tests."""


def wider(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(), "bob")
    meeting.drifts("bob", EVERYTHING)


def leaves(meeting: CommandedMeeting) -> None:
    meeting.answered("bob", RaiseHand(), "bob")
    meeting.goes("bob")


def returns(meeting: CommandedMeeting) -> None:
    """Chime has an attendee again that it did not have."""
    meeting.goes("bob")
    meeting.reconcile(2 * LATER)
    assert meeting.user("bob").attendees[attendee_of("bob")].gone
    meeting.comes("bob")


def was_narrower(meeting: CommandedMeeting) -> None:
    """The drift was reported, and is over by itself."""
    meeting.drifts("bob", NOTHING)
    meeting.reconcile(2 * LATER)
    assert meeting.user("bob").attendees[attendee_of("bob")].drifted
    meeting.drifts("bob", EVERYTHING)


ENDS: dict[str, Callable[[CommandedMeeting], object]] = {
    "a request that nobody answers": asked,
    "requests that nobody answers": lambda s: s.done("alice", asks_all(s)),
    "a mute": lambda s: s.answered("alice", Mute(seconds=30), "bob"),
    "a mute of all": lambda s: s.done("alice", MuteEverybody(seconds=30)),
    "a floor": lambda s: (s.done("alice", MUTE_ALL), s.answered("alice", GrantFloor(30), "bob")),
    "a ban": lambda s: s.answered("alice", Ban(s.clock.now() + timedelta(seconds=30)), "bob"),
    "an attendee without an event": lambda s: s.comes("dora"),
    "an attendee who waits in the lobby": lambda s: (s.done("alice", SetMeeting(lobby=True)), s.comes("dora")),
    "an attendee who has left": leaves,
    "an attendee who is there again": returns,
    "drift": wider,
    "drift that is narrower": lambda s: s.drifts("bob", NOTHING),
    "drift that is over": was_narrower,
    "the meeting": lambda s: s.chime.close(MEETING),
}
"""What the reconciler finds without a command."""


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("failing", FAILURES)
def test_what_ends_or_has_changed_by_itself_is_seen_to_all_the_same(end: str, failing: str) -> None:
    smooth, stumbling = CommandedMeeting(), CommandedMeeting()
    for meeting in (smooth, stumbling):
        ENDS[end](meeting)
    FAILURES[failing](stumbling)
    for meeting in (smooth, stumbling):
        for _ in range(3):
            report = meeting.reconcile(LATER)
            assert not report.faults
    assert come_to(stumbling) == come_to(smooth)
