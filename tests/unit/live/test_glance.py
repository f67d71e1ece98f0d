"""What somebody who listens may see of others is what the policies say of each of them."""

from dataclasses import dataclass

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.application.live.meeting_view import MeetingView, SubscriberView
from moderation.application.queries.meetings import MeetingQueries, with_hands
from moderation.domain.actor import Authorization, AuthorizationRequest

from tests.memory.moderated_meeting import MEETING, POLICIES, ModeratedMeeting
from tests.unit.application.hall import by


@dataclass
class Limited:
    """The shipped policies, but for whose limits may be seen."""

    in_general: bool
    of: str | None

    def authorize(self, question: AuthorizationRequest) -> Authorization:
        if question.action != "view-limits":
            return POLICIES.authorize(question)
        return Authorization(self.in_general if question.person is None else question.person == self.of)

    def __getattr__(self, name: str) -> object:
        return getattr(POLICIES, name)


def limits_shown(policies: Limited, user: str) -> set[str]:
    scene = ModeratedMeeting()
    people = with_hands(scene.world, MEETING)
    given: CedarPolicies = policies  # type: ignore[assignment]
    seen = SubscriberView(
        MeetingView(scene.meeting(), people, given, scene.surroundings.now(), MeetingQueries(scene.world)), by(user)
    )
    return {name for name in people if '"limits"' in "".join(seen.attendees([name]))}


@pytest.mark.parametrize(
    ("policies", "shown"),
    [
        (Limited(True, "bob"), {"alice", "bob"}),
        (Limited(True, None), {"alice"}),
        (Limited(False, "bob"), {"alice"}),
    ],
)
def test_limits_are_shown_of_whom_the_policies_say_and_ones_own(policies: Limited, shown: set[str]) -> None:
    assert limits_shown(policies, "alice") == shown
