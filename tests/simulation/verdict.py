"""What must be true once faults have stopped and the reconciler has nothing left to do."""

from collections import Counter
from collections.abc import Collection, Iterator

from moderation.application.requests import Answer, Refused
from moderation.domain.capability import Capabilities, is_narrower
from moderation.domain.change import Change, Status
from moderation.domain.effective import effective
from moderation.domain.entry import (
    ABANDONED,
    CAPABILITIES_CHANGED,
    DECIDED,
    MEETING_CHANGED,
    MEETING_ENDED,
    SUPERSEDED,
    UNMUTE_ANSWERED,
)
from moderation.domain.meeting import Attendee, Meeting, User
from moderation.ports import ChimeAttendee, Policies

from tests.memory.chime import MemoryChime

from .ends import left_over
from .monitor import Monitor, Violation
from .one_meeting import OneMeeting
from .promises import is_a_question

CLOSED = {Status.APPLIED, Status.SUPERSEDED, Status.ABANDONED, Status.GONE, Status.DECLINED, Status.EXPIRED}


def at_rest(monitor: Monitor, rooms: MemoryChime, policies: Policies, *, all_known: bool) -> Iterator[Violation]:
    """`all_known`: a comparison has run, so all attendees have to be known."""
    store = monitor.store
    for meeting in store.meetings.values():
        yield from _chime(meeting, store, rooms, policies, monitor)
        yield from _strangers(meeting, store, rooms) if all_known else ()
        yield from _ghosts(meeting, store, rooms) if all_known else ()
    for change in store.changes.values():
        yield from _change(change, store, monitor)
    yield from _answers(monitor, store)
    yield from (Violation(*broken) for broken in monitor.users.at_rest())
    for meeting_id, change_id in store.batches:
        if store.changes[meeting_id, change_id].next_attempt_at is None and store.meetings[meeting_id].ended_at is None:
            yield Violation("no record of a batch outlives its change", change_id[-4:])
    for what in left_over(store, monitor.now()):
        yield Violation("what has ended is gone", what)


def _chime(
    meeting: Meeting, store: OneMeeting, rooms: MemoryChime, policies: Policies, monitor: Monitor
) -> Iterator[Violation]:
    """Removed users are out; all others hold what the rules say. What newer policies add comes with the next change
    (`docs/policies.md`), what they take away with the next comparison.
    """
    for attendee in _attendees(meeting, rooms):
        if (meeting.id, attendee.attendee_id) not in store.attendees:
            continue  # nobody has told the ledger yet that this attendee exists
        user = store.users.get((meeting.id, attendee.user_id), User(attendee.user_id))
        if user.is_out(attendee.attendee_id):
            yield Violation("who is out is not in Chime", f"{attendee.user_id} {attendee.attendee_id[-2:]}")
            continue
        wanted = effective(meeting, user, policies.capabilities_for, monitor.now())
        noted = user.attendees[attendee.attendee_id]
        drifted = attendee.attendee_id in monitor.drifted
        waits = monitor.has_versions and is_narrower(attendee.capabilities, wanted)
        if attendee.capabilities != wanted and not (
            waits or (drifted and _is_left(noted, attendee.capabilities, wanted))
        ):
            yield Violation(
                "Chime holds what the rules say",
                f"{attendee.user_id} has {attendee.capabilities.value:06b}, the rules say {wanted.value:06b}",
            )
        known = noted.known
        if not (drifted or monitor.has_versions) and known not in (None, attendee.capabilities):
            yield Violation("what is known of Chime is so", f"{attendee.user_id}: {known.value:06b} is believed")


def _attendees(meeting: Meeting, rooms: MemoryChime) -> Collection[ChimeAttendee]:
    """The attendees in Chime; none if the meeting has ended."""
    return rooms.rooms[meeting.id].attendees.values() if meeting.id in rooms.rooms else ()


def _is_left(noted: Attendee, found: Capabilities, wanted: Capabilities) -> bool:
    """Whether this is narrower drift, which Gavel reports and leaves.

    An attendee that Gavel has not yet seen as the rules say is not reported: it lags behind them, which is no drift.
    """
    return is_narrower(found, wanted) and (noted.drifted or noted.known != wanted)


def _strangers(meeting: Meeting, store: OneMeeting, rooms: MemoryChime) -> Iterator[Violation]:
    for attendee in _attendees(meeting, rooms):
        if (meeting.id, attendee.attendee_id) not in store.attendees:
            yield Violation("who is there is known", attendee.user_id)


def _ghosts(meeting: Meeting, store: OneMeeting, rooms: MemoryChime) -> Iterator[Violation]:
    there = {attendee.attendee_id for attendee in _attendees(meeting, rooms)}
    for user in store.all_users(meeting.id).values() if meeting.ended_at is None else ():
        for attendee in user.present:
            if attendee.attendee_id not in there:
                yield Violation("who has left Chime is gone", user.id)


def _change(change: Change, store: OneMeeting, monitor: Monitor) -> Iterator[Violation]:
    told = {entry.type for entry in store.entries if entry.change_id == change.id}
    name = f"{change.command} {change.id[-4:]} ({change.actor.via})"
    if change.status not in CLOSED or change.next_attempt_at is not None:
        yield Violation("every change is closed", f"{name} is {change.status}, due {change.next_attempt_at}")
    if DECIDED not in told and not _nobody_asked(change):
        yield Violation("every change has its entries", f"{name}: none of its decision")
    for kind in _expected(change):
        if kind not in told:
            yield Violation("every change has its entries", f"{name} is {change.status}, but no `{kind}`")
    if change.status is Status.SUPERSEDED:
        by, opened_at = change.superseded_by, monitor.opened_at.get(change.id, 0)
        if by is not None and (by == change.id or monitor.revised_at.get(by, 0) < opened_at):
            yield Violation("superseded by what came later", f"{name} by {by}")


def _nobody_asked(change: Change) -> bool:
    """Whether the change has no caller: an attendee was seen, or a user is asked because of a change of the whole
    meeting.
    """
    return change.command == "bind" or is_a_question(change)


def _expected(change: Change) -> tuple[str, ...]:
    if change.status is Status.ABANDONED:
        return (ABANDONED,)
    if change.lapsed is not None:
        return (UNMUTE_ANSWERED,)
    if change.status is Status.SUPERSEDED:
        return (SUPERSEDED,)
    if change.status is not Status.APPLIED:
        return ()
    if change.command == "end":
        return (MEETING_ENDED,)
    if change.user_id is None:
        return (MEETING_CHANGED,)
    return (CAPABILITIES_CHANGED,) if change.answer.get("attendeeId") and change.answer.get("status") != "gone" else ()


def _answers(monitor: Monitor, store: OneMeeting) -> Iterator[Violation]:
    yield from _refusals(monitor, store)
    by_label: dict[str, int] = {}
    for change in store.changes.values():
        if is_a_question(change):
            continue
        by_label[change.actor.via or ""] = by_label.get(change.actor.via or "", 0) + 1
    for label, count in by_label.items():
        if label and count > 1:
            yield Violation("one key, one change", f"{label} has {count} changes")
    labels = monitor.begun
    for asking, outcome in monitor.answers:
        if asking.label not in by_label or labels.count(asking.label) > 1 or outcome.replayed:
            continue
        said = outcome.status if isinstance(outcome, Answer) else outcome.code
        committed_nothing = said in ("dry-run", "unchanged") or (isinstance(outcome, Refused) and not outcome.change_id)
        if committed_nothing:
            yield Violation("answers are true", f"{asking.label} was answered {said}, but a change was made")


def _refusals(monitor: Monitor, store: OneMeeting) -> Iterator[Violation]:
    """A refusal is one line of history, however often its answer was lost."""
    told = Counter(e.actor.via for e in store.entries if e.type == DECIDED and e.extra["verdict"] == "refused")
    for label, count in told.items():
        if label and count > monitor.begun.count(label):
            yield Violation("a refusal is told once", f"{label} has {count} entries")
