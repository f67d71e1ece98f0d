"""Compares answers, history and events of a change with what Chime really held.

If no other change was open at the same time, the effect of a change is clear: what each attendee held at its commit,
and what they hold when it is reported. The effects of changes that overlap cannot be told apart. For them the check is
that answer and event of one change never contradict each other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from moderation.application.requests import Answer
from moderation.domain.capability import Capabilities, in_words
from moderation.domain.change import Change, Status
from moderation.domain.effective import together
from moderation.domain.entry import CAPABILITIES_CHANGED, DRIFT_FOUND, REMOVED, Entry
from moderation.domain.ids import is_pipeline
from moderation.domain.rule_changes import withholding
from moderation.ports import (
    AttendeesNoted,
    ChangeKept,
    ChangeOpened,
    ChimeAttendee,
    Clause,
    EntryWritten,
    UserRevised,
)

from .excuses import Excuse, Excused
from .one_meeting import OneMeeting

Words = Mapping[str, str]
RECEIVE = Capabilities.RECEIVE_AUDIO | Capabilities.RECEIVE_VIDEO | Capabilities.RECEIVE_CONTENT
FALSE = "what is said of a change is what it did"
TWICE = "no change tells the same twice"
UNTOLD = ("unban", "admit", "leave-lobby")
"""Commands without a rule for absent users: they are applied, and no event reports attendees."""
INVENTED = "a drift that is told of is one"


@dataclass(slots=True)
class Course:
    """A change while it is open: what each attendee held at its commit and at its `last` report, and whether another
    change was open at the same time.
    """

    change: Change
    held: Mapping[str, ChimeAttendee]
    last: dict[str, ChimeAttendee]
    is_alone: bool
    is_overtaken: bool = False
    """Whether the effect of a call has come that a newer one had overtaken."""
    told: dict[str, Mapping[str, object]] = field(default_factory=dict)
    """Attendee → what the event reported."""
    told_at_end: Mapping[str, Mapping[str, object]] | None = None
    """What was reported when the change was decided. The answer may come after a later look has reported more."""
    since: dict[str, list[Words]] = field(default_factory=dict)
    """Attendee → what it has held since the report, beginning with what it held then."""
    left: Mapping[str, ChimeAttendee] = field(default_factory=dict)
    """What each attendee held when the change was decided."""
    without_late: dict[str, ChimeAttendee] = field(default_factory=dict)
    """What attendees held before a call without an answer took effect, if the change is still due because of it."""


class Reports:
    def __init__(
        self, store: OneMeeting, violated: Callable[[str, str], None], excused: Excused, *, has_versions: bool
    ) -> None:
        self._has_versions = has_versions
        self._store = store
        self._violated = violated
        self._excused = excused
        self._attendees: dict[str, ChimeAttendee] = {}
        self._open: dict[str, Course] = {}
        self._courses: dict[str, Course] = {}
        self._unseen: set[str] = set()
        """Attendees that another system has written or created since Gavel's last read."""
        self._foreign: set[str] = set()
        """Attendees that hold what another system has written, or were created with it."""
        self._removed: list[ChimeAttendee] = []
        """Attendees that Gavel has removed from Chime."""

    # ---- what happens in Chime -------------------------------------------------------------------------------------

    def holds(self, attendee: ChimeAttendee, *, by_gavel: bool, is_older: bool = False, is_late: bool = False) -> None:
        """`is_older`: a newer call has taken effect before. `is_late`: no process waits for the call any more."""
        self._note_late(attendee.attendee_id, is_late=is_late)
        self._attendees[attendee.attendee_id] = attendee
        for course in self._courses.values():
            if attendee.attendee_id in course.since:
                course.since[attendee.attendee_id].append(in_words(attendee.capabilities))
        if by_gavel:
            self._unseen.discard(attendee.attendee_id)
            self._foreign.discard(attendee.attendee_id)
            for course in self._open.values() if is_older else ():
                course.is_overtaken = True
            return
        self._unseen.add(attendee.attendee_id)
        self._foreign.add(attendee.attendee_id)
        self._interferes()

    def _note_late(self, attendee_id: str, *, is_late: bool) -> None:
        for course in self._open.values():
            if course.told_at_end is not None:
                continue
            if not is_late:
                course.without_late.pop(attendee_id, None)
            elif attendee_id in self._attendees:
                course.without_late.setdefault(attendee_id, self._attendees[attendee_id])

    def takes_out(self, attendee: ChimeAttendee) -> None:
        self._removed.append(attendee)

    def leaves(self, attendee_id: str) -> None:
        self._attendees.pop(attendee_id, None)
        self._interferes()

    def _interferes(self) -> None:
        for course in self._open.values():
            course.is_alone = False

    # ---- what is committed -----------------------------------------------------------------------------------------

    def committed(self, clauses: Sequence[Clause]) -> None:
        for clause in clauses:
            if isinstance(clause, ChangeOpened):
                self._opens(clause.change)
        for clause in clauses:
            if isinstance(clause, EntryWritten) and clause.entry.type == CAPABILITIES_CHANGED:
                self._told(clause.entry)
            if isinstance(clause, EntryWritten) and clause.entry.type == DRIFT_FOUND:
                self._drifted(clause.entry)
        for clause in clauses:
            match clause:
                case ChangeKept(change):
                    self._kept(change)
                case UserRevised(_, _, _, new):
                    self._unseen -= {s.attendee_id for s in new if s.known in (None, self._held(s.attendee_id))}
                case AttendeesNoted(_, _, _, attendees):
                    self._unseen -= {s.attendee_id for s in attendees if s.known == self._held(s.attendee_id)}
                case _:
                    pass

    def _held(self, attendee_id: str) -> Capabilities | None:
        attendee = self._attendees.get(attendee_id)
        return attendee.capabilities if attendee is not None else None

    def _opens(self, change: Change) -> None:
        is_alone = not self._open and not self._unseen
        self._interferes()
        held = {key: attendee for key, attendee in self._attendees.items() if not is_pipeline(attendee.user_id)}
        self._open[change.id] = self._courses[change.id] = Course(change, held, dict(held), is_alone)

    def _kept(self, change: Change) -> None:
        course = self._open.get(change.id)
        if course is not None and change.agreed_at != course.change.agreed_at:
            course.change = change
            course.told.clear()  # what was done while it waited for consent is told, and no part of its answer
        if course is not None and course.told_at_end is None and change.closure is not None:
            course.told_at_end, course.left = dict(course.told), dict(self._attendees)
            if change.next_attempt_at is None:
                course.without_late.clear()
        if course is None or change.next_attempt_at is not None:
            return
        del self._open[change.id]
        if course.is_alone and change.status is Status.APPLIED and not change.awaits_consent and change.lapsed is None:
            for wrong in self._left_out(course):
                self._is_false(course, f"{change.command} {change.id[-4:]}: {wrong}")

    def _is_false(self, course: Course, what: str) -> None:
        """The effect of a call that a newer one has overtaken undoes what is told, and is put right later."""
        if course.is_overtaken:
            self._excused(Excuse.OVERTAKEN)
        else:
            self._violated(FALSE, what)

    def _left_out(self, course: Course) -> Iterator[str]:
        """Attendees that the change gave other capabilities without reporting them."""
        for key, was in course.last.items():
            now = self._attendees.get(key)
            if now is not None and now.capabilities != was.capabilities:
                yield f"{was.user_id} went {_bits(was)} to {_bits(now)}, of which no event tells"

    def _told(self, entry: Entry) -> None:
        """While functions of two versions of the policies run side by side, they give different things by the same
        rules, and what one notes may be older than what the other has done: the next comparison finds that.
        """
        course = self._courses.get(entry.change_id or "")
        if course is None:
            return
        for each in _documents(entry.extra["attendees"]):
            key = str(each["attendeeId"])
            self._once(course, key, each)
            was, now = course.last.get(key), self._attendees.get(key)
            course.told[key] = each
            course.since[key] = [] if now is None else [in_words(now.capabilities)]
            if course.is_alone and was is not None and now is not None:
                for wrong in (
                    *_wrong(each, was.capabilities, now.capabilities),
                    *self._unsilent(each, course.change, was, now),
                ):
                    if self._has_versions:
                        self._excused(Excuse.VERSIONS)
                    else:
                        self._is_false(course, f"{entry.command} on {was.user_id}: {wrong}")
            if now is not None:
                course.last[key] = now

    def _unsilent(
        self, said: Mapping[str, object], change: Change, was: ChimeAttendee, now: ChimeAttendee
    ) -> Iterator[str]:
        """An attendee that is reported as already silent loses nothing that the command withholds. A change may also
        apply what changed policies withhold, and the end of a floor that no change has applied yet.
        """
        if "already-silent" not in cast("Sequence[str]", said["effects"]):
            return
        lost = was.capabilities & ~now.capabilities
        withheld = lost & withholding(change) if change.command in ("mute", "set-capabilities") else lost
        if withheld or now.capabilities & ~was.capabilities:
            yield f"`already-silent` is said, {_bits(was)} becomes {_bits(now)}"
        elif lost:
            self._excused(Excuse.MORE_THAN_WITHHELD)

    def _once(self, course: Course, key: str, said: Mapping[str, object]) -> None:
        """The same report on an attendee comes twice only if it happened twice, with the former state in between."""
        told = course.told.get(key, {})
        is_same = (told.get("before"), told.get("after")) == (said["before"], said["after"])
        if is_same and said["before"] not in course.since[key]:
            self._violated(TWICE, f"{course.change.command} {course.change.id[-4:]} of {said['externalUserId']}")

    def _drifted(self, entry: Entry) -> None:
        """A drift reports what another system wrote, and not what Gavel corrected or wrote since.

        The effect of an older change that is still due is excused: `Drift` considers only the latest changes, and the
        older one corrects it later. With changed policies, what the earlier ones gave is drift by the later ones.
        """
        for each in _documents(entry.extra["attendees"]):
            if each["attendeeId"] in self._foreign:
                continue
            if self._is_under_way(str(each["externalUserId"]), entry.change_id):
                self._excused(Excuse.OLDER_CHANGE)
            elif self._has_versions:
                self._excused(Excuse.VERSIONS)
            else:
                self._violated(INVENTED, f"{each['externalUserId']}, found with {each['found']}")

    def _is_under_way(self, user_id: str, besides: str | None) -> bool:
        """`besides`: the change that corrects the drift."""
        due = (c for c in self._store.changes.values() if c.next_attempt_at is not None and c.id != besides)
        return any(change.is_meeting_wide or change.user_id == user_id for change in due)

    # ---- what is answered ------------------------------------------------------------------------------------------

    def answered(self, label: str, answer: Answer) -> None:
        course = self._courses.get(answer.change_id or "")
        if course is None or answer.status != Status.APPLIED.value or answer.replayed:
            return
        if answer.outcomes is not None:
            self._outcomes(label, answer, course)
            return
        key = str(answer.subject["attendeeId"])
        events = course.told if course.told_at_end is None else course.told_at_end
        told = events.get(key)
        if told is None:
            is_there = key in self._attendees
            if (is_there or course.change.command not in UNTOLD) and not self._is_taken_out(course.change, key):
                self._violated(FALSE, f"{label}: {course.change.command} is applied, of which no event tells")
            return
        if answer.before is None or answer.after is None:
            return
        effects = list(together(cast("Sequence[str]", each["effects"]) for each in events.values()))
        said = {"before": in_words(answer.before), "after": in_words(answer.after), "effects": list(answer.effects)}
        for name, word in said.items():
            in_event = effects if name == "effects" else told[name]
            if in_event != word:
                self._violated(FALSE, f"{label}: `{name}` is {word} in the answer, {in_event} in the event")

    def _is_taken_out(self, change: Change, attendee_id: str) -> bool:
        """Whether the attendee was removed, or another attendee of the user was, and the command named this attendee or
        the user. `UserChecks` sees that each removal is told, if only later.
        """
        told = (entry.extra["attendees"] for entry in self._store.entries if entry.type == REMOVED)
        out = {str(each["attendeeId"]): each["externalUserId"] for some in told for each in _documents(some)}
        out |= {attendee.attendee_id: attendee.user_id for attendee in self._removed}
        is_named = change.attendee_id in (None, attendee_id)
        return attendee_id in out or (is_named and change.user_id in out.values())

    def _outcomes(self, label: str, answer: Answer, course: Course) -> None:
        """What an event of the change has reported was applied, even if it is over by the end of the change.

        If a function loses its lease between its notes and the end of the change, the one that takes over finds
        those attendees as they should be, and calls them unchanged. The notes have reported them.

        A call without an answer may take effect between the last read and the end of the change. The answer is then as
        true without this effect, and the change stays due until it has been put right.
        """
        is_taken_over = self._store.changes[course.change.meeting_id, course.change.id].notes_count_from is not None
        for each in answer.outcomes or ():
            key, outcome = str(each["attendeeId"]), each["outcome"]
            was, now = course.held.get(key), course.left.get(key)
            if not course.is_alone or was is None or now is None or outcome not in ("applied", "unchanged", "spared"):
                continue
            is_told = course.told_at_end is not None and key in course.told_at_end
            if _fits(outcome, was, now) or (outcome == "applied" and is_told):
                continue
            if _fits(outcome, was, course.without_late.get(key, now)):
                self._excused(Excuse.LATE_EFFECT)
            elif is_taken_over and outcome == "unchanged":
                self._excused(Excuse.TAKEN_OVER)
            else:
                self._is_false(course, f"{label}: {was.user_id} is {outcome}, went {_bits(was)} to {_bits(now)}")


def _fits(outcome: object, was: ChimeAttendee, now: ChimeAttendee) -> bool:
    return (outcome == "applied") is (was.capabilities != now.capabilities)


def _documents(attendees: object) -> Sequence[Mapping[str, object]]:
    return cast("Sequence[Mapping[str, object]]", attendees)


def _wrong(said: Mapping[str, object], was: Capabilities, now: Capabilities) -> Iterator[str]:
    for name, true in (("before", was), ("after", now)):
        if said[name] != in_words(true):
            yield f"`{name}` is said to be {said[name]}, and is {in_words(true)}"
    gained, lost, effects = now & ~was, was & ~now, cast("Sequence[str]", said["effects"])
    expected = {
        "audio-may-flow": Capabilities.SEND_AUDIO in gained,
        "renegotiation-needed": bool(gained & (Capabilities.SEND_VIDEO | Capabilities.SEND_CONTENT)),
        "receive-removed": bool(lost & RECEIVE),
    }
    for effect, is_so in expected.items():
        if (effect in effects) is not is_so:
            yield f"`{effect}` is {'left out' if is_so else 'said'}, {was.value:06b} becomes {now.value:06b}"


def _bits(attendee: ChimeAttendee) -> str:
    return f"{attendee.capabilities.value:06b}"
