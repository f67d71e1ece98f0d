"""Every command where a machine fails now and then: what comes of it is what comes of it where nothing fails."""

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

from tests.memory.moderated_meeting import MEETING, seat
from tests.unit.application.hall import MUTE_ALL, Stage, code
from tests.unit.application.test_once import DEEDS, ask, asked, asks_all

READS = ("load", "everybody", "change")
LOOKS = ("meeting", "roster", "seat")
ORDERS = ("order", "order_except", "remove", "end")
ABANDONED_AFTER = 46
"""Seconds after which a change whose holder could not go on is taken over."""


def now_and_then(
    owner: object, names: tuple[str, ...], failure: Exception | type[Exception], *, every: int = 2, done: bool = False
) -> None:
    """The first of so many calls of each of these methods fails, having `done` what it should or not."""

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


def come_to(stage: Stage) -> tuple[object, ...]:
    """What Chime holds and is noted to, what has become of every change, and what was told, but for delays."""
    room = stage.chime.rooms.get(MEETING)
    held = {seat.attendee_id: seat.capabilities for seat in room.seats.values()} if room else None
    statuses = Counter((change.command, change.status) for change in stage.ledger.changes.values())
    hands = {user for _, user in stage.ledger.hands_up}
    seats = [seat for user in stage.ledger.users.values() for seat in user.seats.values()]
    noted = {seat.attendee_id: (seat.gone, seat.drifted, seat.known) for seat in seats}
    return held, noted, statuses, hands, Counter(entry.type for entry in stage.ledger.entries if entry.type != DELAYED)


def said(outcome: Outcome) -> tuple[object, ...]:
    assert isinstance(outcome, Answer), outcome
    return code(outcome), outcome.before, outcome.after, outcome.effects, outcome.awaiting


WRITES = ("transact",)
FAILURES: dict[str, Callable[[Stage], None]] = {
    "writes are contended": lambda s: now_and_then(s.ledger, WRITES, TransactionContentionError),
    "the table is not reached": lambda s: now_and_then(s.ledger, WRITES, LedgerUnreachableError),
    "the table's answers are lost": lambda s: now_and_then(
        s.ledger, WRITES, LedgerUnavailableError, every=3, done=True
    ),
    "Chime is busy": lambda s: now_and_then(s.chime, ORDERS, ChimeRetryableError),
    "Chime can't be read": lambda s: now_and_then(s.chime, LOOKS, OutcomeUnknownError),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("failing", FAILURES)
def test_where_calls_fail_now_and_then_the_answer_is_the_same(deed: str, failing: str) -> None:
    smooth, stumbling = Stage(), Stage()
    expected = ask(smooth, *DEEDS[deed](smooth))
    command, who, whom = DEEDS[deed](stumbling)
    FAILURES[failing](stumbling)
    outcome = ask(stumbling, command, who, whom)
    assert said(outcome) == said(expected)
    assert come_to(stumbling) == come_to(smooth)


def failing_at(stage: Stage, position: int | None) -> list[None]:
    """One of the reads of the ledger fails. Returns a list that grows with each of them."""
    reads: list[None] = []

    def reading(method: Callable[..., Any]) -> Callable[..., Any]:
        def read(*args: Any, **how: Any) -> Any:
            reads.append(None)
            if len(reads) - 1 == position:
                raise LedgerUnavailableError
            return method(*args, **how)

        return read

    for name in READS:
        setattr(stage.ledger, name, reading(getattr(stage.ledger, name)))
    return reads


@pytest.mark.parametrize("deed", DEEDS)
def test_whichever_read_fails_it_comes_to_the_same(deed: str) -> None:
    smooth = Stage()
    command, who, whom = DEEDS[deed](smooth)
    reads = failing_at(smooth, None)
    ask(smooth, command, who, whom)
    count = len(reads)
    smooth.reconcile(ABANDONED_AFTER)
    for position in range(count):
        stumbling = Stage()
        command, who, whom = DEEDS[deed](stumbling)
        failing_at(stumbling, position)
        assert isinstance(ask(stumbling, command, who, whom), Answer), position
        stumbling.reconcile(ABANDONED_AFTER)
        assert come_to(stumbling) == come_to(smooth), position


def away(*_: object, **__: object) -> None:
    raise ChimeRetryableError


@pytest.mark.parametrize("deed", DEEDS)
def test_while_chime_is_away_it_is_decided_or_busy_and_comes_to_the_same_when_it_is_back(
    deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    smooth, stumbling = Stage(), Stage()
    ask(smooth, *DEEDS[deed](smooth))
    command, who, whom = DEEDS[deed](stumbling)
    with monkeypatch.context() as patched:
        for name in (*LOOKS, *ORDERS):
            patched.setattr(stumbling.chime, name, away)
        outcome = ask(stumbling, command, who, whom)
    assert code(outcome) in ("applied", "pending", "busy")
    if code(outcome) == "busy":
        ask(stumbling, command, who, whom)
    report = stumbling.reconcile(5)
    assert not report.faults
    assert come_to(stumbling) == come_to(smooth)


LATER = 61
"""Seconds: longer than requests to unmute and what ends in these tests."""


def wider(stage: Stage) -> None:
    stage.answered("alice", Mute(), "bob")
    stage.turn("bob", EVERYTHING)


def leaves(stage: Stage) -> None:
    stage.answered("bob", RaiseHand(), "bob")
    stage.goes("bob")


def returns(stage: Stage) -> None:
    """Chime holds an attendee again whom it did not hold."""
    stage.goes("bob")
    stage.reconcile(2 * LATER)
    assert stage.user("bob").seats[seat("bob")].gone
    stage.comes("bob")


def was_narrower(stage: Stage) -> None:
    """It was told, and is right again by itself."""
    stage.turn("bob", NOTHING)
    stage.reconcile(2 * LATER)
    assert stage.user("bob").seats[seat("bob")].drifted
    stage.turn("bob", EVERYTHING)


ENDS: dict[str, Callable[[Stage], object]] = {
    "a request that nobody answers": asked,
    "requests that nobody answers": lambda s: s.done("alice", asks_all(s)),
    "a mute": lambda s: s.answered("alice", Mute(seconds=30), "bob"),
    "a mute of all": lambda s: s.done("alice", MuteEverybody(seconds=30)),
    "a floor": lambda s: (s.done("alice", MUTE_ALL), s.answered("alice", GrantFloor(30), "bob")),
    "a ban": lambda s: s.answered("alice", Ban(s.surroundings.now() + timedelta(seconds=30)), "bob"),
    "an attendee of whom nobody told": lambda s: s.comes("dora"),
    "an attendee who waits in the lobby": lambda s: (s.done("alice", SetMeeting(lobby=True)), s.comes("dora")),
    "an attendee who has left": leaves,
    "an attendee who is there again": returns,
    "drift": wider,
    "drift that is narrower": lambda s: s.turn("bob", NOTHING),
    "drift that is over": was_narrower,
    "the meeting": lambda s: s.chime.close(MEETING),
}
"""What the reconciler comes upon, by itself."""


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("failing", FAILURES)
def test_what_ends_or_has_changed_by_itself_is_seen_to_all_the_same(end: str, failing: str) -> None:
    smooth, stumbling = Stage(), Stage()
    for stage in (smooth, stumbling):
        ENDS[end](stage)
    FAILURES[failing](stumbling)
    for stage in (smooth, stumbling):
        for _ in range(3):
            report = stage.reconcile(LATER)
            assert not report.faults
    assert come_to(stumbling) == come_to(smooth)
