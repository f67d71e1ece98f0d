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
from tests.e2e.bus_events import BusEvents
from tests.e2e.caller import Web, done, problem
from tests.e2e.deadline import until
from tests.e2e.light import light_bundle
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack
from tests.e2e.simulator import Simulator
from tests.e2e.test_tokens import DEFECTS, signed

pytestmark = pytest.mark.xdist_group("token-authorizer")
WITHOUT_EXPIRY = {"without an end": lambda local_stack: signed(local_stack, exp=None)}
NOT_LOOKED_AT = ("missing",)
"""The gateway asks nobody about it."""


@pytest.fixture(scope="module")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObservedStack]:
    asset, environment = light_bundle(tmp_path_factory.mktemp("bundle"))
    context = {"authorizer": "lambda"}
    with LocalStack(asset=asset, function_environment=environment, context=context, issuer_algorithm=ELLIPTIC) as stack:
        web, simulator = Web(stack.api_url), Simulator(stack.chime_url)
        yield ObservedStack(stack, web, simulator, BusEvents(None, stack.events_queue_url))
        web.close()
        simulator.close()


@pytest.fixture(scope="module")
def meeting(local_stack: ObservedStack) -> ModeratedMeeting:
    """Registered by a token with the admin's scope."""
    return local_stack.meeting()


def test_a_host_mutes_and_unmutes(meeting: ModeratedMeeting) -> None:
    assert done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))["status"] == "applied"
    assert meeting.has("bob") == MUTED
    done(meeting.on_behalf_of("alice").post(meeting.at("bob", "/unmute")))
    assert meeting.has("bob") == EVERYTHING
    problem(meeting.bob.post("/mute-all", {}), 403, "not-permitted")


@pytest.mark.parametrize("defect", [*DEFECTS, *WITHOUT_EXPIRY])
def test_no_token_but_a_good_one(local_stack: ObservedStack, meeting: ModeratedMeeting, defect: str) -> None:
    caller = meeting.with_token((DEFECTS | WITHOUT_EXPIRY)[defect](local_stack))
    for answer in (caller.post("/mute-all", {}), caller.get("/history"), caller.get("/no/such/route")):
        assert (answer.status_code, answer.json()["message"].lower()) == (401, "unauthorized"), defect
        if defect not in NOT_LOOKED_AT:
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="gavel", error="invalid_token"')
    assert meeting.has("bob") == EVERYTHING


@pytest.mark.parametrize("scope", ["xgavel/admin", "gavel/adminx", "GAVEL/ADMIN", ["openid", "gavel/administrator"]])
def test_no_scope_but_the_one(local_stack: ObservedStack, meeting: ModeratedMeeting, scope: object) -> None:
    caller = meeting.with_token(signed(local_stack, sub="mallory", scope=scope))
    problem(caller.put(body={"roles": {"mallory": "host"}}), 403, "not-permitted")


def test_scopes_as_okta_has_them(local_stack: ObservedStack, meeting: ModeratedMeeting) -> None:
    caller = meeting.with_token(signed(local_stack, sub="back-end", scp=["openid", "gavel/admin"]))
    assert "roles" in done(caller.get())


def test_a_token_that_expires_is_refused_though_the_gateway_keeps_its_answer(
    local_stack: ObservedStack, meeting: ModeratedMeeting
) -> None:
    caller = meeting.with_token(signed(local_stack, exp=int(time.time()) + 5))
    assert done(caller.get("/me"))["role"] == "host"
    refused: httpx.Response = until(lambda: _unless_taken(caller.get("/me")), 20, "it expires")
    assert "the token has expired" in refused.headers["WWW-Authenticate"]


def test_a_token_is_looked_at_once(local_stack: ObservedStack, meeting: ModeratedMeeting) -> None:
    """And its log names nobody."""
    caller = meeting.with_token(signed(local_stack, sub="alice", nonce=time.time()))
    before = lines(local_stack)
    for _ in range(3):
        done(caller.get("/me"))
    new = until(lambda: lines(local_stack)[len(before) :] or None, 20, "it is logged")
    assert [line["message"] for line in new] == ["token accepted"]
    assert "alice" not in json.dumps(new)


def test_ids_of_all_kinds_reach_the_function(local_stack: ObservedStack) -> None:
    user = 'Müller "1" «ß»'
    meeting = local_stack.meeting({"alice": "host", user: "participant"})
    assert done(meeting.caller(user).get("/me"))["attendee"]["externalUserId"] == user


def _unless_taken(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code == httpx.codes.UNAUTHORIZED else None


def lines(local_stack: ObservedStack) -> list[dict[str, object]]:
    found = [json.loads(line) for line in messages(local_stack.stack.aws_endpoint_url) if line.startswith("{")]
    return [line for line in found if str(line.get("message")).startswith("token ")]
