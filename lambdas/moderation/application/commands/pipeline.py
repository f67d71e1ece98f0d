"""The one pipeline for every command.

    context · idempotency · authorize · rate limit · precondition · decide · commit · apply · settle · answer

A handler fills the steps that differ from one kind of command to another. The idempotency key is read together with the
context and looked at first: who repeats a request gets the first answer, whatever the policies say by now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ...domain.commands import Invoker, Target, Undo
from ...domain.decisions.decision import Accepted, Refusal, Unchanged, precondition_refusal
from ...domain.meeting import waits
from ...ports import (
    ChimeError,
    ConditionFailedError,
    EntryWritten,
    InfrastructureError,
    KeyTaken,
    LedgerUnavailableError,
    TransactionContentionError,
    World,
)
from ..answers import replayed
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.retries import FIRST_PAUSE
from ..rate_limit import OWN_COMMAND, REFUSED, is_rate_limited
from ..requests import (
    BANNED,
    BUSY,
    CONTENDED,
    REVISION_MISMATCH,
    TOO_MANY,
    WAITING,
    Outcome,
    Refused,
    Request,
    refused,
)
from .authorization import is_banned, is_nobody
from .commits import UndeterminedError, deadline, decided_entry, is_written, schedule_expiry, store_result
from .context import CommandContext
from .handler import Handler, Handlers
from .undo import with_undone

RACE_FOR = timedelta(seconds=8)
"""How long a command that keeps losing its race is decided anew before the caller is answered `contended`."""
RECORDED = {"not-permitted", "capability-unavailable", "meeting-ended", "last-host", "not-undoable", "too-late"}
"""Refusals that become entries. They are kept under the idempotency key; what else is refused may be corrected."""


@dataclass(slots=True)
class Attempt:
    """What stays the same while a command is decided anew after a lost race."""

    handler: Handler
    request: Request
    change_id: str
    tokens: int = 0
    """Tokens that it has taken of the caller's bucket."""


class CommandPipeline:
    """A command has the handler of its class in `own` or, without one, that of its target."""

    def __init__(
        self,
        world: World,
        applier: ChangeApplier,
        by_target: Mapping[Target, Handler],
        own: Handlers,
    ) -> None:
        self._world = world
        self._applier = applier
        self._by_target = by_target
        self._own = own

    def perform(self, request: Request) -> Outcome:
        if isinstance(request.command, Undo):
            try:
                request = with_undone(self._world, request, request.command)
            except InfrastructureError:
                return BUSY
        attempt = Attempt(self._handler_for(request), request, self._world.surroundings.new_id())
        return self._retry_on_conflict(attempt)

    def _handler_for(self, request: Request) -> Handler:
        command, undone = request.command, request.undone
        if command.invoker is Invoker.CLOCK:
            raise ValueError(f"`{command.name}` is the clock's own")
        if undone is not None and not undone.is_of_the_meeting:
            return self._by_target[Target.USER]
        return self._own.get(type(command)) or self._by_target[command.target]

    def _retry_on_conflict(self, attempt: Attempt) -> Outcome:
        """Decides anew after each lost race, and once more after a read that failed. A failure of the infrastructure is
        an answer, too: `busy` and `contended` mean that nothing was decided.
        """
        surroundings = self._world.surroundings
        fresh, races, until, answer = False, 0, surroundings.now() + RACE_FOR, CONTENDED
        try:
            while surroundings.now() < until:
                try:
                    return self._once(attempt, fresh=fresh)
                except ConditionFailedError as conflict:
                    fresh = not attempt.handler.learn(conflict)
                    surroundings.sleep(0.01 * 2 ** min(races, 5) * (0.5 + surroundings.jitter()))
                    races += 1
                except LedgerUnavailableError:
                    if answer is BUSY:
                        return BUSY
                    answer = BUSY
                    surroundings.sleep(FIRST_PAUSE * (0.5 + surroundings.jitter()))
        except UndeterminedError as undetermined:
            return undetermined.answer
        except TransactionContentionError:
            return CONTENDED
        except ChimeError:
            return BUSY
        return answer

    def _once(self, attempt: Attempt, *, fresh: bool) -> Outcome:
        """What would commit nothing is decided anew from a fresh read if it rested on memory."""
        handler, request = attempt.handler, attempt.request
        context = handler.load(request, fresh=fresh)
        if isinstance(context, KeyTaken):
            return replayed(self._world, request, context)
        if isinstance(context, Refused):
            return context
        context = handler.authorize(request, context)
        is_refused = is_banned(context.caller) or not context.authorization.allowed
        if context.from_memory and is_refused:
            return self._once(attempt, fresh=True)
        if is_banned(context.caller):
            return BANNED
        context = handler.complete(request, context)
        if isinstance(context, Refused):
            return context
        if self._is_rate_limited(attempt, context):
            return TOO_MANY
        decision = self._precondition(attempt, context) or handler.decide(request, context, attempt.change_id)
        if context.from_memory and (request.dry_run or not _is_new(decision)):
            return self._once(attempt, fresh=True)
        return self._done(attempt, context, decision)

    def _is_rate_limited(self, attempt: Attempt, context: CommandContext) -> bool:
        """Moderators are not limited, dry runs cost nothing, users whom the meeting does not know leave no trace."""
        request, tokens = attempt.request, 0
        if not context.authorization.allowed:
            tokens = 0 if _is_nobody(request, context) else REFUSED
        elif not context.by_moderator:
            tokens = OWN_COMMAND
        if request.dry_run or tokens <= attempt.tokens:
            return False
        taken, attempt.tokens = attempt.tokens, tokens
        return is_rate_limited(self._world, request.meeting_id, request.actor, tokens - taken)

    def _precondition(self, attempt: Attempt, context: CommandContext) -> Refusal | Refused | None:
        """A caller who is not permitted the command learns nothing else of it."""
        handler, request = attempt.handler, attempt.request
        refusal = precondition_refusal(context.authorization, context.meeting, request.command.name)
        if refusal is not None:
            return refusal
        if request.if_match not in (None, *handler.revisions(request, context)):
            return REVISION_MISMATCH
        return handler.precondition(request, context)

    def _done(
        self, attempt: Attempt, context: CommandContext, decision: Accepted[Any] | Unchanged | Refusal | Refused
    ) -> Outcome:
        handler, request = attempt.handler, attempt.request
        if isinstance(decision, Refusal | Refused):
            return self._refuse(attempt, context, decision)
        if isinstance(decision, Unchanged):
            answer = handler.unchanged(request, context, decision)
            answer = answer if not request.dry_run else replace(answer, status="dry-run")
            store_result(self._world, request, answer)
            return answer
        if request.dry_run:
            return handler.preview(request, context, decision, attempt.change_id)
        return self._carry_out(attempt, context, decision)

    def _carry_out(self, attempt: Attempt, context: CommandContext, accepted: Accepted[Any]) -> Outcome:
        """commit · apply · settle · answer."""
        handler, request = attempt.handler, attempt.request
        commit = handler.commit(request, context, accepted, attempt.change_id)
        handler.write_ahead(request, context, accepted)
        if commit.answer is not None:
            store_result(self._world, request, commit.answer, commit.clauses)
            return commit.answer
        if commit.in_progress is None:
            raise ValueError("a commit without a change has its answer")
        in_progress = commit.in_progress
        if is_written(self._world, request, commit.clauses, in_progress.change):
            if commit.wakeup is not None and commit.rules is not None:
                schedule_expiry(self._world, commit.wakeup, commit.rules)
            in_progress = self._applier.apply(in_progress, deadline(self._world.surroundings.now()))
            handler.applied(context, commit, in_progress)
        return handler.answer(context, commit, in_progress)

    def _refuse(self, attempt: Attempt, context: CommandContext, refusal: Refusal | Refused) -> Refused:
        """Refusals by the policies and the rules are lines of history, if the meeting knows the caller."""
        request, now = attempt.request, self._world.surroundings.now()
        outcome = refusal if isinstance(refusal, Refused) else refused(refusal, now)
        if outcome.code not in RECORDED or not context.meeting.revision:
            return outcome
        if _is_nobody(request, context):
            is_waiting = context.caller is not None and waits(context.caller, context.meeting)
            return WAITING if is_waiting else outcome
        entry = decided_entry(
            self._world,
            request,
            context.meeting,
            attempt.handler.entry_revision(context),
            context.authorization.policies,
            attempt.handler.concerned(request, context),
            refusal=outcome,
        )
        store_result(self._world, request, outcome, [EntryWritten(entry)])
        return outcome


def _is_nobody(request: Request, context: CommandContext) -> bool:
    return is_nobody(request.actor, context.caller, context.meeting)


def _is_new(decision: Accepted[Any] | Unchanged | Refusal | Refused) -> bool:
    """Not what is said again because Chime is not known to hold it: memory knows less of Chime than the ledger."""
    return isinstance(decision, Accepted) and decision.is_new
