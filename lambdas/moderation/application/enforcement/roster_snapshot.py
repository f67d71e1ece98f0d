"""All attendees of a meeting while one change is applied: their users, what they had, and what Chime holds by now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ...domain.batch_plan import Call, Update
from ...domain.capability import Capabilities, in_words
from ...domain.documents import Document
from ...domain.effective import CapabilityChange, effects_on_attendee
from ...domain.entry import concerning
from ...domain.meeting import Attendee, Meeting, User, role_of
from ...ports import Clock, Policies
from .change_in_progress import ChangeInProgress, wanted


@dataclass(slots=True)
class RosterSnapshot:
    """Attendees and their users: their capabilities at the start of a change, and those that Chime has by now. `None`:
    unknown.
    """

    attendees: dict[str, str]
    before: dict[str, Capabilities]
    pipelines: tuple[str, ...]
    users: Mapping[str, User]
    held: dict[str, Capabilities | None]
    gone: set[str] = field(default_factory=set)
    is_batched: bool = False
    """Whether a batch was made since the roster was read: it has also reached attendees who joined after it."""
    asked: set[str] = field(default_factory=set)
    """Users that this change has asked to unmute."""
    shown: dict[str, Capabilities] = field(default_factory=dict)
    """The last state that Chime showed of attendees whose state is unknown: they are updated again in any case."""
    touched: set[str] = field(default_factory=set)
    """Attendees that a call has reached since the users were last read."""
    altered: set[str] = field(default_factory=set)
    """Attendees that a call has given other capabilities, since the roster was read."""
    handed_over: set[str] = field(default_factory=set)
    """Attendees whose user was changed after this change, and that no call of this change has reached since: the later
    change applies the rules to them.
    """
    unnoted: set[str] = field(default_factory=set)
    """Attendees that were changed at the very end: their own changes report them."""

    @property
    def changes(self) -> tuple[CapabilityChange, ...]:
        """The capability changes of all attendees that are still present."""
        left_out = self.gone | self.handed_over | self.unnoted
        return tuple(
            CapabilityChange(attendee, before, held, effects_on_attendee(before, held, before & ~held))
            for attendee, before in self.before.items()
            if (held := self.held[attendee]) is not None and attendee not in left_out
        )

    def seen(self, user_id: str) -> User:
        """The user as Chime has them: notes may be out of date, except of attendees that are handed over to a later
        change. An attendee that is gone is not heard, nor one that the roster lacks, if it shows another of the user.
        """
        user = self.users[user_id]
        is_shown = any(key in self.before for key in user.attendees)
        attendees = {}
        for key, attendee in user.attendees.items():
            known = None if key in self.handed_over else self.held.get(key)
            known = self.shown.get(key) if known is None else known
            if known is None and (key in self.before or not is_shown):
                known = attendee.known
            attendees[key] = replace(attendee, known=known, gone=attendee.gone or key in self.gone)
        return replace(user, attendees=attendees)

    def targets(self, policies: Policies, clock: Clock, meeting: Meeting) -> dict[str, Capabilities]:
        """The capabilities that the meeting's rules give to each user who has an attendee in it."""
        users = dict.fromkeys(self.attendees.values())
        return {user_id: wanted(policies, clock, meeting, self.seen(user_id)) for user_id in users}

    def look_again(self, users: Mapping[str, User]) -> bool:
        """Adds users who were changed meanwhile. True if rules are left to apply.

        If a call of this change has reached an attendee of such a user, the calls of both changes may have come in
        either order, so the attendee is updated again. Other attendees are handed over to the later change, which
        reports what it noted.
        """
        moved = {u for u, user in users.items() if u not in self.users or _moved(self.users[u], user)}
        followed = {u for u in moved if self._is_followed(users[u])}
        kept = {u for u in moved if u in self.users and self.users[u].revision == users[u].revision}
        is_unsettled = False
        before = {key for user in self.users.values() for key, attendee in user.attendees.items() if not attendee.gone}
        self.gone |= before & {
            key for user in users.values() for key, attendee in user.attendees.items() if attendee.gone
        }
        self.users = users
        for user_id in moved:
            for attendee in users[user_id].present:
                key = attendee.attendee_id
                self.shown.pop(key, None)
                is_untouched = key in self.attendees and key not in self.touched and not attendee.not_taken
                if is_untouched and (user_id in followed or (user_id in kept and key in self.handed_over)):
                    self.handed_over.add(key)
                    continue
                self.handed_over.discard(key)
                self.attendees[key] = user_id
                self.held[key] = None
                if key in self.before and attendee.known is not None:
                    self.before[key] = attendee.known
                is_unsettled = True
        self.touched.clear()
        return is_unsettled

    def _is_followed(self, user: User) -> bool:
        """Whether exactly one change has revised the user since. A change that came after this one is retried until
        Chime holds what the rules of the same meeting say.
        """
        was = self.users.get(user.id)
        return was is not None and was.revision + 1 == user.revision and user.revised_by not in (None, was.revised_by)

    def is_reached(self, attendee_id: str, capabilities: Capabilities) -> None:
        """Records a call's effect. Of two changes, it is not known whose call came last."""
        self.touched.add(attendee_id)
        self.handed_over.discard(attendee_id)
        if self.held.get(attendee_id) != capabilities:
            self.altered.add(attendee_id)

    def are_gone(self, user: User, attendees: Sequence[Attendee]) -> None:
        self.gone |= {attendee.attendee_id for attendee in attendees}
        self.users = {**self.users, user.id: user.with_notes(attendees)}

    def add_attendees_the_roster_lacks(self, seen: Collection[str]) -> None:
        """Adds attendees that joined, and were bound by another function, between the roster and the look at users.
        Otherwise a batch would treat them as newcomers, and the second look could not tell them from attendees that
        were present. Adds those that are gone as well, if this change has `seen` them: their outcome is told.
        """
        for user in self.users.values():
            for key, attendee in user.attendees.items():
                if key in self.attendees or (attendee.gone and key not in seen):
                    continue
                self.attendees[key] = user.id
                if attendee.gone:
                    self.gone.add(key)
                else:
                    self.held[key] = None


def outcomes(
    policies: Policies, clock: Clock, in_progress: ChangeInProgress, snapshot: RosterSnapshot
) -> tuple[Document, ...]:
    """The outcome of each attendee. An attendee that a mute-all exempts is `spared`."""
    meeting = in_progress.meeting
    found, targets = [], snapshot.targets(policies, clock, meeting)
    for attendee, user_id in snapshot.attendees.items():
        user, target = snapshot.users[user_id], targets[user_id]
        if attendee in snapshot.gone:
            outcome = "gone"
        elif snapshot.held[attendee] != target:
            outcome = "pending"
        elif snapshot.before.get(attendee) != target:
            outcome = "applied"
        else:
            outcome = "spared" if is_spared(meeting, user, in_progress.change.id) else "unchanged"
        document: Document = {"outcome": outcome, "capabilities": in_words(target)}
        if user.rules.asked is not None and user.rules.asked.change_id in snapshot.asked:
            document |= {"outcome": "pending", "awaiting": "consent", "changeId": user.rules.asked.change_id}
        found.append(concerning(attendee, user_id) | document)
    return tuple(found)


def is_spared(meeting: Meeting, user: User, change_id: str) -> bool:
    """Whether a mute-all of this change exempts the user."""
    made = (m for m in meeting.rules.mute_alls if m.id == f"{change_id}/{m.medium.value}")
    return any(m.spares(user.id, role_of(user, meeting)) for m in made)


def attendees_to_note(
    user: User, snapshot: RosterSnapshot, altered: Collection[str], now: datetime
) -> tuple[Attendee, ...]:
    """The notes on a user's attendees: what the ledger does not know yet, and what this change has `altered` or
    reports. An earlier change that notes later has to find the latter.
    """
    attendees = []
    for attendee in user.attendees.values():
        if attendee.attendee_id in snapshot.handed_over:
            continue
        if attendee.attendee_id in snapshot.gone:
            seen = replace(attendee, gone=True)
        elif (held := snapshot.held.get(attendee.attendee_id)) is not None:
            seen = replace(attendee.found(held), drifted=False, not_taken=False)
        else:
            continue
        if seen != attendee or (attendee.attendee_id in altered and not attendee.gone):
            attendees.append(replace(seen, noted_at=now))
    return tuple(attendees)


def _moved(was: User, now: User) -> bool:
    return (was.revision, was.notes) != (now.revision, now.notes)


def served(call: Call, snapshot: RosterSnapshot) -> set[str]:
    """The known attendees that a call reaches."""
    if isinstance(call, Update):
        return {call.attendee_id}
    return snapshot.held.keys() - set(call.excluded)
