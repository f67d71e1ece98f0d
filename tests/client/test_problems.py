"""Problems as exceptions, and what is sent again."""

import httpx
import pytest
from gavel_client import (
    BannedError,
    CapabilityUnavailableError,
    ChimeRefusedError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    NotPermittedError,
    OutcomeUnknownError,
    ProblemError,
    Retry,
    RevisionError,
    ServerError,
    TooManyError,
    UnauthenticatedError,
    UnexpectedAnswerError,
    UnreachableError,
    WaitingError,
)
from gavel_client.call import failure

from tests.client.server import CHANGE, MEETING, Server, change_answer, meeting, problem

ONCE = Retry(tries=1)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "invalid-request", InvalidRequestError),
        (403, "not-permitted", NotPermittedError),
        (403, "banned", BannedError),
        (403, "waiting", WaitingError),
        (404, "meeting-not-found", NotFoundError),
        (409, "last-host", ConflictError),
        (409, "something-new", ConflictError),
        (412, "revision-mismatch", RevisionError),
        (422, "idempotency-key-reused", InvalidRequestError),
        (428, "revision-required", RevisionError),
        (429, "too-many", TooManyError),
        (502, "chime-refused", ChimeRefusedError),
        (503, "busy", ServerError),
        (503, "outcome-unknown", OutcomeUnknownError),
    ],
)
def test_the_class_follows_from_code_and_status(status: int, code: str, error: type[ProblemError]) -> None:
    server = Server(problem(status, code))
    with pytest.raises(error) as raised:
        server.gavel(retry=ONCE).meetings.get(MEETING)
    assert type(raised.value) is error
    assert (raised.value.status, raised.value.code) == (status, code)


def test_what_withholds_it_is_told() -> None:
    limit = {"media": ["audio"], "withholds": "send", "by": "mute-all", "actor": "alice", "liftableBy": "host"}
    server = Server(problem(409, "capability-unavailable", limits=[limit]))
    with pytest.raises(CapabilityUnavailableError, match="409 capability-unavailable: text") as raised:
        server.gavel().meeting(MEETING).user("bob").unmute()
    assert [(each.by, each.actor) for each in raised.value.limits] == [("mute-all", "alice")]


def test_what_is_wrong_is_told() -> None:
    server = Server(problem(400, "invalid-request", errors=[{"pointer": "/media/0", "detail": "no medium"}]))
    with pytest.raises(InvalidRequestError) as raised:
        server.gavel().meeting(MEETING).user("bob").mute()
    assert raised.value.errors[0].pointer == "/media/0"


def test_the_gateways_own_answers() -> None:
    request = httpx.Request("GET", "https://api.example.com/x")
    error = failure(httpx.Response(401, json={"message": "Unauthorized"}, request=request))
    assert isinstance(error, UnauthenticatedError)
    assert (error.code, error.detail) == ("unauthorized", "the request has no token")
    assert isinstance(failure(httpx.Response(302, text="elsewhere", request=request)), UnexpectedAnswerError)


@pytest.mark.parametrize("trouble", [problem(503, "busy"), problem(429, "too-many"), httpx.ConnectError("refused")])
def test_a_write_is_sent_again_with_the_same_key(trouble: Exception | tuple[int, dict[str, object]]) -> None:
    server = Server(trouble, trouble, (200, change_answer()))
    assert server.gavel().meeting(MEETING).user("bob").mute().status == "applied"
    assert len(server.requests) == 3
    assert len({request.headers["Idempotency-Key"] for request in server.requests}) == 1


def test_a_refusal_is_not_sent_again() -> None:
    for refusal in (problem(403, "not-permitted"), problem(502, "chime-refused"), problem(409, "last-host")):
        server = Server(refusal)
        with pytest.raises(ProblemError):
            server.gavel().meeting(MEETING).user("bob").mute()
        assert len(server.requests) == 1


def test_an_internal_error_is_tried_once_more() -> None:
    server = Server(problem(500, "internal-error"))
    with pytest.raises(ServerError):
        server.gavel().meetings.get(MEETING)
    assert len(server.requests) == 2


def test_where_nobody_answers() -> None:
    server = Server(httpx.ConnectError("refused"))
    with pytest.raises(UnreachableError) as raised:
        server.gavel().meeting(MEETING).user("bob").mute(idempotency_key="mine")
    assert (raised.value.tries, raised.value.idempotency_key) == (5, "mine")


def test_an_unknown_outcome_names_the_change() -> None:
    server = Server(problem(503, "outcome-unknown", changeId=CHANGE))
    with pytest.raises(OutcomeUnknownError) as raised:
        server.gavel().meeting(MEETING).user("bob").mute()
    assert raised.value.change_id == CHANGE


def test_the_pause_before_the_next_try() -> None:
    retry = Retry(tries=4, within=10)
    request = httpx.Request("GET", "https://api.example.com/x")
    busy = httpx.Response(503, headers={"Retry-After": "3"}, json={}, request=request)
    assert retry.pause(busy, 1, 0) == 3
    assert retry.pause(busy, 1, 8) is None, "no time is left"
    assert retry.pause(busy, 4, 0) is None, "no try is left"
    assert retry.pause(httpx.Response(200, json=meeting(), request=request), 1, 0) is None
    pauses = [retry.pause(httpx.ConnectError("refused"), tried, 0) or 0 for tried in (1, 2, 3)]
    for tried, pause in enumerate(pauses):
        assert 0.125 * 2**tried <= pause <= 0.25 * 2**tried
