"""Everybody in a meeting while one change goes through: who sits where, what he had and what Chime holds by now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ...domain.batch_plan import Call, Update
from ...domain.capability import Capabilities, in_words
from ...domain.documents import Document
from ...domain.effects import SeatChange, effects_on_seat
from ...domain.entry import concerning
from ...domain.meeting import Meeting, Seat, User, role_of
from ...ports import World
from .change_in_progress import ChangeInProgress, wanted


@dataclass(slots=True)
class RosterSnapshot:
    """Who sits where, what he had, and what Chime has been made to hold since. None: nobody can tell."""

    seats: dict[str, str]
    before: dict[str, Capabilities]
    pipelines: tuple[str, ...]
    people: Mapping[str, User]
    held: dict[str, Capabilities | None]
    gone: set[str] = field(default_factory=set)
    batched: set[Capabilities] = field(default_factory=set)
    """What batches have given since the roster was read, to whoever came after it as well."""
    asked: set[str] = field(default_factory=set)
    """The requests to unmute that this change has made."""
    shown: dict[str, Capabilities] = field(default_factory=dict)
    """What Chime showed last of those of whom nobody can tell: they are ordered anew, whatever it was."""
    touched: set[str] = field(default_factory=set)
    """Attendees that a call has reached since users were read last."""
    altered: set[str] = field(default_factory=set)
    """Attendees to whom a call has given something else than they held."""
    handed_over: set[str] = field(default_factory=set)
    """Attendees whose user was changed after this change, and that no call of this one has reached since: the later
    change gives them what the rules say.
    """
    unnoted: set[str] = field(default_factory=set)
    """Who was changed at the very end: their own changes tell what has become of them."""

    @property
    def changes(self) -> tuple[SeatChange, ...]:
        """What has become of all seats that are still there."""
        left_out = self.gone | self.handed_over
        return tuple(
            SeatChange(seat, before, held, effects_on_seat(before, held, before & ~held))
            for seat, before in self.before.items()
            if (held := self.held[seat]) is not None and seat not in left_out and self.seats[seat] not in self.unnoted
        )

    def seen(self, user_id: str) -> User:
        """The person as Chime holds him: what was noted of him may lag behind. On seats that the roster lacks nobody
        hears him, if it shows him elsewhere.
        """
        user = self.people[user_id]
        is_shown = any(key in self.before for key in user.seats)
        seats = {}
        for key, seat in user.seats.items():
            known = self.held.get(key)
            known = self.shown.get(key) if known is None else known
            if known is None and (key in self.before or not is_shown):
                known = seat.known
            seats[key] = replace(seat, known=known)
        return replace(user, seats=seats)

    def look_again(self, people: Mapping[str, User]) -> bool:
        """Takes in users who were changed meanwhile. If a call of this change has reached an attendee of theirs, the
        calls of both changes may have come in either order, so the attendee is ordered anew; others are handed over.
        True if there is anything to be ordered. What was noted since is told by the change that noted it.
        """
        moved = {u for u, user in people.items() if u not in self.people or _moved(self.people[u], user)}
        followed = {u for u in moved if self._is_followed(people[u])}
        kept = {u for u in moved if u in self.people and self.people[u].revision == people[u].revision}
        is_unsettled = False
        before = {key for user in self.people.values() for key, seat in user.seats.items() if not seat.gone}
        self.gone |= before & {key for user in people.values() for key, seat in user.seats.items() if seat.gone}
        self.people = people
        for user_id in moved:
            for seat in people[user_id].present:
                key = seat.attendee_id
                is_untouched = key in self.seats and key not in self.touched and not seat.not_taken
                if is_untouched and (user_id in followed or (user_id in kept and key in self.handed_over)):
                    self.handed_over.add(key)
                    continue
                self.handed_over.discard(key)
                self.seats[key] = user_id
                self.held[key] = None
                self.shown.pop(key, None)
                if key in self.before and seat.known is not None:
                    self.before[key] = seat.known
                is_unsettled = True
        self.touched.clear()
        return is_unsettled

    def _is_followed(self, user: User) -> bool:
        """Whether one change has revised the user since, and nothing else: a change that came after this one is pursued
        until Chime holds what the rules of the same meeting say.
        """
        was = self.people.get(user.id)
        return was is not None and was.revision + 1 == user.revision and user.revised_by not in (None, was.revised_by)

    def is_reached(self, attendee_id: str, capabilities: Capabilities) -> None:
        """By a call: of two changes nobody knows whose call came last."""
        self.touched.add(attendee_id)
        self.handed_over.discard(attendee_id)
        if self.held.get(attendee_id) != capabilities:
            self.altered.add(attendee_id)

    def are_gone(self, user: User, seats: Sequence[Seat]) -> None:
        self.gone |= {seat.attendee_id for seat in seats}
        left = replace(user, seats={**user.seats, **{seat.attendee_id: seat for seat in seats}})
        self.people = {**self.people, user.id: left}

    def take_in_whom_the_roster_lacks(self) -> None:
        """Who came, and was bound by somebody else, between the roster and the look at people: to a batch he would be
        a newcomer, and no second look would tell him from one who was there.
        """
        for user in self.people.values():
            for seat in user.present:
                if seat.attendee_id not in self.seats:
                    self.seats[seat.attendee_id] = user.id
                    self.held[seat.attendee_id] = None


def outcomes(world: World, in_progress: ChangeInProgress, snapshot: RosterSnapshot) -> tuple[Document, ...]:
    """What has become of everybody; who was spared is told where all were to be silenced."""
    meeting = in_progress.meeting
    found = []
    for seat, user_id in snapshot.seats.items():
        user = snapshot.people[user_id]
        target = wanted(world, meeting, snapshot.seen(user_id))
        if seat in snapshot.gone:
            outcome = "gone"
        elif snapshot.held[seat] != target:
            outcome = "pending"
        elif snapshot.before.get(seat) != target:
            outcome = "applied"
        else:
            outcome = "spared" if is_spared(meeting, user, in_progress.change.id) else "unchanged"
        said: Document = {"outcome": outcome, "capabilities": in_words(target)}
        if user.rules.asked is not None and user.rules.asked.change_id in snapshot.asked:
            said |= {"outcome": "pending", "awaiting": "consent", "changeId": user.rules.asked.change_id}
        found.append(concerning(seat, user_id) | said)
    return tuple(found)


def is_spared(meeting: Meeting, user: User, change_id: str) -> bool:
    """Whether a mute-all that this change made spares him."""
    made = (m for m in meeting.rules.mute_alls if m.id == f"{change_id}/{m.medium.value}")
    return any(m.spares(user.id, role_of(user, meeting)) for m in made)


def news(user: User, snapshot: RosterSnapshot, now: datetime) -> tuple[Seat, ...]:
    """What the ledger does not know yet of a user's attendees, and what this change has altered: a change that applied
    something before it, and notes it later, has to find out.
    """
    seats = []
    for seat in user.seats.values():
        if seat.attendee_id in snapshot.handed_over:
            continue
        if seat.attendee_id in snapshot.gone:
            seen = replace(seat, gone=True)
        elif (held := snapshot.held.get(seat.attendee_id)) is not None:
            seen = replace(seat, known=held, gone=False, drifted=False, not_taken=False)
        else:
            continue
        if seen != seat or (seat.attendee_id in snapshot.altered and not seat.gone):
            seats.append(replace(seen, noted_at=now))
    return tuple(seats)


def _moved(was: User, now: User) -> bool:
    return (was.revision, was.notes) != (now.revision, now.notes)


def served(call: Call, snapshot: RosterSnapshot) -> set[str]:
    """The seats that a call reaches, of those that are known."""
    if isinstance(call, Update):
        return {call.attendee_id}
    return snapshot.held.keys() - set(call.excluded)
