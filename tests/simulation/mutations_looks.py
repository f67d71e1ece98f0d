"""Production without one safeguard of reads of Chime at a time: what was read may have changed since."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from moderation.application import answers
from moderation.application.background import comparisons, drift
from moderation.application.background.drift import Drift
from moderation.application.commands import consent
from moderation.application.commands.pipeline import CommandPipeline
from moderation.application.enforcement import (
    attendee_applier,
    attendee_binding,
    attendee_outcome,
    change_applier,
    meeting_applier,
    roster_reader,
)
from moderation.application.enforcement import notes as noting
from moderation.application.enforcement.attendee_outcome import closure_of
from moderation.application.enforcement.change_applier import ChangeApplier
from moderation.application.enforcement.change_in_progress import ChangeInProgress
from moderation.application.enforcement.chime_calls import ChimeCalls, StillWanted
from moderation.application.enforcement.meeting_applier import MeetingApplier
from moderation.application.enforcement.roster_snapshot import RosterSnapshot, attendees_to_note
from moderation.domain import effective, rule_changes
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, is_narrower
from moderation.domain.change import AttendeeChange, Change, Closure
from moderation.domain.decisions import decision
from moderation.domain.decisions import meeting as meeting_decisions
from moderation.domain.decisions.meeting import gained
from moderation.domain.effective import Holds, attendee_of
from moderation.domain.entry import DRIFT_FOUND
from moderation.domain.meeting import Attendee, Meeting, MeetingRules, User, UserRules
from moderation.ports import (
    AttendeeBound,
    AttendeesNoted,
    BatchesRecorded,
    ChangeKept,
    ChangeOpened,
    CheckTaken,
    Clause,
    EntryWritten,
)

from tests.memory.ledger import MemoryLedger

from .grants import LESS, MORE
from .monitor import SEEN_TO
from .mutation import (
    APPLIED,
    BACK,
    CONSENT,
    FROZEN,
    HOLDS,
    KNOWN,
    TOLD,
    TRUE,
    TWICE,
    WIDER,
    Mutation,
    drop,
    rewriting,
)
from .reports import FALSE, INVENTED
from .small import HOST_AND_EVERYBODY
from .small_consent import (
    AGREED_AFTER_THE_END,
    AGREED_ON_WHAT_IS_LEFT,
    GONE_WHILE_AGREEING,
    MUTED_WHILE_FROZEN,
    OVERRULED_BEFORE_THE_ANSWER,
    WITHDRAWN_FROM_ANOTHER,
)
from .small_found import (
    BAN_KEPT_BY_A_FREEZE,
    BOUND_WHILE_THROTTLED,
    ENDED_BEFORE_A_MUTE,
    FLOOR_ENDED_IN_A_FREEZE,
    MUTE_KEPT_BY_A_FREEZE,
    MUTED_DURING_A_REMOVAL,
    MUTED_FOR_A_TIME,
    NEWCOMER_WHILE_THE_MODE_OPENS,
    NOTED_LATE,
    OPENED_IN_A_FROZEN_MEETING,
    REGISTERED_WHILE_THROTTLED,
    REMOVED_BY_EVERYBODYS_CHANGE,
    REMOVED_SLOWLY_AND_UNBANNED,
    SEEN_BEFORE_A_SLOW_REMOVAL,
    UNMUTED_BEFORE_A_FREEZE,
    UNMUTED_ONCE_MORE,
)
from .small_looks import (
    ADMITTED_MEANWHILE,
    APPLIED_DURING_A_LOOK,
    BOUND_WITHOUT_A_LEASE,
    FLOOR_ENDED_DURING_A_LOOK,
    JOINED_BETWEEN_TWO_BATCHES,
    LEFT_MEANWHILE,
    MUTE_ALL_ENDED_DURING_A_CLAIM,
    MUTED_DURING_A_COMPARISON,
    NOTED_AFTER_A_FREEZE,
    SEEN_AFTER_ANOTHER_CHANGE,
)
from .small_users import FLOOR_SHORTENED


def _drift_on_any_notes(_: MemoryLedger, clauses: Sequence[Clause]) -> Sequence[Clause]:
    if not any(isinstance(c, EntryWritten) and c.entry.type == DRIFT_FOUND for c in clauses):
        return clauses
    return [replace(c, notes=None) if isinstance(c, AttendeesNoted) else c for c in clauses]


def _checks_of_any_revision(store: MemoryLedger, clauses: Sequence[Clause]) -> Sequence[Clause]:
    return [
        replace(c, revision=store.meetings[c.meeting_id].revision) if isinstance(c, CheckTaken) else c for c in clauses
    ]


def _has_left_since_the_answer(change: AttendeeChange, user: User, attendees: Sequence[Attendee]) -> bool:
    return has_left(replace(change, committed_at=change.deadline_starts_at), user, attendees)


def _noting_what_the_calls_altered(
    user: User, snapshot: RosterSnapshot, _: Collection[str], now: datetime
) -> tuple[Attendee, ...]:
    return attendees_to_note(user, snapshot, snapshot.altered, now)


def _telling_all_when_it_settles(
    clock: Any, settled: ChangeInProgress, crowd: RosterSnapshot, order: ChimeCalls, ids: Any
) -> Any:
    return noting.capability_entries(clock, settled, crowd, replace(order, reported={}), ids)


def _binds(clauses: Sequence[Clause]) -> bool:
    kinds = {type(clause) for clause in clauses}
    return {AttendeeBound, ChangeKept} <= kinds and ChangeOpened not in kinds


def _gained_by_who_was_not_unmuted(
    was: Meeting, new: MeetingRules, holds: Holds, roles: Collection[str], now: datetime, _: frozenset[str]
) -> Capabilities:
    return gained(was, new, holds, roles, now, frozenset())


@contextmanager
def _granting_everything() -> Iterator[None]:
    bound = attendee_binding.with_attendees

    def with_attendees(policies: Any, clock: Any, meeting: Meeting, stored: User, *seen: Any) -> User:
        user = bound(policies, clock, meeting, stored, *seen)
        return user if user is stored else replace(user, rules=replace(user.rules, grant=EVERYTHING))

    with patch.object(attendee_binding, "with_attendees", with_attendees):
        yield


def _taken_back_as_it_was(change: Change, rules: UserRules, _: datetime) -> UserRules:
    return rule_changes.reverted(change, rules, datetime.min.replace(tzinfo=UTC))


def _of_the_same_generation(change: Change, rules: UserRules, moment: datetime) -> bool:
    return rule_changes.has_exclusive_floor(change, replace(rules, authors={}), moment)


def _noted_since_the_answer(self: ChimeCalls, attendee: Attendee) -> bool:
    reached_at = self.reached_at.get(attendee.attendee_id)
    return reached_at is not None and attendee.noted_at is not None and attendee.noted_at > reached_at


def _removing_and_forgetting(self: ChimeCalls, attendee_id: str, *about: Any) -> None:
    remove(self, attendee_id, *about)
    self.removed.discard(attendee_id)


def _removing_as_if_all_rules_were_read(self: ChimeCalls, attendee_id: str, is_wanted: StillWanted) -> None:
    def is_read() -> bool:
        self.read_at = self.clock.now()
        return is_wanted()

    remove(self, attendee_id, is_read)


def _only_if_repeated(self: ChimeCalls, is_wanted: StillWanted, *, is_repeated: bool = False) -> None:
    if is_repeated:
        check_if_possible(self, is_wanted, is_repeated=True)


def _keeping_nothing_of_removals(self: ChimeCalls, change: Change, _: object = ()) -> ChangeKept:
    return ChangeKept(change, self.lease.token)


def _closed_as_if_time_went_on(change: Any, meeting: Meeting, *about: Any) -> Closure:
    return closure_of(change, replace(meeting, rules=replace(meeting.rules, frozen_at=None)), *about)


def _overruled_by_the_last(change: Change, meeting: Meeting, user: User | None) -> str | None:
    return meeting.revised_by if user is None or user.revised_by == change.id else user.revised_by


def _widens_by_the_notes(attendee: Attendee, target: Capabilities) -> bool:
    return not is_narrower(target, NOTHING if attendee.known is None else attendee.known)


class _Everyone(dict[str, str]):
    def __contains__(self, _: object) -> bool:
        return True


def _wanted_by_those_planned_for(
    self: MeetingApplier, meeting: Meeting, snapshot: RosterSnapshot, since: datetime
) -> bool:
    return is_wanted(self, meeting, replace(snapshot, attendees=_Everyone(snapshot.attendees)), since)


is_wanted = MeetingApplier._is_wanted


def _over_for_users(in_progress: ChangeInProgress) -> bool:
    return in_progress.user is not None and is_over(in_progress)


def _with_notes_after_no_removal(
    self: ChangeApplier, in_progress: ChangeInProgress, left: Change, calls: ChimeCalls, now: datetime
) -> Iterator[Any]:
    return with_notes(self, in_progress, left, replace(calls, removed=set()), now)


has_left = attendee_outcome._has_left
remove, check_if_possible = ChimeCalls.remove, ChimeCalls.check_if_possible
is_over, with_notes = change_applier._is_over, ChangeApplier._with_notes


def _under_way_while_an_end_waits(self: Drift, meeting: Meeting, user: User) -> bool:
    thawed = replace(meeting, rules=replace(meeting.rules, frozen_at=None))
    return is_under_way(self, thawed, user)


is_under_way = Drift._is_under_way


@contextmanager
def _answering_about_any_attendee() -> Iterator[None]:
    with patch.object(answers, "subject_of", attendee_of), patch.object(effective, "subject_of", attendee_of):
        yield


LOOK_MUTATIONS = (
    Mutation(
        "what has ended, and whose end is still to be applied, is no drift",
        lambda: patch.object(drift, "next_end", lambda _: None),
        (INVENTED,),
        case=FLOOR_ENDED_DURING_A_LOOK,
    ),
    Mutation(
        "in a frozen meeting, what waits for its end is no change under way",
        lambda: patch.object(Drift, "_is_under_way", _under_way_while_an_end_waits),
        (HOLDS,),
        case=OPENED_IN_A_FROZEN_MEETING,
    ),
    Mutation(
        "attendees that a meeting's change removes are stored with it",
        lambda: patch.object(ChimeCalls, "kept", _keeping_nothing_of_removals),
        (TOLD,),
        case=REMOVED_BY_EVERYBODYS_CHANGE,
    ),
    Mutation(
        "an answer without a commit is of what is still so",
        lambda: patch.object(CommandPipeline, "_check_still_so", lambda *_: None),
        (TRUE,),
        case=BAN_KEPT_BY_A_FREEZE,
    ),
    Mutation(
        "what a freeze has stopped is still in effect",
        lambda: patch.object(attendee_applier, "closure_of", _closed_as_if_time_went_on),
        (APPLIED,),
        case=MUTE_KEPT_BY_A_FREEZE,
    ),
    Mutation(
        "no change but its end goes on in a meeting that has ended",
        lambda: patch.object(change_applier, "_is_over", _over_for_users),
        (WIDER,),
        case=ENDED_BEFORE_A_MUTE,
    ),
    Mutation(
        "a removal that is not noted outdates earlier notes",
        lambda: patch.object(ChangeApplier, "_with_notes", _with_notes_after_no_removal),
        (TOLD,),
        case=SEEN_BEFORE_A_SLOW_REMOVAL,
    ),
    Mutation(
        "a note that is newer than the roster counts",
        lambda: patch.object(roster_reader, "_is_noted_since", lambda *_: False),
        (INVENTED,),
        case=NEWCOMER_WHILE_THE_MODE_OPENS,
    ),
    Mutation(
        "a call that restates audio follows rules that were just read",
        lambda: patch.object(attendee_applier, "_may_widen", _widens_by_the_notes),
        (CONSENT,),
        case=MUTED_WHILE_FROZEN,
    ),
    Mutation(
        "an agreement hides no change that came before it",
        lambda: patch.object(attendee_applier, "overruled_by", _overruled_by_the_last),
        ("superseded by what came later",),
        case=OVERRULED_BEFORE_THE_ANSWER,
    ),
    Mutation(
        "an unmute that waits for an answer is superseded with the request",
        lambda: patch.object(attendee_outcome, "_waits_in_vain", lambda *_: False),
        (APPLIED,),
        case=WITHDRAWN_FROM_ANOTHER,
    ),
    Mutation(
        "a batch is planned for all that are bound",
        lambda: patch.object(MeetingApplier, "_is_wanted", _wanted_by_those_planned_for),
        (WIDER,),
        case=BOUND_WHILE_THROTTLED,
    ),
    Mutation(
        "in a frozen meeting, no undo restores a floor",
        lambda: patch.object(meeting_decisions, "_floors_restored", lambda *_: NOTHING),
        (FROZEN,),
        case=FLOOR_ENDED_IN_A_FREEZE,
    ),
    Mutation(
        "in a frozen meeting, who was unmuted gains nothing by a mode",
        lambda: patch.object(meeting_decisions, "gained", _gained_by_who_was_not_unmuted),
        (FROZEN,),
        case=UNMUTED_BEFORE_A_FREEZE,
    ),
    Mutation(
        "a batch that narrows follows rules that were just read",
        lambda: patch.object(ChimeCalls, "check_if_possible", _only_if_repeated),
        (WIDER,),
        case=JOINED_BETWEEN_TWO_BATCHES,
    ),
    Mutation(
        "an attendee that a call has taken out is gone, whatever the rules say by now",
        lambda: patch.object(ChimeCalls, "remove", _removing_and_forgetting),
        (TOLD,),
        case=REMOVED_SLOWLY_AND_UNBANNED,
    ),
    Mutation(
        "a note that came during an own call counts as later",
        lambda: patch.object(ChimeCalls, "is_noted_since", _noted_since_the_answer),
        (TWICE,),
        case=NOTED_AFTER_A_FREEZE,
    ),
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
        lambda: patch.object(meeting_applier, "capability_entries", _telling_all_when_it_settles),
        (TWICE,),
        case=HOST_AND_EVERYBODY,
    ),
    Mutation(
        "the end of a mute-all does not wait for a comparison",
        lambda: patch.object(comparisons, "next_check", lambda _, next_comparison, now: max(next_comparison, now)),
        ("comes to rest",),
        case=MUTE_ALL_ENDED_DURING_A_CLAIM,
    ),
    Mutation(
        "the next check is noted under the rules that it rests on",
        rewriting(_checks_of_any_revision),
        ("comes to rest",),
        case=MUTED_DURING_A_COMPARISON,
    ),
    Mutation(
        "a drift is told if nothing was noted since the look",
        rewriting(_drift_on_any_notes),
        (INVENTED,),
        case=APPLIED_DURING_A_LOOK,
    ),
    Mutation(
        "who was revised by no change is looked at again",
        lambda: patch.object(noting, "_is_out_of_date", lambda *_: False),
        (KNOWN,),
        case=ADMITTED_MEANWHILE,
    ),
    Mutation(
        "what a batch gives is no grant",
        drop(BatchesRecorded, lambda _: True),
        (LESS,),
        case=SEEN_AFTER_ANOTHER_CHANGE,
    ),
    Mutation(
        "who came with less is granted no more",
        _granting_everything,
        (MORE,),
    ),
    Mutation(
        "a user who has left is gone, also if another process notes it",
        lambda: patch.object(attendee_outcome, "_has_left", lambda *_: False),
        (FALSE,),
        case=LEFT_MEANWHILE,
    ),
    Mutation(
        "a user who was noted as gone before they agreed is gone",
        lambda: patch.object(attendee_outcome, "_has_left", _has_left_since_the_answer),
        (FALSE,),
        case=GONE_WHILE_AGREEING,
    ),
    Mutation(
        "what is reported is noted",
        lambda: patch.object(noting, "attendees_to_note", _noting_what_the_calls_altered),
        (TWICE,),
        case=NOTED_LATE,
    ),
    Mutation(
        "what has ended by itself has no author",
        lambda: patch.object(decision, "without_ended", lambda left, _: left),
        (BACK,),
        case=MUTED_FOR_A_TIME,
    ),
    Mutation(
        "a later floor of the same user overrules the exclusive one",
        lambda: patch.object(meeting_applier, "has_exclusive_floor", _of_the_same_generation),
        ("what is applied is in the rules",),
        case=FLOOR_SHORTENED,
    ),
    Mutation(
        "what was set again is not given up with what it was before",
        lambda: patch.object(rule_changes, "is_set_again", lambda *_: False),
        ("the later decision stands",),
        case=UNMUTED_ONCE_MORE,
    ),
    Mutation(
        "rules that were read in two parts are read again before any call",
        lambda: patch.object(ChimeCalls, "check_if_possible", _only_if_repeated),
        (WIDER,),
        case=REGISTERED_WHILE_THROTTLED,
    ),
    Mutation(
        "a removal that is repeated says nothing of the rules of others",
        lambda: patch.object(ChimeCalls, "remove", _removing_as_if_all_rules_were_read),
        (WIDER,),
        case=MUTED_DURING_A_REMOVAL,
    ),
    Mutation(
        "an answer is about an attendee that is there",
        _answering_about_any_attendee,
        (FALSE,),
        case=AGREED_ON_WHAT_IS_LEFT,
    ),
)
