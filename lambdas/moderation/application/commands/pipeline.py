"""The one pipeline for every command.

    context · idempotency · authorize · rate limit · precondition · decide · commit · apply · settle · answer

A handler fills the steps that differ between kinds of commands. The idempotency key is read together with the context
and checked first: a repeated request gets the first answer, whatever the policies say by now. A refusal is an answer,
too. `WORTH_REPEATING` and `too-many` are not stored, because they decide nothing. Answers to users that the meeting
does not know are not stored, because such users leave no trace.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ...domain.actor import ActorKind
from ...domain.change import Change
from ...domain.commands import Invoker, Target, Undo
from ...domain.decisions.decision import Accepted, Refusal, Unchanged, precondition_refusal
from ...domain.entry import Entry
from ...domain.meeting import waits
from ...ports import (
    ChimeError,
    Clock,
    ConditionFailedError,
    EntryWritten,
    InfrastructureError,
    KeyTaken,
    Ledger,
    LedgerUnavailableError,
    Policies,
    TransactionContentionError,
    WakeupScheduler,
)
from ..answers import replayed
from ..enforcement.change_applier import ChangeApplier
from ..enforcement.transactions import (
    FIRST_PAUSE,
    UndeterminedError,
    deadline,
    is_written,
    read_with_retry,
    schedule_expiry,
    store_result,
)
from ..rate_limit import OWN_COMMAND, REFUSED, is_rate_limited
from ..requests import (
    BANNED,
    BUSY,
    CONTENDED,
    REVISION_MISMATCH,
    TOO_MANY,
    WAITING,
    WORTH_REPEATING,
    Outcome,
    Refused,
    Request,
    refused,
)
from .context import CommandContext, is_banned, is_nobody
from .handler import Handler, Handlers, decided_entry

RACE_FOR = timedelta(seconds=8)
"""How long a command is decided anew after conflicts before the answer is `contended`."""
FRESH_FOR = timedelta(seconds=1)
"""How long after a read it may be answered without a commit. Later, it is read again."""
RECORDED = {"not-permitted", "capability-unavailable", "meeting-ended", "last-host", "not-undoable", "too-late"}
"""Refusals that become entries."""


@dataclass(slots=True)
class Attempt:
    """The request with what stays the same when the command is decided anew after a conflict."""

    handler: Handler
    request: Request
    change_id: str
    tokens: int = 0
    """Tokens taken from the caller's bucket."""


class CommandPipeline:
    """Runs commands. A command has the handler of its class in `own` or, without one, the handler of its target."""

    def __init__(
        self,
        ledger: Ledger,
        policies: Policies,
        clock: Clock,
        wakeups: WakeupScheduler,
        applier: ChangeApplier,
        by_target: Mapping[Target, Handler],
        own: Handlers,
    ) -> None:
        self._ledger = ledger
        self._policies = policies
        self._clock = clock
        self._wakeups = wakeups
        self._applier = applier
        self._by_target = by_target
        self._own = own

    def perform(self, request: Request) -> Outcome:
        if isinstance(request.command, Undo):
            try:
                request = with_undone(self._ledger, self._clock, request, request.command)
            except InfrastructureError:
                return BUSY
        attempt = Attempt(self._handler_for(request), request, self._clock.new_id())
        return self._retry_on_conflict(attempt)

    def _handler_for(self, request: Request) -> Handler:
        command, undone = request.command, request.undone
        if command.invoker is Invoker.CLOCK:
            raise ValueError(f"`{command.name}` is the clock's own")
        if undone is not None and not undone.is_meeting_wide:
            return self._by_target[Target.USER]
        return self._own.get(type(command)) or self._by_target[command.target]

    def _retry_on_conflict(self, attempt: Attempt) -> Outcome:
        """Decides anew after each conflict, and once more after a failed read. A failure of the infrastructure is an
        answer, too: `busy` and `contended` mean that nothing was decided.
        """
        clock = self._clock
        fresh, races, until, answer = False, 0, clock.now() + RACE_FOR, CONTENDED
        try:
            while clock.now() < until:
                try:
                    return self._once(attempt, fresh=fresh)
                except ConditionFailedError as conflict:
                    fresh = not attempt.handler.learn(conflict)
                    clock.sleep(0.01 * 2 ** min(races, 5) * (0.5 + clock.jitter()))
                    races += 1
                except LedgerUnavailableError:
                    if answer is BUSY:
                        return BUSY
                    answer = BUSY
                    clock.sleep(FIRST_PAUSE * (0.5 + clock.jitter()))
        except UndeterminedError as undetermined:
            return undetermined.answer
        except TransactionContentionError:
            return CONTENDED
        except ChimeError:
            return BUSY
        return answer

    def _once(self, attempt: Attempt, *, fresh: bool) -> Outcome:
        """Runs the pipeline once. A decision from the cache that commits nothing is repeated with a fresh context."""
        handler, read_after = attempt.handler, self._clock.now()
        context = handler.load(attempt.request, fresh=fresh)
        request = attempt.request = self._with_undone_as_answered(attempt.request)
        if isinstance(context, KeyTaken):
            return replayed(self._ledger, self._policies, self._clock, request, context)
        if isinstance(context, Refused):
            return self._not_loaded(request, context)
        loaded, context = context, handler.authorize(request, context)
        is_refused = is_banned(context.caller) or not context.authorization.allowed
        if context.from_memory and is_refused:
            return self._once(attempt, fresh=True)
        if is_banned(context.caller):
            return BANNED
        completed = handler.complete(request, context)
        if isinstance(completed, Refused):
            return self._refuse(attempt, context, completed)
        context = completed
        if self._is_rate_limited(attempt, context):
            return TOO_MANY
        decision = self._precondition(attempt, context) or handler.decide(request, context, attempt.change_id)
        if context.from_memory and (request.dry_run or not isinstance(decision, Accepted)):
            return self._once(attempt, fresh=True)
        if not isinstance(decision, Accepted) and self._clock.now() > read_after + FRESH_FOR:
            self._check_still_so(attempt, loaded)
        return self._done(attempt, context, decision)

    def _with_undone_as_answered(self, request: Request) -> Request:
        """The request with the change that it undoes, read after the context: the user's answer changes both, and the
        commit is about the rules of the context. Raises `LedgerUnavailableError`.
        """
        undone = request.undone
        if undone is None or not undone.awaits_consent or not isinstance(request.command, Undo):
            return request
        return with_undone(self._ledger, self._clock, request, request.command)

    def _check_still_so(self, attempt: Attempt, loaded: CommandContext) -> None:
        """Raises `ConditionFailedError` if what was read has changed since: a decision that commits nothing has no
        conditions of its own, and a freeze may have stopped what seems to have ended.
        """
        handler, request = attempt.handler, attempt.request
        stored = handler.load(request, fresh=True)
        if not isinstance(stored, CommandContext) or _revisions(handler, request, stored) != _revisions(
            handler, request, loaded
        ):
            raise ConditionFailedError([])

    def _is_rate_limited(self, attempt: Attempt, context: CommandContext) -> bool:
        """Whether the caller is rate limited. Moderators are not, dry runs take no tokens, and users that the meeting
        does not know have no bucket.
        """
        request, tokens = attempt.request, 0
        if not context.authorization.allowed:
            tokens = 0 if _is_nobody(request, context) else REFUSED
        elif not context.by_moderator:
            tokens = OWN_COMMAND
        if request.dry_run or tokens <= attempt.tokens:
            return False
        taken, attempt.tokens = attempt.tokens, tokens
        return is_rate_limited(self._ledger, self._clock, request.meeting_id, request.actor, tokens - taken)

    def _precondition(self, attempt: Attempt, context: CommandContext) -> Refusal | Refused | None:
        """A refusal, or the repeated answer. The permission is checked first: a caller without it learns nothing else
        about the command.
        """
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
            store_result(self._ledger, self._clock, request, answer)
            return answer
        if request.dry_run:
            return handler.preview(request, context, decision, attempt.change_id)
        return self._commit_and_apply(attempt, context, decision)

    def _commit_and_apply(self, attempt: Attempt, context: CommandContext, accepted: Accepted[Any]) -> Outcome:
        """The steps commit, apply, settle and answer."""
        handler, request = attempt.handler, attempt.request
        commit = handler.commit(request, context, accepted, attempt.change_id)
        handler.write_ahead(request, context, accepted)
        if commit.answer is not None:
            store_result(self._ledger, self._clock, request, commit.answer, commit.clauses)
            return commit.answer
        if commit.in_progress is None:
            raise ValueError("a commit without a change has its answer")
        in_progress = commit.in_progress
        if is_written(self._ledger, self._clock, request, commit.clauses, in_progress.change):
            if commit.wakeup is not None and commit.rules is not None:
                schedule_expiry(self._clock, self._wakeups, commit.wakeup, commit.rules)
            until = deadline(self._clock.now())
            in_progress = self._applier.apply(in_progress, min(until, request.apply_until or until))
            handler.applied(context, commit, in_progress)
        return handler.answer(context, commit, in_progress)

    def _refuse(self, attempt: Attempt, context: CommandContext, refusal: Refusal | Refused) -> Refused:
        """The answer with the refusal. It is stored under the idempotency key; refusals by the policies and the rules
        also become entries.
        """
        request, now = attempt.request, self._clock.now()
        outcome = refusal if isinstance(refusal, Refused) else refused(refusal, now)
        is_recorded = outcome.code in RECORDED and context.meeting.revision > 0
        if _is_nobody(request, context):
            is_waiting = context.caller is not None and waits(context.caller, context.meeting)
            return WAITING if is_recorded and is_waiting else outcome
        if outcome.code not in WORTH_REPEATING:
            entry = [EntryWritten(self._entry(attempt, context, outcome))] if is_recorded else []
            store_result(self._ledger, self._clock, request, outcome, entry)
        return outcome

    def _entry(self, attempt: Attempt, context: CommandContext, outcome: Refused) -> Entry:
        handler, request = attempt.handler, attempt.request
        return decided_entry(
            self._clock,
            request,
            context.meeting,
            handler.entry_revision(context),
            context.authorization.policies,
            handler.concerned(request, context),
            refusal=outcome,
        )

    def _not_loaded(self, request: Request, outcome: Refused) -> Refused:
        """The refusal of a command without a context: the meeting is not registered, or no command may name the
        attendee. Nothing is stored if the caller is a user.
        """
        if request.actor.kind is not ActorKind.USER:
            store_result(self._ledger, self._clock, request, outcome)
        return outcome


def _revisions(handler: Handler, request: Request, context: CommandContext) -> tuple[object, ...]:
    caller = context.caller
    return (*handler.revisions(request, context), context.meeting.revision, caller.revision if caller else None)


def _is_nobody(request: Request, context: CommandContext) -> bool:
    return is_nobody(request.actor, context.caller, context.meeting)


def with_undone(ledger: Ledger, clock: Clock, request: Request, command: Undo) -> Request:
    """The request with the change that it undoes. If that change is about a user, the request is about that user too.
    Raises `LedgerUnavailableError`.
    """
    undone = _change(ledger, clock, request.meeting_id, command.change_id)
    original = _original(ledger, clock, request.meeting_id, undone)
    if undone is None or original is None:
        return request
    request = replace(request, undone=undone, original=original)
    return request if undone.is_meeting_wide else replace(request, attendee_id=None, user_id=undone.user_id)


def _original(ledger: Ledger, clock: Clock, meeting_id: str, change: Change | None) -> Change | None:
    """The change at the start of a chain of undos; `None` if it is not stored any more.

    To undo an undo makes that change again, and needs the same permission.
    """
    while change is not None and change.command == Undo.name:
        change = _change(ledger, clock, meeting_id, str(change.parameters["changeId"]))
    return change


def _change(ledger: Ledger, clock: Clock, meeting_id: str, change_id: str) -> Change | None:
    return read_with_retry(clock, lambda: ledger.change(meeting_id, change_id))
