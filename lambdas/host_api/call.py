"""An authenticated call: the findings of the middleware for the endpoint, and the call's log line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from time import perf_counter
from traceback import extract_tb
from typing import Annotated, Any, Protocol

from aws_lambda_powertools.event_handler import Request as HttpRequest
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.openapi.params import Body as BodyParameter
from moderation.application.queries.directory import MeetingFilter
from moderation.application.queries.history import Span
from moderation.application.requests import Answer, Outcome, Refused, Request, Selected
from moderation.domain.actor import Actor
from moderation.domain.documents import Document
from moderation.domain.entry import EntryFilter
from moderation.domain.ids import digest
from moderation.models import Body, Selection
from moderation.telemetry import DECISIONS, LATENCY, Metric, write

from .answers import PENDING, DocumentResponse
from .parameters import ANY_REVISION, DryRun, IdempotencyKey, IfMatch, InMeeting, OfAttendee, OfUser
from .problems import REPLAYED, Problem, refusal

DEEPEST = 8
FAILED = {"internal-error", "busy", "contended", "outcome-unknown", "chime-refused"}
"""Codes of commands that failed, as distinct from refused ones."""
NOTHING_CHANGED = {"unchanged", "dry-run"}


PERSONAL = {"attendee_id": "attendeeId", "user_id": "externalUserId"}


@dataclass(slots=True)
class AccessLog:
    """The log line of a request. `personal` holds all that names a user, so that one key can be redacted. A query has
    no `command`.
    """

    request_id: str
    route: str = "none"
    command: str | None = None
    meeting_id: str | None = None
    personal: dict[str, str] = field(default_factory=dict)
    answer: Answer | None = None
    problem: Problem | None = None
    failure: dict[str, object] = field(default_factory=dict)
    started: float = field(default_factory=perf_counter)

    def called_by(self, actor: Actor) -> None:
        self.personal = {"actorKind": actor.kind.value, "actor": actor.id}
        if actor.via is not None:
            self.personal["via"] = actor.via

    def about(self, arguments: Mapping[str, object]) -> None:
        """Adds the ids among an endpoint's arguments."""
        if "meeting_id" in arguments:
            self.meeting_id = str(arguments["meeting_id"])
        self.personal |= {key: str(arguments[name]) for name, key in PERSONAL.items() if arguments.get(name)}

    def failed(self, error: Exception) -> None:
        """Adds the type of the error and where it was raised. The message is left out, because it may quote
        anything.
        """
        frames = extract_tb(error.__traceback__)[-DEEPEST:]
        at = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
        self.failure = {"exception": type(error).__name__, "at": at}

    def write(self, status: int) -> None:
        took = round((perf_counter() - self.started) * 1000, 1)
        decision = {} if self.command is None else self._decision()
        write(
            "ERROR" if self.failure else "INFO",
            "answered",
            command=self.command,
            measures=self._measures(decision, took),
            requestId=self.request_id,
            route=self.route,
            status=status,
            code=self.problem.code if self.problem else None,
            changeId=self.problem.extensions.get("changeId") if self.problem else self.answer and self.answer.change_id,
            meetingId=self.meeting_id,
            personal=self.personal,
            durationMs=took,
            **decision,
            **self.failure,
        )

    def _decision(self) -> dict[str, object]:
        if self.problem is not None:
            verdict = "failed" if self.problem.code in FAILED else "refused"
            return {"verdict": verdict, "pending": False, "replayed": REPLAYED in self.problem.headers}
        status = self.answer.status if self.answer else ""
        return {
            "verdict": status if status in NOTHING_CHANGED else "accepted",
            "pending": status == PENDING,
            "replayed": self.answer is not None and self.answer.replayed,
        }

    def _measures(self, decision: Mapping[str, object], took: float) -> dict[Metric, float]:
        """The metrics of a command. A replayed answer is no decision."""
        if self.command is None:
            return {}
        return {LATENCY: took} if decision["replayed"] else {LATENCY: took, DECISIONS: 1}


CALL = "call"
"""The key of the resolver's context that holds the `Call`."""


class Gavel(Protocol):
    """The methods of the moderation that the API uses; `moderation.bootstrap` implements them."""

    def perform(self, request: Request) -> Outcome: ...
    def perform_on_each(self, request: Request, selection: Sequence[Selected]) -> Outcome: ...
    def meeting(self, meeting_id: str, actor: Actor) -> Document | Refused: ...
    def meetings(self, actor: Actor, wanted: MeetingFilter, *, limit: int, after: str | None) -> Document | Refused: ...
    def me(self, meeting_id: str, actor: Actor) -> Document | Refused: ...
    def attendee(
        self, meeting_id: str, actor: Actor, *, attendee_id: str | None = None, user_id: str | None = None
    ) -> Document | Refused: ...
    def attendees(self, meeting_id: str, actor: Actor, *, limit: int, after: str | None) -> Document | Refused: ...
    def history(
        self,
        meeting_id: str,
        actor: Actor,
        *,
        after: str | None,
        limit: int,
        attendee_id: str | None,
        user_id: str | None,
        span: Span,
        only: EntryFilter,
        newest_first: bool,
    ) -> Document | Refused: ...
    def hands(self, meeting_id: str, actor: Actor) -> Document | Refused: ...
    def bans(self, meeting_id: str, actor: Actor) -> Document | Refused: ...
    def lobby(self, meeting_id: str, actor: Actor) -> Document | Refused: ...
    def change(self, meeting_id: str, actor: Actor, change_id: str) -> Document | Refused: ...
    def live(self, meeting_id: str, actor: Actor) -> Document | Refused: ...


@dataclass(slots=True)
class Call:
    """An authenticated call. `query` and `content` are as sent, for the fingerprint of an idempotent request."""

    gavel: Gavel
    actor: Actor
    log: AccessLog
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


def current_call(request: HttpRequest) -> Call:
    call: Call = request.context[CALL]
    return call


Caller = Annotated[Call, Depends(current_call)]
"""An endpoint's parameter that the resolver fills in."""


PATH: dict[str, tuple[str, Any]] = {
    "meetingId": ("meeting_id", InMeeting),
    "attendeeId": ("attendee_id", OfAttendee),
    "externalUserId": ("user_id", OfUser),
}


def perform(
    call: Call,
    body: Body,
    meeting_id: str,
    attendee_id: str | None = None,
    user_id: str | None = None,
    *,
    dry_run: bool,
    if_match: str | None,
    idempotency_key: str | None,
) -> Answer:
    """Performs the command. Raises `ProblemError` if it is refused.

    `If-Match: *` sets no condition: the target exists, or the command is refused anyway.
    """
    command = body.command()
    call.log.command = command.name
    request = Request(
        meeting_id=meeting_id,
        actor=call.actor,
        command=command,
        attendee_id=attendee_id,
        user_id=user_id,
        dry_run=dry_run,
        if_match=None if if_match == ANY_REVISION else if_match,
        key=None if dry_run or idempotency_key is None else stored_key(call.actor, idempotency_key),
        fingerprint=fingerprint(call),
    )
    if isinstance(body, Selection):
        outcome = call.gavel.perform_on_each(request, selected(body))
    else:
        outcome = call.gavel.perform(request)
    if isinstance(outcome, Refused):
        raise refusal(outcome, meeting_id)
    call.log.answer = outcome
    return outcome


def selected(body: Selection) -> list[Selected]:
    attendees = [Selected(attendee_id=attendee_id) for attendee_id in body.attendee_ids]
    return attendees + [Selected(user_id=user_id) for user_id in body.external_user_ids]


def add_command(
    router: Router,
    method: str,
    path: str,
    model: type[Body],
    answer: Callable[[Answer, str], DocumentResponse],
    description: dict[str, Any],
    if_match: Any = IfMatch,
) -> None:
    """Adds the route of a command. `path` has `{names}` as in the API's description.

    `answer` makes the response from the result and the MeetingId.
    """

    def endpoint(call: Call, body: Body | None = None, **arguments: Any) -> DocumentResponse:
        return answer(perform(call, body or model(), **arguments), arguments["meeting_id"])

    # The resolver reads the parameters of a route from the signature of its endpoint.
    parameters = _parameters(path, None if method == "DELETE" else model, if_match)
    endpoint.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    endpoint.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    endpoint.__name__ = description["operation_id"]
    router.route(path.replace("{", "<").replace("}", ">"), method=method, **description)(endpoint)


def _parameters(path: str, model: type[Body] | None, if_match: Any) -> list[Parameter]:
    named = [PATH[part[1:-1]] for part in path.split("/") if part.startswith("{")]
    found = [_parameter("call", Caller), *(_parameter(name, kind) for name, kind in named)]
    if model is not None:
        default = Parameter.empty if _is_required(model) else None
        found.append(_parameter("body", Annotated[model, BodyParameter()], default))
    return [
        *found,
        _parameter("dry_run", DryRun, False),
        _parameter("if_match", if_match, None),
        _parameter("idempotency_key", IdempotencyKey, None),
    ]


def _is_required(model: type[Body]) -> bool:
    return bool(model.AT_LEAST_ONE_OF) or any(field.is_required() for field in model.model_fields.values())


def _parameter(name: str, annotation: Any, default: Any = Parameter.empty) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def stored_key(actor: Actor, key: str) -> str:
    """The digest under which an idempotency key is stored. It includes the caller, so that two callers never share a
    key.
    """
    return digest(part.encode() for part in (actor.kind.value, actor.id, actor.via or "", key))


def fingerprint(call: Call) -> str:
    """A digest of the request: a repeated key needs the same one."""
    texts = [call.method, call.path, *(part for pair in sorted(call.query.items()) for part in pair)]
    return digest([*(text.encode("utf-8", "surrogatepass") for text in texts), call.content])
