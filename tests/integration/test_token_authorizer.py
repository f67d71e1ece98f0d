"""An issuer that signs with ES256, which API Gateway's own authorizer does not know: on the local stack a function
looks at the tokens, and nothing else is different.
"""

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from local.issuer import ELLIPTIC
from local.logs import messages
from local.stack import LocalStack
from tests.e2e.caller import Web, done, problem
from tests.e2e.deadline import until
from tests.e2e.light import light_bundle
from tests.e2e.scene import EVERYTHING, MUTED, ModeratedMeeting, Theatre
from tests.e2e.simulator import Simulator
from tests.e2e.tap import Tap
from tests.e2e.test_tokens import DEFECTS, signed

pytestmark = pytest.mark.xdist_group("token-authorizer")
WITHOUT_EXPIRY = {"without an end": lambda theatre: signed(theatre, exp=None)}
NOT_LOOKED_AT = ("missing",)
"""The gateway asks nobody about it."""


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    asset, environment = light_bundle(tmp_path_factory.mktemp("bundle"))
    context = {"authorizer": "lambda"}
    with LocalStack(asset=asset, function_environment=environment, context=context, issuer_algorithm=ELLIPTIC) as stack:
        web, simulator = Web(stack.api_url), Simulator(stack.chime_url)
        yield Theatre(stack, web, simulator, Tap(None, stack.events_queue_url))
        web.close()
        simulator.close()


@pytest.fixture(scope="module")
def scene(theatre: Theatre) -> ModeratedMeeting:
    """Registered by a token with the admin's scope."""
    return theatre.scene()


def test_a_host_mutes_and_unmutes(scene: ModeratedMeeting) -> None:
    assert done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))["status"] == "applied"
    assert scene.has("bob") == MUTED
    done(scene.on_behalf_of("alice").post(scene.at("bob", "/unmute")))
    assert scene.has("bob") == EVERYTHING
    problem(scene.bob.post("/mute-all", {}), 403, "not-permitted")


@pytest.mark.parametrize("defect", [*DEFECTS, *WITHOUT_EXPIRY])
def test_no_token_but_a_good_one(theatre: Theatre, scene: ModeratedMeeting, defect: str) -> None:
    caller = scene.with_token((DEFECTS | WITHOUT_EXPIRY)[defect](theatre))
    for answer in (caller.post("/mute-all", {}), caller.get("/history"), caller.get("/no/such/route")):
        assert (answer.status_code, answer.json()["message"].lower()) == (401, "unauthorized"), defect
        if defect not in NOT_LOOKED_AT:
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="gavel", error="invalid_token"')
    assert scene.has("bob") == EVERYTHING


@pytest.mark.parametrize("scope", ["xgavel/admin", "gavel/adminx", "GAVEL/ADMIN", ["openid", "gavel/administrator"]])
def test_no_scope_but_the_one(theatre: Theatre, scene: ModeratedMeeting, scope: object) -> None:
    caller = scene.with_token(signed(theatre, sub="mallory", scope=scope))
    problem(caller.put(body={"roles": {"mallory": "host"}}), 403, "not-permitted")


def test_scopes_as_okta_has_them(theatre: Theatre, scene: ModeratedMeeting) -> None:
    caller = scene.with_token(signed(theatre, sub="back-end", scp=["openid", "gavel/admin"]))
    assert "roles" in done(caller.get())


def test_a_token_that_expires_is_refused_though_the_gateway_keeps_its_answer(
    theatre: Theatre, scene: ModeratedMeeting
) -> None:
    caller = scene.with_token(signed(theatre, exp=int(time.time()) + 5))
    assert done(caller.get("/me"))["role"] == "host"
    refused: httpx.Response = until(lambda: _unless_taken(caller.get("/me")), 20, "it expires")
    assert "the token has expired" in refused.headers["WWW-Authenticate"]


def test_a_token_is_looked_at_once(theatre: Theatre, scene: ModeratedMeeting) -> None:
    """And its log names nobody."""
    caller = scene.with_token(signed(theatre, sub="alice", nonce=time.time()))
    before = lines(theatre)
    for _ in range(3):
        done(caller.get("/me"))
    new = until(lambda: lines(theatre)[len(before) :], 20, "it is logged")
    assert [line["message"] for line in new] == ["token taken"]
    assert "alice" not in json.dumps(new)


def test_ids_of_all_kinds_reach_the_function(theatre: Theatre) -> None:
    user = 'Müller "1" «ß»'
    scene = theatre.scene({"alice": "host", user: "participant"})
    assert done(scene.person(user).get("/me"))["attendee"]["externalUserId"] == user


def _unless_taken(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code == httpx.codes.UNAUTHORIZED else None


def lines(theatre: Theatre) -> list[dict[str, object]]:
    found = [json.loads(line) for line in messages(theatre.stack.aws_endpoint_url) if line.startswith("{")]
    return [line for line in found if str(line["message"]).startswith("token ")]
