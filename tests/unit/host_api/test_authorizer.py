"""Answers of the stack's own authorizer: its claims count like API Gateway's, and without claims the answer is 401."""

import json
import time
from typing import Any

import pytest
from moderation.domain.actor import Actor, ActorKind

from .api import HostApi, M, Reply

ME = f"/meetings/{M}/me"
LATER = "4000000000"


def asked(context: object, api: HostApi | None = None, path: str = ME, method: str = "GET") -> Reply:
    event: dict[str, Any] = {
        "rawPath": path,
        "requestContext": {"http": {"method": method}, "authorizer": {"lambda": context}},
    }
    return (api or HostApi()).send(event)


def claims(**said: object) -> dict[str, str]:
    return {"claims": json.dumps({"sub": "alice", "exp": LATER} | said)}


def test_claims_are_taken_as_from_the_gateway() -> None:
    api = HostApi()
    assert asked(claims(), api).status == 200
    assert api.gavel.actor == Actor(ActorKind.USER, "alice")
    assert asked(claims(sub="back-end", scp="[openid gavel/admin]"), api).status == 200
    assert api.gavel.actor == Actor(ActorKind.ADMIN, "back-end")


def test_a_refusal_is_answered_as_the_gateway_does() -> None:
    api = HostApi()
    reply = asked({"refusal": "the audience is not one that the API takes"}, api)
    assert (reply.status, reply.document) == (401, {"message": "Unauthorized"})
    assert reply.headers["WWW-Authenticate"] == (
        'Bearer realm="gavel", error="invalid_token", error_description="the audience is not one that the API takes"'
    )
    assert not api.gavel.asked


@pytest.mark.parametrize("path", ["/no/such/route", "/meetings/x?y=1"])
def test_a_stranger_learns_nothing_of_routes(path: str) -> None:
    assert asked({"refusal": "no"}, path=path, method="PUT").status == 401


@pytest.mark.parametrize(
    "context",
    [
        None,
        {},
        [],
        "claims",
        {"claims": None},
        {"claims": ""},
        {"claims": "no JSON"},
        {"claims": "[]"},
        {"claims": {"sub": "alice", "exp": LATER}},
        {"claims": '{"sub": "alice"}'},
        claims(exp="soon"),
        claims(exp=None),
        {"sub": "alice", "exp": LATER},
    ],
    ids=repr,
)
def test_without_claims_nobody_gets_in(context: object) -> None:
    api = HostApi()
    assert asked(context, api).status == 401
    assert not api.gavel.asked


@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (0, 401), (-60, 401)])
def test_the_gateway_keeps_an_answer_but_no_token_longer_than_it_lasts(seconds: int, status: int) -> None:
    assert asked(claims(exp=str(int(time.time()) + seconds))).status == status


def test_a_refusal_leaves_a_line_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    asked({"refusal": "the token has expired"})
    line = json.loads(capsys.readouterr().out)
    assert (line["message"], line["status"], line["personal"]) == ("answered", 401, {})
