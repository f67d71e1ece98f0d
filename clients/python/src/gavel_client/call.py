"""A call of the API as a value, and what its answer says. Nothing here sends or waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from uuid import uuid4

import httpx
from pydantic import BaseModel, ValidationError

from ._version import __version__
from .errors import GavelError, UnexpectedAnswerError, problem_error
from .ids import in_path, user_in_path
from .model import Sent
from .models import Problem
from .options import WriteOptions
from .token_problems import what_is_wrong

T = TypeVar("T", bound=BaseModel)
COMMON = {"Accept": "application/json, application/problem+json", "User-Agent": f"gavel-client/{__version__}"}
GATEWAY_CODES = {401: "unauthorized", 403: "not-permitted", 413: "payload-too-large", 429: "too-many-requests"}
"""API Gateway answers these by itself, in its own form."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, and the model of its answer."""

    method: str
    path: str
    answer: type[T]
    query: Mapping[str, str | int | None] = field(default_factory=dict)
    body: Sent | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def idempotency_key(self) -> str | None:
        return self.headers.get("Idempotency-Key")

    def on_behalf_of(self, user_id: str | None) -> "Call[T]":
        """For that user, unless the call names one itself."""
        if user_id is None or "Gavel-On-Behalf-Of" in self.headers:
            return self
        return replace(self, headers={**self.headers, "Gavel-On-Behalf-Of": user_in_path(user_id)})

    def request(self, base_url: str) -> httpx.Request:
        """The request as it is sent."""
        query = {name: value for name, value in self.query.items() if value is not None}
        body: Any = None if self.body is None else self.body.to_json()
        headers = {**COMMON, **self.headers}
        return httpx.Request(self.method, base_url + self.path, params=query or None, headers=headers, json=body)


def meeting_path(meeting_id: str) -> str:
    return f"/meetings/{in_path(meeting_id)}"


def read(
    path: str, answer: type[T], query: Mapping[str, str | int | None] | None = None, on_behalf_of: str | None = None
) -> Call[T]:
    """A call that changes nothing."""
    return Call("GET", path, answer, query or {}).on_behalf_of(on_behalf_of)


def write(method: str, path: str, answer: type[T], body: Sent | None, options: WriteOptions) -> Call[T]:
    """A call that changes something. It has an Idempotency-Key, so sending it twice makes one change."""
    headers = {}
    if "if_match" in options:
        headers["If-Match"] = f'"{options["if_match"].strip(chr(34))}"'
    dry_run = options.get("dry_run", False)
    if not dry_run:
        headers["Idempotency-Key"] = options.get("idempotency_key") or str(uuid4())
    call = Call(method, path, answer, {"dryRun": "true"} if dry_run else {}, body, headers)
    return call.on_behalf_of(options.get("on_behalf_of"))


def parsed(answer: type[T], response: httpx.Response) -> T:
    """The answer as its model. Raises `ProblemError`, or `UnexpectedAnswerError` if Gavel does not answer so."""
    if not response.is_success:
        raise failure(response)
    try:
        return answer.model_validate_json(response.content)
    except ValidationError as error:
        raise UnexpectedAnswerError(response.status_code, f"{response.text} ({error})") from error


def failure(response: httpx.Response) -> GavelError:
    """The exception for an answer that is an error."""
    problem = problem_of(response)
    if problem is None:
        return UnexpectedAnswerError(response.status_code, response.text)
    return problem_error(problem, retry_after(response))


def problem_of(response: httpx.Response) -> Problem | None:
    """The problem in the answer, also one that API Gateway has answered by itself."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if isinstance(document, dict) and "code" in document:
        try:
            return Problem.model_validate(document)
        except ValidationError:
            return None
    code = GATEWAY_CODES.get(response.status_code, "gateway" if response.is_server_error else None)
    if code is None:
        return None
    detail = document.get("message", "") if isinstance(document, dict) else response.text[:200]
    if response.status_code == httpx.codes.UNAUTHORIZED:
        token = response.request.headers.get("Authorization", "").removeprefix("Bearer ")
        detail = what_is_wrong(token, response.headers.get("WWW-Authenticate", ""))
    return Problem(
        type="about:blank", title=response.reason_phrase, status=response.status_code, detail=str(detail),
        instance=response.request.url.path, code=code,
    )  # fmt: skip


def retry_after(response: httpx.Response) -> float | None:
    """Seconds, if the answer names them."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
