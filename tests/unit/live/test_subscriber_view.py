"""A subscriber sees of each other user what the policies permit."""

from dataclasses import dataclass

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.application.live.meeting_view import MeetingView, SubscriberView
from moderation.application.queries.meetings import with_hands
from moderation.bootstrap import meeting_queries
from moderation.domain.actor import Authorization, AuthorizationRequest

from tests.memory.moderated_meeting import MEETING, POLICIES, ModeratedMeeting
from tests.unit.application.commanded_meeting import by


@dataclass
class Limited:
    """The shipped policies, except for which limits may be seen."""

    in_general: bool
    of: str | None

    def authorize(self, question: AuthorizationRequest) -> Authorization:
        if question.action != "view-limits":
            return POLICIES.authorize(question)
        return Authorization(self.in_general if question.user_id is None else question.user_id == self.of)

    def __getattr__(self, name: str) -> object:
        return getattr(POLICIES, name)


def limits_shown(policies: Limited, user: str) -> set[str]:
    meeting = ModeratedMeeting()
    users = with_hands(meeting.ledger, MEETING)
    given: CedarPolicies = policies  # type: ignore[assignment]
    seen = SubscriberView(
        MeetingView(meeting.stored(), users, given, meeting.clock.now(), meeting_queries(meeting.ports)),
        by(user),
    )
    return {name for name in users if '"limits"' in "".join(seen.attendees([name]))}


@pytest.mark.parametrize(
    ("policies", "shown"),
    [
        (Limited(True, "bob"), {"alice", "bob"}),
        (Limited(True, None), {"alice"}),
        (Limited(False, "bob"), {"alice"}),
    ],
)
def test_limits_are_shown_as_the_policies_say_and_ones_own(policies: Limited, shown: set[str]) -> None:
    assert limits_shown(policies, "alice") == shown
