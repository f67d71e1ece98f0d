"""Every id that Chime allows can be written into a path."""

import base64
from urllib.parse import quote

import pytest
from host_api.app import create_app
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation.domain.commands import MuteEverybody

from .door import A, Door, M, StandIn, event

ALLOWED = "-_&@+=,(){}[]/«».:|'\"#" + "abcXYZ019" + "ÀÿÖ×÷" + " \t\n\r\f\v"
IDS = st.text(st.sampled_from(ALLOWED), min_size=2, max_size=64).filter(lambda u: not u.lower().startswith("aws:"))


def with_tilde(user_id: str) -> str:
    return "~" + base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")


def who_was_asked_for(path: str) -> object:
    door = Door()
    assert door("GET", path).status == 200
    return door.gavel.asked[-1][4]


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
    door = Door()
    said = {
        "rawPath": f"/meetings/{M}/users/{quote(user_id, safe='')}",
        "requestContext": {
            "http": {"method": "GET"},
            "authorizer": {"jwt": {"claims": {"sub": "alice"}}},
        },
    }
    assert door.send(said).status == 200
    assert door.gavel.asked[-1][4] == user_id


def test_plus_is_plus() -> None:
    assert who_was_asked_for(f"/meetings/{M}/users/a+b") == "a+b"


def test_a_slash_needs_the_tilde() -> None:
    reply = Door()("GET", f"/meetings/{M}/users/a%2Fb")
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
    for method, rest in (("GET", ""), ("POST", "/mute"), ("POST", "/unmute"), ("PATCH", "/capabilities")):
        reply = Door()(method, f"/meetings/{M}/users/{written}{rest}")
        assert (reply.status, reply.pointers) == (400, ["{externalUserId}"])


@pytest.mark.parametrize("seat", [A, A.upper(), A + "%23content"])
def test_seats(seat: str) -> None:
    door = Door()
    assert door("POST", f"/meetings/{M}/attendees/{seat}/mute").status == 200
    assert door.gavel.requests[0].attendee_id == A
    assert door.gavel.requests[0].meeting_id == M


def test_ids_in_capitals() -> None:
    """As Swift writes a UUID; what is asked for is what Chime knows, wherever an id stands."""
    door = Door()
    meeting, seat = "AAAAAAAA-bbbb-CCCC-dddd-EEEEEEEEEEEE", "BBBBBBBB-0000-0000-0000-000000000001"
    assert door("GET", f"/meetings/{meeting}").status == 200
    assert door.gavel.asked[-1][1] == meeting.lower()
    assert door("POST", f"/meetings/{meeting}/mute-all", {"except": {"attendeeIds": [seat]}}).status == 200
    assert door("PUT", f"/meetings/{meeting}/attendees/{seat}", {}).status == 200
    spared, bound = door.gavel.requests
    assert spared.meeting_id == bound.meeting_id == meeting.lower()
    assert isinstance(spared.command, MuteEverybody)
    assert spared.command.spared_attendees == (seat.lower(),)
    assert bound.attendee_id == seat.lower()


@pytest.mark.parametrize("path", ["", "/me", f"/attendees/{A}", "/history", "/lobby", "/users/bob/"])
def test_a_slash_at_the_end(path: str) -> None:
    """It says nothing, but behind an ExternalUserId, which may end with one: `bob/` is not bob."""
    reply = Door()("GET", f"/meetings/{M}{path.removesuffix('/')}/")
    assert (reply.status, reply.code) == ((404, "not-found") if "users" in path else (200, None))
    assert Door()("POST", f"/meetings/{M}/users/bob/mute/").status == 200
    assert Door()("PUT", f"/meetings/{M}/bans/bob/", {}).status == 404
    assert Door()("GET", f"/meetings/{M}//").status == 404


@pytest.mark.parametrize("path", [f"/meetings/{M}%2Fmute-all", f"/meetings/{M}/mut%65-all", "/meet%69ngs/x/mute-all"])
def test_an_escape_reaches_no_other_route(path: str) -> None:
    """Where a gateway decodes nothing."""
    door = Door()
    said = event("POST", "/", {}, None, {"sub": "alice"}) | {"rawPath": path}
    assert door.send(said).status in (400, 404, 405)
    assert door.gavel.requests == []


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
    door = Door()
    answer = create_app(lambda: door.gavel, lambda: "sub")(
        event("HEAD", f"/meetings/{M}/mute-all", claims={"sub": "alice"})
    )
    assert (answer["statusCode"], answer["headers"]) == (405, {**answer["headers"], "Allow": "POST"})  # type: ignore[dict-item]
    assert door.gavel.requests == []


@pytest.mark.parametrize("seat", ["bob", A + "%23", A + "%23Content", A + "%23content%23content", A + "content"])
def test_what_is_no_seat(seat: str) -> None:
    assert Door()("GET", f"/meetings/{M}/attendees/{seat}").pointers == ["{attendeeId}"]
