"""One command on each of several users, as one request.

Each user is decided, committed and answered by the pipeline as if the command were on that user alone: there is no
change of a selection (docs/adr/0035-a-selection-is-many-changes.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from ...domain.actor import ActorKind
from ...domain.change import Status
from ...domain.documents import Document, meeting_revision
from ...domain.ids import digest
from ...ports import Clock, ConditionFailedError, ForEach, InfrastructureError, Ledger
from ..enforcement.transactions import UndeterminedError, deadline, read_with_retry, store_result
from ..requests import (
    BANNED,
    BUSY,
    KEY_REUSED,
    MEETING_ENDED,
    MEETING_NOT_FOUND,
    REVISION_MISMATCH,
    TOO_MANY,
    WAITING,
    Answer,
    Outcome,
    Refused,
    Request,
    Selected,
)
from .context import is_nobody

DECIDE_WITHIN = timedelta(seconds=15)
"""The time in which users are decided; the others are answered `busy`. With the longest race and commit of one command
it stays below the API's 29 s.
"""
FOR_ALL = frozenset(refused.code for refused in (BANNED, MEETING_ENDED, MEETING_NOT_FOUND, TOO_MANY, WAITING))
"""Refusals about the caller or the meeting: they are the answer for all users, and no further one is tried."""
BEGUN = Answer("begun", {})
REFUSED = "refused"


class SelectionHandler:
    """Performs one command on each of several users."""

    def __init__(self, ledger: Ledger, clock: Clock, perform: Callable[[Request], Outcome], for_each: ForEach) -> None:
        self._ledger = ledger
        self._clock = clock
        self._perform = perform
        self._for_each = for_each

    def perform(self, request: Request, selection: Sequence[Selected]) -> Outcome:
        """Performs the command on each user. The request names no user. The first user goes first alone, so that a
        refusal for all is made once.
        """
        try:
            is_known, problem = self._begin(request)
        except UndeterminedError as undetermined:
            return undetermined.answer
        except InfrastructureError:
            return BUSY
        if problem is not None:
            return problem
        turn = _Turn(self._perform, self._clock, request)
        first = turn(selection[0])
        if isinstance(first, Refused) and (first.code in FOR_ALL or not is_known):
            return first
        return _together(request, selection, [first, *self._for_each(turn, selection[1:])])

    def _begin(self, request: Request) -> tuple[bool, Refused | None]:
        """Whether the meeting knows the caller, and why not to begin. `If-Match` names the meeting's revision.

        The idempotency key is taken for the whole request; each user has a key that is derived from it. Raises
        `InfrastructureError`.
        """
        actor, meeting_id = request.actor, request.meeting_id
        user_ids = [actor.id] if actor.kind is ActorKind.USER else []
        loaded = read_with_retry(self._clock, lambda: self._ledger.load(meeting_id, user_ids, key=request.key))
        meeting = loaded.meeting
        if meeting is None or is_nobody(actor, loaded.users.get(actor.id), meeting):
            return False, None
        if loaded.key is not None:
            return True, None if loaded.key.fingerprint == request.fingerprint else KEY_REUSED
        if request.if_match not in (None, meeting_revision(meeting)):
            return True, REVISION_MISMATCH
        try:
            store_result(self._ledger, self._clock, request, BEGUN)
        except ConditionFailedError:  # the same key was taken meanwhile
            return self._begin(request)
        return True, None


class _Turn:
    """The command on one user after the other, or on several at once, until something is refused for all."""

    def __init__(self, perform: Callable[[Request], Outcome], clock: Clock, request: Request) -> None:
        self._perform = perform
        self._now = clock.now
        self._request = request
        self._began = clock.now()
        self._apply_until: datetime = deadline(self._began)
        self._refusal: Refused | None = None

    def __call__(self, one: Selected) -> Outcome:
        if self._refusal is not None:
            return self._refusal
        if self._now() > self._began + DECIDE_WITHIN:
            return BUSY
        outcome = self._perform(self._request_on(one))
        if isinstance(outcome, Refused) and outcome.code in FOR_ALL:
            self._refusal = outcome
        return outcome

    def _request_on(self, one: Selected) -> Request:
        key = self._request.key
        return replace(
            self._request,
            attendee_id=one.attendee_id,
            user_id=one.user_id,
            if_match=None,
            key=None if key is None else digest([key.encode(), one.name.encode()]),
            apply_until=self._apply_until,
        )


def _together(request: Request, selection: Sequence[Selected], outcomes: Sequence[Outcome]) -> Outcome:
    """The answer to the whole request if all users have the same refusal."""
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    replayed = all(outcome.replayed for outcome in outcomes)
    if len(refusals) == len(outcomes) and len({refusal.code for refusal in refusals}) == 1:
        return replace(refusals[0], replayed=replayed)
    documents = tuple(_document(one, outcome) for one, outcome in zip(selection, outcomes, strict=True))
    return Answer(_status(request, outcomes), {}, outcomes=documents, replayed=replayed)


def _status(request: Request, outcomes: Sequence[Outcome]) -> str:
    if request.dry_run:
        return "dry-run"
    statuses = {outcome.status for outcome in outcomes if isinstance(outcome, Answer)}
    if Status.PENDING.value in statuses:
        return Status.PENDING.value
    if not statuses:
        return REFUSED
    return "unchanged" if statuses == {"unchanged"} else Status.APPLIED.value


def _document(one: Selected, outcome: Outcome) -> Document:
    named = {"attendeeId": one.attendee_id, "externalUserId": one.user_id}
    if isinstance(outcome, Refused):
        document: Document = {"outcome": REFUSED, "code": outcome.code, "detail": outcome.detail}
        return named | document | _filled(policies=outcome.policies, limits=outcome.limits, changeId=outcome.change_id)
    subject = outcome.subject
    found = {key: cast("str | None", subject.get(key)) or name for key, name in named.items()}
    known = _filled(
        capabilities=subject.get("capabilities"),
        effects=outcome.effects,
        changeId=outcome.waiting or outcome.change_id,
        awaiting=outcome.awaiting,
    )
    return found | {"outcome": outcome.status} | known


def _filled(**members: object) -> Document:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in members.items() if value}
