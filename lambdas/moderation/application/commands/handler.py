"""What a kind of command adds to the pipeline: the steps that differ."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ...domain.commands import Command
from ...domain.decisions.decision import Accepted, Refusal, Unchanged
from ...domain.documents import meeting_revision
from ...domain.entry import concerning
from ...domain.meeting import MeetingRules, User, UserRules, revision_of
from ...ports import Clause, ConditionFailedError, KeyTaken, Wakeup
from ..enforcement.change_in_progress import ChangeInProgress
from ..requests import Answer, Outcome, Refused, Request
from .context import CommandContext, ContextLoader, UserContext

X = TypeVar("X", bound=CommandContext)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction writes, besides the idempotency key."""

    clauses: Sequence[Clause] = ()
    in_progress: ChangeInProgress | None = None
    """The change that it stores under a lease of ours, to be applied to Chime."""
    answer: Answer | None = None
    """The answer, if no change holds it."""
    wakeup: Wakeup | None = None
    """What to wake the reconciler for when the first of the rules ends."""
    rules: UserRules | MeetingRules | None = None
    user: User | None = None
    """The user as they are committed, where the command is on one."""


class CommandHandler(ABC, Generic[X, R]):
    """The steps of `CommandPipeline` that differ from one kind of command to another.

    `X` is the context that the command is decided from, `R` what an accepted decision makes of it.
    """

    @abstractmethod
    def load(self, request: Request, *, fresh: bool) -> X | Refused | KeyTaken:
        """The context. `fresh`: not from memory."""

    @abstractmethod
    def authorize(self, request: Request, context: X) -> X:
        """The context with what the policies decide."""

    def complete(self, request: Request, context: X) -> X | Refused:
        """The context with what only Chime can tell."""
        return context

    def revisions(self, request: Request, context: X) -> Sequence[str]:
        """The revisions that `If-Match` may name."""
        return (meeting_revision(context.meeting),)

    def precondition(self, request: Request, context: X) -> Refused | None:
        """What stands against the command whatever is decided. The caller may correct it and use the key again."""
        return None

    @abstractmethod
    def decide(self, request: Request, context: X, change_id: str) -> Accepted[R] | Unchanged | Refusal | Refused: ...

    @abstractmethod
    def preview(self, request: Request, context: X, accepted: Accepted[R], change_id: str) -> Answer:
        """The answer to a dry run."""

    def unchanged(self, request: Request, context: X, decision: Unchanged) -> Answer:
        """The answer to what changes nothing."""
        raise NotImplementedError

    @abstractmethod
    def commit(self, request: Request, context: X, accepted: Accepted[R], change_id: str) -> Commit: ...

    def write_ahead(self, request: Request, context: X, accepted: Accepted[R]) -> None:
        """What has to be there before the commit, if it does not fit into its transaction."""

    def applied(self, context: X, commit: Commit, in_progress: ChangeInProgress) -> None:
        """After Chime was updated, or the change was left to the reconciler."""

    def answer(self, context: X, commit: Commit, in_progress: ChangeInProgress) -> Outcome:
        """The answer from the change. Not asked for where the commit has the answer."""
        raise NotImplementedError

    def concerned(self, request: Request, context: X) -> Sequence[Mapping[str, object]]:
        """The attendees that an entry about the decision names."""
        return ()

    def entry_revision(self, context: X) -> str:
        """The revision that an entry of a refusal names."""
        return meeting_revision(context.meeting)

    def learn(self, conflict: ConditionFailedError) -> bool:
        """Whether a lost race has shown all that has moved, so that nothing has to be read again."""
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
