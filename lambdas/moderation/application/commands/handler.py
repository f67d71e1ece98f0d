"""The steps of the pipeline that differ between kinds of commands, and the change and entries that they make."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ...domain.change import LEASE, AttendeeChange, Change, MeetingChange, due_after, lease_of
from ...domain.commands import Command
from ...domain.decisions.decision import Accepted, Refusal, Unchanged
from ...domain.documents import meeting_revision
from ...domain.entry import DECIDED, Entry, concerning
from ...domain.meeting import Meeting, MeetingRules, User, UserRules, revision_of
from ...ports import Clause, Clock, ConditionFailedError, KeyTaken, Wakeup
from ..enforcement.change_in_progress import ChangeInProgress
from ..enforcement.transactions import new_entry
from ..requests import Answer, Outcome, Refused, Request
from .context import CommandContext, ContextLoader, UserContext

X = TypeVar("X", bound=CommandContext)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Commit:
    """The content of one transaction, besides the idempotency key."""

    clauses: Sequence[Clause] = ()
    in_progress: ChangeInProgress | None = None
    """The change that the transaction stores under this process's lease, to be applied to Chime."""
    answer: Answer | None = None
    """The answer, if no change holds it."""
    wakeup: Wakeup | None = None
    """The wake-up of the reconciler for the first end of the rules."""
    rules: UserRules | MeetingRules | None = None
    user: User | None = None
    """The user as committed, for a command on one user."""


class CommandHandler(ABC, Generic[X, R]):
    """The steps of `CommandPipeline` that differ from one kind of command to another.

    `X` is the context that the command is decided from, `R` what an accepted decision makes of it.
    """

    @abstractmethod
    def load(self, request: Request, *, fresh: bool) -> X | Refused | KeyTaken:
        """The context. `fresh`: from the ledger and not from the cache."""

    @abstractmethod
    def authorize(self, request: Request, context: X) -> X:
        """The context with the decision of the policies."""

    def complete(self, request: Request, context: X) -> X | Refused:
        """The context completed from Chime."""
        return context

    def revisions(self, request: Request, context: X) -> Sequence[str]:
        """The revisions that `If-Match` may name."""
        return (meeting_revision(context.meeting),)

    def precondition(self, request: Request, context: X) -> Refused | None:
        """A refusal that does not depend on the decision."""
        return None

    @abstractmethod
    def decide(self, request: Request, context: X, change_id: str) -> Accepted[R] | Unchanged | Refusal | Refused: ...

    @abstractmethod
    def preview(self, request: Request, context: X, accepted: Accepted[R], change_id: str) -> Answer:
        """The answer to a dry run."""

    def unchanged(self, request: Request, context: X, decision: Unchanged) -> Answer:
        """The answer to a command that changes nothing."""
        raise NotImplementedError

    @abstractmethod
    def commit(self, request: Request, context: X, accepted: Accepted[R], change_id: str) -> Commit: ...

    def write_ahead(self, request: Request, context: X, accepted: Accepted[R]) -> None:
        """Writes ahead of the commit what does not fit into its transaction."""

    def applied(self, context: X, commit: Commit, in_progress: ChangeInProgress) -> None:
        """Called after Chime was updated, or the change was left to the reconciler."""

    def answer(self, context: X, commit: Commit, in_progress: ChangeInProgress) -> Outcome:
        """The answer from the change. Not called if the commit has the answer."""
        raise NotImplementedError

    def concerned(self, request: Request, context: X) -> Sequence[Mapping[str, object]]:
        """The attendees that an entry about the decision names."""
        return ()

    def entry_revision(self, context: X) -> str:
        """The revision that an entry of a refusal names."""
        return meeting_revision(context.meeting)

    def learn(self, conflict: ConditionFailedError) -> bool:
        """Whether the failed condition shows everything that has changed, so that no new read is needed."""
        return False


Handler = CommandHandler[Any, Any]
Handlers = Mapping[type[Command], Handler]


class UserCommandHandler(CommandHandler[UserContext, R]):
    """A command on one user."""

    def __init__(self, contexts: ContextLoader) -> None:
        self._contexts = contexts

    def load(self, request: Request, *, fresh: bool) -> UserContext | Refused | KeyTaken:
        return self._contexts.load(request, fresh=fresh)

    def authorize(self, request: Request, context: UserContext) -> UserContext:
        return self._contexts.authorize(request, context)

    def complete(self, request: Request, context: UserContext) -> UserContext | Refused:
        return self._contexts.complete(request, context)

    def revisions(self, request: Request, context: UserContext) -> Sequence[str]:
        return (revision_of(context.stored, context.meeting),)

    def entry_revision(self, context: UserContext) -> str:
        return revision_of(context.stored, context.meeting)

    def concerned(self, request: Request, context: UserContext) -> Sequence[Mapping[str, object]]:
        return [concerning(request.attendee_id, context.user.id)]

    def learn(self, conflict: ConditionFailedError) -> bool:
        return self._contexts.learn(conflict)


def new_change(
    clock: Clock, request: Request, meeting: Meeting, change_id: str, policies: tuple[str, ...], **about: Any
) -> Change:
    """The change, with a fresh lease of this process. Its type follows from whose rules it changes."""
    now = clock.now()
    lease = lease_of(clock.new_id(), now, LEASE)
    kind = MeetingChange if isinstance(about["rules_after"], MeetingRules) else AttendeeChange
    return kind(
        id=change_id,
        meeting_id=meeting.id,
        command=request.command.name,
        parameters=request.command.parameters(),
        actor=request.actor,
        policies=policies,
        committed_at=now,
        reason=request.command.reason,
        lease=lease,
        next_attempt_at=due_after(lease),
        **about,
    )


def decided_entry(
    clock: Clock,
    request: Request,
    meeting: Meeting,
    revision: str,
    policies: tuple[str, ...],
    attendees: Sequence[Mapping[str, object]],
    *,
    change_id: str | None = None,
    refusal: Refusal | Refused | None = None,
) -> Entry:
    return new_entry(
        clock,
        meeting,
        DECIDED,
        actor=request.actor,
        command=request.command.name,
        revision=revision,
        change_id=change_id,
        reason=request.command.reason,
        extra={
            "verdict": "refused" if refusal else "accepted",
            "policies": list(policies),
            "code": refusal.code if refusal else None,
            "parameters": request.command.parameters(),
            "attendees": list(attendees),
        },
    )
