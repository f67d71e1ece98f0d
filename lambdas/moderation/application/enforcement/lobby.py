"""The lobby: which users have to wait for a host, and the entries about them."""

from dataclasses import replace

from ...domain.actor import Actor, ActorKind
from ...domain.commands import Admit, LetIn
from ...domain.decisions.decision import authorization_request
from ...domain.documents import meeting_revision
from ...domain.entry import ADMISSION_REQUESTED, Entry
from ...domain.meeting import Meeting, User
from ...domain.personal_rules import Waiting
from ...ports import Clock, Policies
from .change_in_progress import present_attendees
from .transactions import new_entry


def must_wait(policies: Policies, meeting: Meeting, user: User) -> bool:
    """Whether a host has to admit the user. Users who may admit others need not wait, unless they were removed."""
    rules = user.rules
    if rules.removed_at is not None:
        return True
    if not meeting.rules.lobby or (rules.waiting is None and (rules.admitted or user.attendees)):
        return False
    return not _may_let_in(policies, meeting, user)


def with_waiting(policies: Policies, clock: Clock, meeting: Meeting, stored: User) -> User:
    """The user after an attendee of theirs was seen in Chime without an admission."""
    if stored.rules.waiting is not None or not must_wait(policies, meeting, stored):
        return stored
    return replace(stored, rules=replace(stored.rules, waiting=Waiting(clock.now())))


def admission_requested(clock: Clock, meeting: Meeting, user: User, actor: Actor) -> Entry:
    """The entry that a user without an admission is in the meeting and waits."""
    return new_entry(
        clock,
        meeting,
        ADMISSION_REQUESTED,
        actor=actor,
        command=Admit.name,
        revision=meeting_revision(meeting),
        extra={"attendees": present_attendees(user)},
    )


def _may_let_in(policies: Policies, meeting: Meeting, user: User) -> bool:
    """Whether the user could admit others once they are admitted themselves."""
    inside = User(user.id, replace(user.rules, waiting=None, admitted=True))
    asked = authorization_request(Actor(ActorKind.USER, user.id), inside, LetIn.name, meeting, User(""))
    return policies.authorize(asked).allowed
