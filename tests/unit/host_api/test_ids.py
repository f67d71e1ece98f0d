"""Every id that Chime allows can be written into a path."""

import base64
from urllib.parse import quote

import pytest
from host_api.app import create_app
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation.domain.commands import MuteEverybody

from .api import A, HostApi, M, StandIn, event

ALLOWED = "-_&@+=,(){}[]/«».:|'\"#" + "abcXYZ019" + "ÀÿÖ×÷" + " \t\n\r\f\v"
IDS = st.text(st.sampled_from(ALLOWED), min_size=2, max_size=64).filter(lambda u: not u.lower().startswith("aws:"))


def with_tilde(user_id: str) -> str:
    return "~" + base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")


def who_was_asked_for(path: str) -> object:
    api = HostApi()
    assert api("GET", path).status == 200
    return api.gavel.asked[-1][4]


@settings(deadline=None)
@given(IDS)
def test_with_tilde(user_id: str) -> None:
    assert who_was_asked_for(f"/meetings/{M}/users/{with_tilde(user_id)}") == user_id


@settings(deadline=None)
@given(IDS.filter(lambda u: "/" not in u))
def test_percent_encoded(user_id: str) -> None:
    assert who_was_asked_for(f"/meetings/{M}/users/{quote(user_id, safe='')}") == user_id


@settings(deadline=None)
@given(IDS.filter(lambda u: "/" not in u))
def test_a_gateway_that_decodes_nothing(user_id: str) -> None:
    api = HostApi()
    said = {
        "rawPath": f"/meetings/{M}/users/{quote(user_id, safe='')}",
        "requestContext": {
            "http": {"method": "GET"},
            "authorizer": {"jwt": {"claims": {"sub": "alice"}}},
        },
    }
    assert api.send(said).status == 200
    assert api.gavel.asked[-1][4] == user_id


def test_plus_is_plus() -> None:
    assert who_was_asked_for(f"/meetings/{M}/users/a+b") == "a+b"


def test_a_slash_needs_the_tilde() -> None:
    reply = HostApi()("GET", f"/meetings/{M}/users/a%2Fb")
    assert (reply.status, reply.code) == (404, "not-found")
    assert "base64url" in reply.document["detail"]


@pytest.mark.parametrize(
    "written",
    [
        "x",
        "x" * 65,
        "a%25b",
        "a%2525b",
        "a%FF",
        "%E2%82%AC%E2%82%AC",
        "aws:x",
        "aWs%3Ax",
        "~",
        "~YQ",
        "~_w",
        "~a",
        "~%21",
    ],
)
def test_what_is_no_user_id(written: str) -> None:
    audio = {"audio": "None"}
    for method, rest, body in (("GET", "", None), ("POST", "/mute", None), ("PATCH", "/capabilities", audio)):
        reply = HostApi()(method, f"/meetings/{M}/users/{written}{rest}", body)
        assert (reply.status, reply.pointers) == (400, ["{externalUserId}"])


@pytest.mark.parametrize("attendee", [A, A.upper(), A + "%23content"])
def test_attendees(attendee: str) -> None:
    api = HostApi()
    assert api("POST", f"/meetings/{M}/attendees/{attendee}/mute").status == 200
    assert api.gavel.requests[0].attendee_id == A
    assert api.gavel.requests[0].meeting_id == M


def test_ids_in_capitals() -> None:
    """As Swift writes a UUID; what is asked for is what Chime knows, wherever an id stands."""
    api = HostApi()
    meeting, attendee = "AAAAAAAA-bbbb-CCCC-dddd-EEEEEEEEEEEE", "BBBBBBBB-0000-0000-0000-000000000001"
    assert api("GET", f"/meetings/{meeting}").status == 200
    assert api.gavel.asked[-1][1] == meeting.lower()
    assert api("POST", f"/meetings/{meeting}/mute-all", {"except": {"attendeeIds": [attendee]}}).status == 200
    assert api("PUT", f"/meetings/{meeting}/attendees/{attendee}", {}).status == 200
    spared, bound = api.gavel.requests
    assert spared.meeting_id == bound.meeting_id == meeting.lower()
    assert isinstance(spared.command, MuteEverybody)
    assert spared.command.spared_attendees == (attendee.lower(),)
    assert bound.attendee_id == attendee.lower()


@pytest.mark.parametrize("path", ["", "/me", f"/attendees/{A}", "/history", "/lobby", "/users/bob/"])
def test_a_slash_at_the_end(path: str) -> None:
    """It says nothing, but behind an ExternalUserId, which may end with one: `bob/` is not bob."""
    reply = HostApi()("GET", f"/meetings/{M}{path.removesuffix('/')}/")
    assert (reply.status, reply.code) == ((404, "not-found") if "users" in path else (200, None))
    assert HostApi()("POST", f"/meetings/{M}/users/bob/mute/").status == 200
    assert HostApi()("PUT", f"/meetings/{M}/bans/bob/", {}).status == 404
    assert HostApi()("GET", f"/meetings/{M}//").status == 404


@pytest.mark.parametrize("path", [f"/meetings/{M}%2Fmute-all", f"/meetings/{M}/mut%65-all", "/meet%69ngs/x/mute-all"])
def test_an_escape_reaches_no_other_route(path: str) -> None:
    """Where a gateway decodes nothing."""
    api = HostApi()
    said = event("POST", "/", {}, None, {"sub": "alice"}) | {"rawPath": path}
    assert api.send(said).status in (400, 404, 405)
    assert api.gavel.requests == []


@pytest.mark.parametrize("path", ["", "/me", "/attendees", f"/attendees/{A}", "/history", "/nowhere"])
def test_head(path: str) -> None:
    """All of a `GET` but the body."""
    heads = []
    for method in ("GET", "HEAD"):
        answer = create_app(StandIn, lambda: "sub")(event(method, f"/meetings/{M}{path}", claims={"sub": "alice"}))
        heads.append((answer["statusCode"], answer["headers"]))
    assert heads[0] == heads[1]
    assert answer["body"] == ""


def test_head_changes_nothing() -> None:
    api = HostApi()
    answer = create_app(lambda: api.gavel, lambda: "sub")(
        event("HEAD", f"/meetings/{M}/mute-all", claims={"sub": "alice"})
    )
    assert (answer["statusCode"], answer["headers"]) == (405, {**answer["headers"], "Allow": "POST"})
    assert api.gavel.requests == []


@pytest.mark.parametrize("attendee", ["bob", A + "%23", A + "%23Content", A + "%23content%23content", A + "content"])
def test_what_is_no_attendee(attendee: str) -> None:
    assert HostApi()("GET", f"/meetings/{M}/attendees/{attendee}").pointers == ["{attendeeId}"]
