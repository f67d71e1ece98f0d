"""Authorization requests: principal, role, action, target and the state of the meeting."""

from dataclasses import replace

import pytest
from moderation.domain.actor import AuthorizationRequest
from moderation.domain.decisions.decision import authorization_request
from moderation.domain.meeting import Attendee, MeetingRules, User, UserRules
from moderation.domain.personal_rules import Ban, Waiting

from .cases import ALICE, ATTENDEE, NOW, meeting

AT = replace(meeting(), rules=MeetingRules(mode="audience", default_role="viewer"))
HOST = User("alice", UserRules("host"))
ASKED = AuthorizationRequest(ALICE, "host", "mute", "m", "audience", external_meeting_id="standup")


def test_about_the_meeting() -> None:
    assert authorization_request(ALICE, HOST, "mute", AT) == ASKED
    frozen = replace(AT, rules=replace(AT.rules, frozen_at=NOW))
    assert authorization_request(ALICE, HOST, "mute", frozen) == replace(ASKED, frozen=True)


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
    about = replace(ASKED, user_id="bob", user_role=role, user_is_banned=is_banned, user_waits=waits)
    assert authorization_request(ALICE, HOST, "mute", AT, User("bob", rules)) == about


@pytest.mark.parametrize(
    ("caller", "role"),
    [
        (None, None),
        (User("alice"), None),
        (User("alice", attendees={ATTENDEE: Attendee(ATTENDEE)}), "viewer"),
        (User("alice", UserRules("host", ban=Ban(ALICE, NOW))), None),
        (User("alice", UserRules("host", removed_at=NOW)), None),
    ],
)
def test_who_is_nobody_here_asks_in_no_role(caller: User | None, role: str | None) -> None:
    assert authorization_request(ALICE, caller, "mute", AT).role == role
