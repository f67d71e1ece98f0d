"""ExternalUserIds are the customer's: every character that Chime allows is accepted."""

import base64
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.e2e.caller import done
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack

PEOPLE = [
    "Jörg Müller",
    "O'Hara, {Pat}",
    "«Les» élèves",
    'room#7 "blue"',
    "a&b=c+d|e",
    "a\ttab",
    "(sales)[eu]:x.y@z",
    "++",
]
TILDE_ONLY = ["school/class-3/ann", "two\nlines"]
"""Gateways split a path at a slash, and the emulator's routes don't reach across the end of a line."""


def percent(user: str) -> str:
    return quote(user, safe="")


def tilde(user: str) -> str:
    return "~" + base64.urlsafe_b64encode(user.encode()).decode().rstrip("=")


@pytest.fixture(scope="module")
def crowd(local_stack: ObservedStack) -> ModeratedMeeting:
    return local_stack.meeting({"alice": "host", **dict.fromkeys(PEOPLE + TILDE_ONLY, "participant")})


@pytest.mark.parametrize("user", PEOPLE)
@pytest.mark.parametrize("written", [percent, tilde])
def test_a_user_is_found_by_any_name(crowd: ModeratedMeeting, user: str, written: Callable[[str], str]) -> None:
    path = f"/users/{written(user)}"
    shown = done(crowd.alice.get(path))
    assert (shown["externalUserId"], shown["attendeeId"]) == (user, crowd.attendees[user])
    muted = done(crowd.alice.post(f"{path}/mute"))
    assert (muted["attendee"]["externalUserId"], crowd.has(user)) == (user, MUTED)
    done(crowd.alice.post(f"{path}/unmute"))
    assert crowd.has(user) == EVERYTHING


@pytest.mark.parametrize("user", TILDE_ONLY)
def test_what_no_path_holds_needs_the_tilde(crowd: ModeratedMeeting, user: str) -> None:
    done(crowd.alice.post(f"/users/{tilde(user)}/mute"))
    assert crowd.has(user) == MUTED


@pytest.mark.parametrize("user", PEOPLE + TILDE_ONLY)
def test_a_user_may_call_by_any_name(crowd: ModeratedMeeting, user: str) -> None:
    """As `sub` of a token, and in the header of a back end that acts for the user."""
    assert done(crowd.caller(user).get("/me"))["attendee"]["externalUserId"] == user
    assert done(crowd.on_behalf_of(user).get("/me"))["attendee"]["externalUserId"] == user


def test_a_screen_share_is_its_attendee(crowd: ModeratedMeeting) -> None:
    attendee = crowd.attendees["alice"]
    assert done(crowd.alice.get(f"/attendees/{attendee}%23content"))["attendeeId"] == attendee
