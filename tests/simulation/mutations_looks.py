"""Production without one of the safeguards at a time that what was seen in Chime rests on: it may have moved since."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from moderation.application import answers
from moderation.application.background.chime_events import ChimeEventHandler, ComparisonResult
from moderation.application.commands import consent
from moderation.application.enforcement import attendee_applier, meeting_applier
from moderation.application.enforcement import notes as noting
from moderation.application.enforcement.change_in_progress import ChangeInProgress
from moderation.application.enforcement.chime_calls import ChimeCalls
from moderation.application.enforcement.roster_snapshot import RosterSnapshot
from moderation.domain import change as changes
from moderation.domain.change import Change
from moderation.domain.entry import DRIFT_FOUND
from moderation.domain.meeting import Meeting, User, UserRules
from moderation.ports import ChangeKept, ChangeOpened, Clause, EntryWritten, SeatBound, SeatsNoted, UserRevised

from tests.memory.ledger import MemoryLedger

from .monitor import SEEN_TO
from .mutation import HOLDS, KNOWN, TWICE, Mutation, drop, rewriting
from .reports import FALSE, INVENTED
from .small import HOST_AND_EVERYBODY
from .small_consent import AGREED_AFTER_THE_END, AGREED_ON_WHAT_IS_LEFT
from .small_looks import (
    ADMITTED_MEANWHILE,
    APPLIED_DURING_A_LOOK,
    BOUND_DURING_A_LOOK,
    BOUND_WITHOUT_A_LEASE,
    CORRECTED_WITHOUT_A_LEASE,
    LEFT_MEANWHILE,
)


class _LateLedger:
    """What is read of everybody before the roster turns into what is read after it."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self._people: dict[str, User] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def everybody(self, meeting_id: str) -> Mapping[str, User]:
        self._people |= self._ledger.everybody(meeting_id)
        return self._people


@contextmanager
def _reading_people_after_the_roster() -> Iterator[None]:
    original = ChimeEventHandler.sweep

    def sweep(self: Any, meeting: Meeting, deadline: datetime | None = None) -> ComparisonResult:
        world = self._world
        self._world = replace(world, ledger=_LateLedger(world.ledger))
        try:
            return original(self, meeting, deadline)
        finally:
            self._world = world

    with patch.object(ChimeEventHandler, "sweep", sweep):
        yield


def _drift_on_any_notes(_: MemoryLedger, clauses: Sequence[Clause]) -> Sequence[Clause]:
    if not any(isinstance(c, EntryWritten) and c.entry.type == DRIFT_FOUND for c in clauses):
        return clauses
    return [replace(c, notes=None) if isinstance(c, SeatsNoted) else c for c in clauses]


def _corrects_a_grant(clauses: Sequence[Clause]) -> bool:
    return {type(clause) for clause in clauses} == {UserRevised, ChangeKept}


def _telling_all_when_it_settles(
    world: Any, settled: ChangeInProgress, crowd: RosterSnapshot, order: ChimeCalls, ids: Any
) -> Any:
    return noting.told_of(world, settled, crowd, replace(order, told={}), ids)


def _binds(clauses: Sequence[Clause]) -> bool:
    kinds = {type(clause) for clause in clauses}
    return {SeatBound, ChangeKept} <= kinds and ChangeOpened not in kinds


def _taken_back_as_it_was(change: Change, rules: UserRules, _: datetime) -> UserRules:
    return changes.reverted(change, rules, datetime.min.replace(tzinfo=UTC))


LOOK_MUTATIONS = (
    Mutation(
        "an answer outlives the calls of a function that died",
        lambda: patch.object(consent, "calls_live_until", lambda change, _: change.uncertain_until),
        (INVENTED, HOLDS),
        case=AGREED_AFTER_THE_END,
    ),
    Mutation(
        "what has ended is not brought back",
        lambda: patch.object(attendee_applier, "reverted", _taken_back_as_it_was),
        ("each end is told once",),
        case=AGREED_AFTER_THE_END,
    ),
    Mutation(
        "a newcomer is bound by the lease's holder", drop(ChangeKept, _binds), (SEEN_TO,), case=BOUND_WITHOUT_A_LEASE
    ),
    Mutation(
        "what is told with the notes is not told when it settles",
        lambda: patch.object(meeting_applier, "told_of", _telling_all_when_it_settles),
        (TWICE,),
        case=HOST_AND_EVERYBODY,
    ),
    Mutation(
        "who is compared with a roster was read before it",
        _reading_people_after_the_roster,
        (INVENTED,),
        case=BOUND_DURING_A_LOOK,
    ),
    Mutation(
        "a drift is told if nothing was noted since the look",
        rewriting(_drift_on_any_notes),
        (INVENTED,),
        case=APPLIED_DURING_A_LOOK,
    ),
    Mutation(
        "who was revised by no change is looked at again",
        lambda: patch.object(noting, "_is_left_to_nobody", lambda *_: False),
        (KNOWN,),
        case=ADMITTED_MEANWHILE,
    ),
    Mutation(
        "who is granted more is looked at by the lease's holder",
        drop(ChangeKept, _corrects_a_grant),
        (HOLDS,),
        case=CORRECTED_WITHOUT_A_LEASE,
    ),
    Mutation(
        "a user who has left is gone, also if another process notes it",
        lambda: patch.object(attendee_applier, "_has_left", lambda *_: False),
        (FALSE,),
        case=LEFT_MEANWHILE,
    ),
    Mutation(
        "an answer is about an attendee that is there",
        lambda: patch.object(answers, "spoken_of", answers.seat_of),
        (FALSE,),
        case=AGREED_ON_WHAT_IS_LEFT,
    ),
)
