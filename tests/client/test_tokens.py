"""Where tokens come from."""

import httpx
import pytest
from gavel_client import ClientCredentials, TokenError

from tests.client.server import MEETING, Server, meeting, problem

ISSUER = "https://issuer.example.com/oauth2/token"


class Clock:
    """Seconds, as the tests turn them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Issuer(Server):
    """An API that takes the newest token only, and the issuer of its tokens."""

    def __init__(self) -> None:
        super().__init__((200, meeting()))
        self.issued: list[httpx.Request] = []
        self.newest = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if str(request.url) == ISSUER:
            self.issued.append(request)
            self.newest = f"token-{len(self.issued)}"
            return httpx.Response(200, json={"access_token": self.newest, "expires_in": 3600})
        answer = super().__call__(request)
        authorized = request.headers["Authorization"] == f"Bearer {self.newest}"
        return answer if authorized else httpx.Response(401, json={"message": "Unauthorized"})


def test_a_function_is_asked_before_each_request() -> None:
    tokens = iter(["one", "two"])
    server = Server(problem(503, "busy"), (200, meeting()))
    server.gavel(lambda: next(tokens)).meetings.get(MEETING)
    assert [request.headers["Authorization"] for request in server.requests] == ["Bearer one", "Bearer two"]


def test_client_credentials_are_fetched_once_and_kept() -> None:
    issuer, clock = Issuer(), Clock()
    gavel = issuer.gavel(ClientCredentials(ISSUER, "id", "secret", clock=clock))
    gavel.meetings.get(MEETING)
    clock.now = 3500
    gavel.meetings.get(MEETING)
    assert len(issuer.issued) == 1
    assert issuer.issued[0].headers["Authorization"] == "Basic aWQ6c2VjcmV0"  # pragma: allowlist secret
    assert issuer.issued[0].content == b"grant_type=client_credentials&scope=gavel%2Fadmin"


def test_a_token_is_renewed_before_it_ends() -> None:
    issuer, clock = Issuer(), Clock()
    gavel = issuer.gavel(ClientCredentials(ISSUER, "id", "secret", clock=clock))
    gavel.meetings.get(MEETING)
    clock.now = 3550
    gavel.meetings.get(MEETING)
    assert len(issuer.issued) == 2


def test_a_token_that_is_refused_is_replaced() -> None:
    issuer = Issuer()
    gavel = issuer.gavel(ClientCredentials(ISSUER, "id", "secret"))
    gavel.meetings.get(MEETING)
    issuer.newest = "revoked all"
    gavel.meetings.get(MEETING)
    assert len(issuer.issued) == 2


def test_an_issuer_that_refuses() -> None:
    server = Server((400, {"error": "invalid_client"}))
    with pytest.raises(TokenError, match="answers 400 without a token"):
        server.gavel(ClientCredentials(ISSUER, "id", "wrong")).meetings.get(MEETING)


def test_an_async_function_needs_the_async_client() -> None:
    async def token() -> str:
        return "token"

    with pytest.raises(TokenError, match="AsyncGavel"):
        Server((200, meeting())).gavel(token).meetings.get(MEETING)
