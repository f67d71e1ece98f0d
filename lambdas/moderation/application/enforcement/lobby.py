"""Who has to wait for a host before they take part, and what hosts are told of it."""

from dataclasses import replace

from ...domain.actor import Actor, ActorKind
from ...domain.authorization import question
from ...domain.commands import Admit, LetIn
from ...domain.documents import meeting_revision
from ...domain.entry import ADMISSION_REQUESTED, Entry, concerning
from ...domain.meeting import Meeting, User
from ...domain.personal_rules import Waiting
from ...ports import World


def must_wait(world: World, meeting: Meeting, user: User) -> bool:
    """Whether a host has to let the user in. Who may let others in need not wait, unless they were removed."""
    rules = user.rules
    if rules.removed_at is not None:
        return True
    if not meeting.rules.lobby or (rules.waiting is None and (rules.admitted or user.seats)):
        return False
    return not _may_let_in(world, meeting, user)


def with_waiting(world: World, meeting: Meeting, stored: User) -> User:
    """The user as they are once an attendee of theirs that nobody has admitted was seen in Chime."""
    if stored.rules.waiting is not None or not must_wait(world, meeting, stored):
        return stored
    return replace(stored, rules=replace(stored.rules, waiting=Waiting(world.surroundings.now())))


def has_come_to_wait(stored: User, user: User) -> bool:
    return stored.rules.waiting is None and user.rules.waiting is not None


def admission_requested(world: World, meeting: Meeting, user: User, actor: Actor) -> Entry:
    """That a user whom nobody has admitted sits in the meeting, and waits."""
    return Entry(
        id=world.surroundings.new_id(),
        type=ADMISSION_REQUESTED,
        meeting_id=meeting.id,
        external_meeting_id=meeting.external_id,
        occurred_at=world.surroundings.now(),
        actor=actor,
        command=Admit.name,
        revision=meeting_revision(meeting),
        extra={"attendees": [concerning(seat.attendee_id, user.id) for seat in user.present]},
    )


def _may_let_in(world: World, meeting: Meeting, user: User) -> bool:
    """Whether the user could let others in, once they are in themselves."""
    inside = User(user.id, replace(user.rules, waiting=None, admitted=True))
    asked = question(Actor(ActorKind.USER, user.id), inside, LetIn.name, meeting, User(""))
    return world.policies.authorize(asked).allowed
