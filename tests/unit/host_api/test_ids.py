"""Every id that Chime allows can be written into a path."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .door import A, Door, M

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
    assert door.gavel.requests[0].attendee_id == seat.removesuffix("%23content")
    assert door.gavel.requests[0].meeting_id == M


@pytest.mark.parametrize("seat", ["bob", A + "%23", A + "%23Content", A + "%23content%23content", A + "content"])
def test_what_is_no_seat(seat: str) -> None:
    assert Door()("GET", f"/meetings/{M}/attendees/{seat}").pointers == ["{attendeeId}"]
