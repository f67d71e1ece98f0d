"""Raised hands. Each is a record of its own and no rule, so that many at once do not contend."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from ...domain.actor import Actor
from ...domain.capability import in_words
from ...domain.commands import LowerAllHands, LowerHand, RaiseHand
from ...domain.decisions.decision import Accepted, Refusal, Unchanged
from ...domain.documents import meeting_document, meeting_revision
from ...domain.entry import HAND_LOWERED, HAND_RAISED, concerning
from ...domain.meeting import Meeting, User, belongs, revision_of
from ...ports import Clause, Clock, EntryWritten, HandLowered, HandRaised, Ledger, Policies
from ..answers import attendee_answer
from ..enforcement.change_in_progress import wanted
from ..enforcement.transactions import chunks, new_entry, transact_with_retry
from ..requests import ATTENDEE_NOT_FOUND, Answer, Refused, Request
from .context import ContextLoader, UserContext
from .handler import Commit, Handlers, UserCommandHandler
from .meeting_context import MeetingContext, MeetingHandler
from .timeliness import against_registration

Hand = datetime | None
"""Since when the hand is up."""
LOWERED_TOGETHER = 90
"""Hands that one transaction lowers, beside the entry and the key: a transaction has a hundred actions."""


class HandHandler(UserCommandHandler[Hand]):
    """Raises or lowers the hand of one user."""

    def __init__(self, policies: Policies, clock: Clock, contexts: ContextLoader) -> None:
        super().__init__(contexts)
        self._policies = policies
        self._clock = clock

    def precondition(self, request: Request, context: UserContext) -> Refused | None:
        return None if belongs(context.user, context.meeting) else ATTENDEE_NOT_FOUND

    def decide(self, request: Request, context: UserContext, change_id: str) -> Accepted[Hand] | Unchanged | Refusal:
        late = against_registration(request.sent, context.meeting)
        if late is not None:
            return late
        raises, is_up = isinstance(request.command, RaiseHand), context.user.hand is not None
        if raises is is_up:
            return Unchanged()
        return Accepted(self._clock.now() if raises else None)

    def preview(self, request: Request, context: UserContext, accepted: Accepted[Hand], change_id: str) -> Answer:
        return self._answer("dry-run", context, context.user)

    def unchanged(self, request: Request, context: UserContext, decision: Unchanged) -> Answer:
        return self._answer("unchanged", context, context.user)

    def commit(self, request: Request, context: UserContext, accepted: Accepted[Hand], change_id: str) -> Commit:
        make = lowered if accepted.rules is None else raised
        command = request.command
        clauses = make(self._clock, context.meeting, context.user, request.actor, command.name, reason=command.reason)
        return Commit(clauses, answer=self._answer("applied", context, replace(context.user, hand=accepted.rules)))

    def _answer(self, status: str, context: UserContext, user: User) -> Answer:
        return Answer(status, attendee_answer(self._policies, self._clock, context.meeting, user, context.attendee_id))


class AllHandsHandler(MeetingHandler[Sequence[User]]):
    """Lowers all raised hands, in as many transactions as needed."""

    def decide(
        self, request: Request, context: MeetingContext, change_id: str
    ) -> Accepted[Sequence[User]] | Unchanged | Refusal:
        late = against_registration(request.sent, context.meeting)
        if late is not None:
            return late
        hands = self._ledger.hands(context.meeting.id)
        if not hands:
            return Unchanged()
        users = self._ledger.all_users(context.meeting.id)
        return Accepted([users.get(user_id, User(user_id)) for user_id in sorted(hands)])

    def preview(
        self, request: Request, context: MeetingContext, accepted: Accepted[Sequence[User]], change_id: str
    ) -> Answer:
        return self._answer("dry-run", context.meeting, accepted.rules)

    def unchanged(self, request: Request, context: MeetingContext, decision: Unchanged) -> Answer:
        return self._answer("unchanged", context.meeting, ())

    def write_ahead(self, request: Request, context: MeetingContext, accepted: Accepted[Sequence[User]]) -> None:
        for together in list(chunks(accepted.rules, LOWERED_TOGETHER))[:-1]:
            clauses = self._lowered(request, context.meeting, together)
            transact_with_retry(self._ledger, self._clock, clauses)

    def commit(
        self, request: Request, context: MeetingContext, accepted: Accepted[Sequence[User]], change_id: str
    ) -> Commit:
        *_, last = chunks(accepted.rules, LOWERED_TOGETHER)
        answer = self._answer("applied", context.meeting, accepted.rules)
        return Commit(self._lowered(request, context.meeting, last), answer=answer)

    def _lowered(self, request: Request, meeting: Meeting, users: Sequence[User]) -> list[Clause]:
        command = request.command
        entry = _entry(
            self._clock,
            meeting,
            users,
            request.actor,
            command.name,
            HAND_LOWERED,
            meeting_revision(meeting),
            reason=command.reason,
        )
        return [*(HandLowered(meeting.id, user.id) for user in users), entry]

    def _answer(self, status: str, meeting: Meeting, users: Sequence[User]) -> Answer:
        outcomes = [
            concerning(attendee.attendee_id, user.id)
            | {"outcome": "applied", "capabilities": in_words(wanted(self._policies, self._clock, meeting, user))}
            for user in users
            for attendee in user.present
        ]
        return Answer(status, meeting_document(meeting), outcomes=tuple(outcomes))


def hand_handlers(ledger: Ledger, policies: Policies, clock: Clock, contexts: ContextLoader) -> Handlers:
    hands = HandHandler(policies, clock, contexts)
    return {RaiseHand: hands, LowerHand: hands, LowerAllHands: AllHandsHandler(ledger, policies, clock)}


def raised(
    clock: Clock, meeting: Meeting, user: User, actor: Actor, command: str, *, reason: str | None = None
) -> list[Clause]:
    entry = _entry(clock, meeting, [user], actor, command, HAND_RAISED, revision_of(user, meeting), reason=reason)
    return [HandRaised(meeting.id, user.id, clock.now()), entry]


def lowered(
    clock: Clock,
    meeting: Meeting,
    user: User,
    actor: Actor,
    command: str,
    change_id: str | None = None,
    reason: str | None = None,
) -> list[Clause]:
    """Clauses that lower a raised hand, for any transaction."""
    revision = revision_of(user, meeting)
    entry = _entry(clock, meeting, [user], actor, command, HAND_LOWERED, revision, change_id, reason)
    return [HandLowered(meeting.id, user.id), entry]


def _entry(
    clock: Clock,
    meeting: Meeting,
    users: Iterable[User],
    actor: Actor,
    command: str,
    kind: str,
    revision: str,
    change_id: str | None = None,
    reason: str | None = None,
) -> EntryWritten:
    attendees = [concerning(attendee_id, user.id) for user in users for attendee_id in _attendees(user)]
    return EntryWritten(
        new_entry(
            clock,
            meeting,
            kind,
            actor=actor,
            command=command,
            revision=revision,
            change_id=change_id,
            reason=reason,
            extra={"attendees": attendees},
        )
    )


def _attendees(user: User) -> list[str | None]:
    """The AttendeeIds of the user's present attendees, or `[None]` if there are none."""
    present: list[str | None] = [attendee.attendee_id for attendee in user.present]
    return present or [None]
