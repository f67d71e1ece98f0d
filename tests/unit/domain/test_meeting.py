"""When the reconciler has to check a meeting, and which rules end by themselves."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from moderation.domain.capability import EVERYTHING, LiftableBy, Medium, MuteAll
from moderation.domain.meeting import MeetingRules, UserRules
from moderation.domain.personal_rules import Ban, Floor
from moderation.domain.schedule import ends_between, next_check_at, next_end

from .cases import ALICE, NOW, meeting, withholding

SOON, LATE = NOW + timedelta(seconds=30), NOW + timedelta(seconds=90)


def all_muted(*until: datetime | None) -> MeetingRules:
    media = zip(Medium, until, strict=False)
    return MeetingRules(
        mute_alls=tuple(MuteAll(f"c/{m}", m, LiftableBy.HOST, ALICE, NOW, until=end) for m, end in media)
    )


@pytest.mark.parametrize(
    ("check_at", "rules", "then"),
    [
        (None, MeetingRules(), None),
        (None, all_muted(None), None),
        (None, all_muted(None, LATE, SOON), SOON),
        (LATE, all_muted(None), LATE),
        (LATE, all_muted(SOON), SOON),
        (SOON, all_muted(LATE), SOON),
    ],
)
def test_a_meeting_is_looked_at_when_it_was_to_be_or_when_a_mute_all_ends(
    check_at: datetime | None, rules: MeetingRules, then: datetime | None
) -> None:
    assert next_check_at(replace(meeting(), check_at=check_at), rules) == then


FLOOR = Floor((Medium.AUDIO,), ("",), ALICE, NOW, SOON)


@pytest.mark.parametrize(
    ("rules", "end"),
    [
        (UserRules(), None),
        (UserRules(ban=Ban(ALICE, NOW), restrictions=withholding(EVERYTHING)), None),
        (UserRules(restrictions=withholding(EVERYTHING, until=SOON), ban=Ban(ALICE, NOW, until=LATE)), SOON),
        (UserRules(restrictions=withholding(EVERYTHING, until=LATE), floor=FLOOR), SOON),
        (UserRules(ban=Ban(ALICE, NOW, until=SOON)), SOON),
    ],
)
def test_the_first_of_what_ends_by_itself(rules: UserRules, end: datetime | None) -> None:
    assert next_end(rules) == end
    assert ends_between(rules, NOW, SOON) is (end is not None)
    assert not ends_between(rules, SOON, SOON), "what ended at the first moment had ended before"
    assert not ends_between(rules, NOW, SOON - timedelta(milliseconds=1))
