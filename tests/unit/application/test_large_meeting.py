"""A meeting of 250 with 40 different restrictions: few calls, every outcome, every attendee as the rules say."""

import pytest
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.commands import Mute, MuteEverybody, SetCapabilities, SetMeeting
from moderation.domain.effective import effective

from tests.memory.moderated_meeting import MEETING, POLICIES, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, UNMUTE_ALL, CommandedMeeting, outcomes

HOSTS = ["h000", "h001", "h002"]
USERS = [f"{n:04}" for n in range(247)]
RECORDER = "aws:MediaPipeline-1"
KINDS = [
    Mute(),
    Mute(media=(Medium.VIDEO,)),
    Mute(media=(Medium.AUDIO, Medium.CONTENT)),
    SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "Receive")}),
    SetCapabilities({Medium.CONTENT: of_word(Medium.CONTENT, "None")}),
]


@pytest.fixture(scope="module")
def prepared() -> CommandedMeeting:
    meeting = CommandedMeeting(roles=dict.fromkeys(HOSTS, "host"))
    for user in USERS:
        meeting.comes(user)
    meeting.gavel.chime_events.compare(meeting.stored())
    for n in range(40):
        assert meeting.answered("h000", KINDS[n % len(KINDS)], USERS[n]).status == "applied"
    meeting.comes(RECORDER)
    return meeting


def is_right(meeting: CommandedMeeting) -> bool:
    stored = meeting.stored()
    users = meeting.ledger.all_users(MEETING)
    return all(
        meeting.bits(user) == effective(stored, users[user], POLICIES.capabilities_for, meeting.clock.now())
        for user in [*HOSTS, *USERS]
    )


def calls_of(meeting: CommandedMeeting) -> int:
    made = len(meeting.chime.updates())
    meeting.chime.calls.clear()
    return made


def test_few_calls_and_all_outcomes(prepared: CommandedMeeting) -> None:
    meeting = prepared
    before = {user: meeting.bits(user) for user in USERS}
    for command in (MUTE_ALL, UNMUTE_ALL, SetMeeting(mode="audience"), SetMeeting(mode="open"), MUTE_ALL, UNMUTE_ALL):
        meeting.chime.calls.clear()
        had = {user: meeting.bits(user) for user in [*HOSTS, *USERS]}
        answer = meeting.done("h000", command)
        moved = {meeting.bits(user) for user in had if meeting.bits(user) != had[user]}
        assert answer.status == "applied"
        reached = outcomes(answer)
        assert len(reached) == 250
        assert RECORDER not in reached
        widest = EVERYTHING
        assert widest in moved or command is not UNMUTE_ALL
        assert calls_of(meeting) <= len(moved) + 1
        assert is_right(meeting)
        assert meeting.bits(RECORDER) == EVERYTHING
        assert {user for user in reached if reached[user] == "applied"} == {u for u in had if had[u] != meeting.bits(u)}
    assert {user: meeting.bits(user) for user in USERS} == before


def test_sparing_many_by_name(prepared: CommandedMeeting) -> None:
    meeting = prepared
    meeting.done("h000", MuteEverybody(spared_users=tuple(USERS[100:200]), spared_attendees=(attendee_of(USERS[200]),)))
    assert is_right(meeting)
    assert all(Capabilities.SEND_AUDIO in meeting.bits(user) for user in USERS[100:201])
    assert all(Capabilities.SEND_AUDIO not in meeting.bits(user) for user in USERS[201:])
    meeting.done("h000", UNMUTE_ALL)
    assert is_right(meeting)
