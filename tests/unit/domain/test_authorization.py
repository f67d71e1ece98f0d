"""What the policies are asked: who asks, in which role, what for, and about whom, in which state of the meeting."""

from dataclasses import replace

import pytest
from moderation.domain.actor import AuthorizationRequest
from moderation.domain.authorization import question
from moderation.domain.meeting import MeetingRules, Seat, User, UserRules
from moderation.domain.personal_rules import Ban, Waiting

from .scenes import ALICE, NOW, SEAT, meeting

AT = replace(meeting(), rules=MeetingRules(mode="audience", default_role="viewer"))
HOST = User("alice", UserRules("host"))
ASKED = AuthorizationRequest(ALICE, "host", "mute", "m", "audience", False, None, None, False, False)


def test_about_the_meeting() -> None:
    assert question(ALICE, HOST, "mute", AT) == ASKED
    frozen = replace(AT, rules=replace(AT.rules, frozen_at=NOW))
    assert question(ALICE, HOST, "mute", frozen) == replace(ASKED, frozen=True)


@pytest.mark.parametrize(
    ("rules", "role", "is_banned", "waits"),
    [
        (UserRules("presenter"), "presenter", False, False),
        (UserRules(), "viewer", False, False),
        (UserRules("presenter", ban=Ban(ALICE, NOW)), "presenter", True, False),
        (UserRules(waiting=Waiting(NOW)), "viewer", False, True),
    ],
)
def test_about_somebody_in_it(rules: UserRules, role: str, is_banned: bool, waits: bool) -> None:
    about = replace(ASKED, person="bob", person_role=role, person_is_banned=is_banned, person_waits=waits)
    assert question(ALICE, HOST, "mute", AT, User("bob", rules)) == about


@pytest.mark.parametrize(
    ("caller", "role"),
    [
        (None, None),
        (User("alice"), None),
        (User("alice", seats={SEAT: Seat(SEAT)}), "viewer"),
        (User("alice", UserRules("host", ban=Ban(ALICE, NOW))), None),
        (User("alice", UserRules("host", removed_at=NOW)), None),
    ],
)
def test_who_is_nobody_here_asks_in_no_role(caller: User | None, role: str | None) -> None:
    assert question(ALICE, caller, "mute", AT).role == role
