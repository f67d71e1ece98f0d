"""Production without one safeguard at a time. The simulation has to notice each, or it proves nothing.

The first eight are those of the protocol's model. Each is a small patch of production code or of the ledger's checks;
`loses` names the invariants of which at least one has to break.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from moderation.application.background import reconciler
from moderation.application.commands import context as facts
from moderation.application.enforcement import (
    attendee_applier,
    change_applier,
    change_in_progress,
    chime_calls,
    meeting_applier,
)
from moderation.application.enforcement import (
    notes as noting,
)
from moderation.application.enforcement.change_in_progress import ChangeInProgress
from moderation.application.enforcement.chime_calls import ChimeCalls
from moderation.application.enforcement.roster_snapshot import RosterSnapshot
from moderation.domain import change as changes
from moderation.domain import rule_changes
from moderation.domain.change import Change, Closure, Lease
from moderation.ports import KeyTaken, Loaded, MeetingIs, UserIs

from .mutation import (
    APPLIED,
    BACK,
    CLOSED,
    DECIDED_THERE,
    FRESH,
    HOLDS,
    KNOWN,
    ONCE,
    ONE_KEY,
    OUTAGE,
    REVISIONS,
    TRUE,
    TWICE,
    WIDER,
    Mutation,
    any_notes,
    any_revision,
    any_token,
    any_user,
    commits,
    drop,
    rewriting,
)
from .small import NEWCOMER, TAKEN_OVER
from .small_found import LEFT_WHILE_ALL_ARE_MUTED, NEWCOMER_WHILE_THE_MODE_OPENS
from .small_late import SETTLED_WHILE_A_CALL_LIVES
from .small_seeds import NOTED_EARLY, OVERTAKEN_IN_FLIGHT
from .small_stalls import GIVEN_UP_LATE, MUTED_AGAIN_BY_MEMORY, OUTLIVED, SETTLED_LATE
from .small_users import DEMOTED


@contextmanager
def _closing(closed: Callable[..., Change]) -> Iterator[None]:
    with patch.object(attendee_applier, "closed", closed), patch.object(meeting_applier, "closed", closed):
        yield


def _closed_for_good(change: Change, closure: Closure, *_: object) -> Change:
    return replace(change, closure=closure, lease=None, next_attempt_at=None, uncertain_until=None)


def _closed_late(change: Change, closure: Closure, order: ChimeCalls, _: datetime, now: datetime) -> Change:
    return change_in_progress.closed(change, closure, order, now, now)


def _start_at_any_time(self: ChimeCalls) -> datetime:
    return self.clock.now()


def _start_then_wait(self: ChimeCalls) -> datetime:
    now = self.clock.now()
    if now + changes.CALL_TIMEOUT > min(self.lease.until, self.deadline):
        raise chime_calls.DeadlineExceededError
    if self.in_background and not self.ledger.acquire_background_calls(1, now):
        raise chime_calls.DeadlineExceededError
    return now


def _at_the_lease_s_end(lease: Lease) -> datetime:
    return lease.until


@contextmanager
def _due_at_the_leases_end() -> Iterator[None]:
    """For every lease that is written."""
    modules = [m for n, m in sys.modules.items() if n.startswith("moderation.application.") and hasattr(m, "due_after")]
    patches = [patch.object(module, "due_after", _at_the_lease_s_end) for module in modules]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


@contextmanager
def _no_reconciler() -> Iterator[None]:
    nothing = reconciler.Report()
    with (
        patch.object(reconciler.Reconciler, "run", lambda *_: nothing),
        patch.object(reconciler.Reconciler, "on_wakeup", lambda *_: nothing),
    ):
        yield


@contextmanager
def _believing_memory() -> Iterator[None]:
    original = facts.ContextLoader._from_cache

    def remembered(self: Any, request: Any) -> Any:
        found = original(self, request)
        return replace(found, from_memory=False) if found else None

    with patch.object(facts.ContextLoader, "_from_cache", remembered):
        yield


@contextmanager
def _mixing_users() -> Iterator[None]:
    """The look at the meeting before the update sees what it expects."""
    original = meeting_applier.MeetingApplier._update_all

    class Agreeing:
        def __init__(self, meeting: Any) -> None:
            self._meeting = meeting

        def load(self, _: str) -> Loaded:
            return Loaded(self._meeting)

    def order(self: Any, order: ChimeCalls, on_its_way: ChangeInProgress, crowd: Any) -> None:
        ledger = self._ledger
        self._ledger = Agreeing(on_its_way.meeting)
        try:
            original(self, order, on_its_way, crowd)
        finally:
            self._ledger = ledger

    with patch.object(meeting_applier.MeetingApplier, "_update_all", order):
        yield


@contextmanager
def _forgetting_what_was_committed() -> Iterator[None]:
    original = change_applier.ChangeApplier._step

    def step(self: Any, on_its_way: ChangeInProgress, order: ChimeCalls) -> ChangeInProgress:
        while True:
            on_its_way = original(self, on_its_way, order)
            if not order.owns_lease(on_its_way.change.lease):
                return on_its_way

    with patch.object(change_applier.ChangeApplier, "_step", step):
        yield


@contextmanager
def _in_place_by(reading: Callable[[Change], Change]) -> Iterator[None]:
    """Notes are judged by another reading of the change."""
    original = attendee_applier._is_in_place

    def is_in_place(change: Change, *about: Any) -> bool:
        return original(reading(change), *about)

    with patch.object(attendee_applier, "_is_in_place", is_in_place):
        yield


@contextmanager
def _believing_notes() -> Iterator[None]:
    """Believes every note of its own calls."""
    original = attendee_applier._is_in_place

    def is_in_place(change: Change, attendee: Any, target: Any, order: ChimeCalls) -> bool:
        return original(change, attendee, target, replace(order, reached={}, reached_at={}))

    with patch.object(attendee_applier, "_is_in_place", is_in_place):
        yield


MUTATIONS = (
    Mutation("settle checks the user's revision", rewriting(any_revision), (HOLDS,), first=190),
    Mutation(
        "settle checks the meeting's revision",
        lambda: patch.object(attendee_applier.AttendeeApplier, "_check_meeting", lambda *_: []),
        (HOLDS,),
        case=NEWCOMER_WHILE_THE_MODE_OPENS,
    ),
    Mutation(
        "the bulk takes a second look",
        lambda: patch.object(RosterSnapshot, "look_again", lambda *_: False),
        (HOLDS,),
        case=NEWCOMER,
    ),
    Mutation("a call of unknown end is looked at again", lambda: _closing(_closed_for_good), (HOLDS,), first=440),
    Mutation(
        "no order starts after the lease",
        lambda: patch.object(ChimeCalls, "_start", _start_at_any_time),
        (HOLDS, WIDER),
        {"stall": 0.03},
        first=320,
    ),
    Mutation(
        "only the lease's holder settles",
        rewriting(any_token),
        (HOLDS, TWICE, ONCE, CLOSED),
        case=OUTLIVED,
    ),
    Mutation("takeover waits out the life of a call", _due_at_the_leases_end, (HOLDS,), case=TAKEN_OVER),
    Mutation("the reconciler takes over", _no_reconciler, ("comes to rest", CLOSED)),
    Mutation("a key is used once", drop(KeyTaken, commits), (ONE_KEY,)),
    Mutation("commit checks the caller", drop(UserIs, commits), (DECIDED_THERE,), case=DEMOTED),
    Mutation("commit checks the meeting", drop(MeetingIs, commits), (DECIDED_THERE,), first=340),
    Mutation("commit checks the user", rewriting(any_user), (REVISIONS, DECIDED_THERE)),
    Mutation(
        "commit checks what was noted of the user",
        rewriting(any_notes),
        (DECIDED_THERE,),
        case=MUTED_AGAIN_BY_MEMORY,
    ),
    Mutation(
        "what is given up is taken back",
        lambda: patch.object(attendee_applier, "reverted", lambda _, rules, __: rules),
        (BACK,),
        first=1515,
    ),
    Mutation(
        "what was committed on the way is what is left",
        _forgetting_what_was_committed,
        (ONCE, TWICE),
        OUTAGE,
        first=190,
    ),
    Mutation(
        "a lease that is given back has another token",
        lambda: patch.object(Lease, "released", lambda self, now: Lease(self.token, now)),
        (ONCE, TWICE, HOLDS),
        case=SETTLED_LATE,
    ),
    Mutation(
        "a lease that goes on after giving up has another token",
        lambda: patch.object(Lease, "rotated", lambda self: self),
        (ONCE,),
        case=GIVEN_UP_LATE,
    ),
    Mutation(
        "a call of unknown end counts until orders begin after its life",
        lambda: _closing(_closed_late),
        (HOLDS,),
        case=SETTLED_WHILE_A_CALL_LIVES,
    ),
    Mutation(
        "who is bound between the roster and the look at users is taken in",
        lambda: patch.object(RosterSnapshot, "add_attendees_the_roster_lacks", lambda *_: None),
        (HOLDS,),
        case=NEWCOMER,
    ),
    Mutation("users are read with the meeting they belong to", _mixing_users, (WIDER,), {"slow": 0.0}, first=50),
    Mutation(
        "nothing comes between the clock and a call",
        lambda: patch.object(ChimeCalls, "_start", _start_then_wait),
        (HOLDS, WIDER),
        {"stall 75 s": 0.05, "throttled": 1.0},
        first=520,
    ),
    Mutation(
        "what is said again is overruled, too",
        lambda: patch.object(rule_changes, "_is_still_withheld", lambda *_: True),
        (APPLIED,),
        first=1000,
    ),
    Mutation("an own call counts for more than a note", _believing_notes, (HOLDS,), case=OVERTAKEN_IN_FLIGHT),
    Mutation(
        "a note that is older than a crash proves nothing",
        lambda: _in_place_by(lambda change: replace(change, notes_count_from=None)),
        (HOLDS,),
        case=NOTED_EARLY,
    ),
    Mutation(
        "a change of everybody notes what it did, on whatever was noted beside it",
        lambda: patch.object(noting, "_noted_again", lambda note, _: replace(note, attendees=())),
        (KNOWN,),
        case=LEFT_WHILE_ALL_ARE_MUTED,
    ),
    Mutation(
        "who was reached by a call is not left to a later change",
        lambda: patch.object(RosterSnapshot, "is_reached", lambda *_: None),
        (HOLDS,),
        case=NEWCOMER,
    ),
    Mutation("what commits nothing rests on no memory", _believing_memory, (FRESH, TRUE)),
)
