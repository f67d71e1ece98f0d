"""Users who repeat what they may not do are limited for a while. Permitted commands never are."""

import pytest
from moderation.application.rate_limit import REFUSED
from moderation.application.requests import Request
from moderation.domain.commands import Mute, MuteEverybody, Register, SetRole
from moderation.domain.entry import DECIDED

from tests.memory.moderated_meeting import ADMIN, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, CommandedMeeting, by, code

ANOTHER = "22222222-2222-2222-2222-222222222222"
A_MINUTE = 60
ATTEMPTS = A_MINUTE // REFUSED


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


@pytest.mark.parametrize("of_all", [False, True])
def test_ten_attempts_are_lines_of_history_and_the_next_is_one_too_many(
    meeting: CommandedMeeting, of_all: bool
) -> None:
    def attempt() -> str:
        return code(meeting.say("bob", MUTE_ALL) if of_all else meeting.ask("bob", Mute(), "carol"))

    assert [attempt() for _ in range(ATTEMPTS + 1)] == ["not-permitted"] * ATTEMPTS + ["too-many"]
    assert len(meeting.entries(DECIDED)) == ATTEMPTS
    meeting.clock.pass_by(REFUSED)
    assert [attempt() for _ in range(2)] == ["not-permitted", "too-many"]


def test_each_meeting_has_a_bucket_of_its_own(meeting: CommandedMeeting) -> None:
    for _ in range(ATTEMPTS):
        meeting.say("bob", MUTE_ALL)
    meeting.chime.open(ANOTHER, {attendee_of(user): user for user in ("alice", "bob")})
    meeting.gavel.perform(Request(ANOTHER, ADMIN, Register(roles={"alice": "host"})))
    assert code(meeting.gavel.perform(Request(ANOTHER, by("bob"), MUTE_ALL))) == "not-permitted"
    assert code(meeting.say("bob", MUTE_ALL)) == "too-many"


def test_what_is_refused_for_another_reason_is_counted_for_nobody(meeting: CommandedMeeting) -> None:
    for _ in range(2 * ATTEMPTS):
        assert code(meeting.ask("alice", SetRole("clown"), "bob")) == "invalid-request"
        assert code(meeting.say("alice", MuteEverybody(spared_roles=("clown",)))) == "invalid-request"
    assert meeting.ledger.minutes == {}


def test_a_dry_run_is_not_counted(meeting: CommandedMeeting) -> None:
    for _ in range(2 * ATTEMPTS):
        assert code(meeting.ask("bob", Mute(), "carol", dry_run=True)) == "not-permitted"
    assert meeting.entries(DECIDED) == []
