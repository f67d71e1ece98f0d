"""A meeting of 250 with 40 restrictions of different kinds: few calls, every outcome, everybody right."""

import pytest
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.commands import Mute, MuteEverybody, SetCapabilities, SetMeeting
from moderation.domain.effective import effective

from tests.memory.moderated_meeting import MEETING, POLICIES, seat
from tests.unit.application.hall import MUTE_ALL, UNMUTE_ALL, Hall, outcomes

HOSTS = ["h000", "h001", "h002"]
PEOPLE = [f"{n:04}" for n in range(247)]
RECORDER = "aws:MediaPipeline-1"
KINDS = [
    Mute(),
    Mute(media=(Medium.VIDEO,)),
    Mute(media=(Medium.AUDIO, Medium.CONTENT)),
    SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "Receive")}),
    SetCapabilities({Medium.CONTENT: of_word(Medium.CONTENT, "None")}),
]


@pytest.fixture(scope="module")
def prepared() -> Hall:
    hall = Hall(roles=dict.fromkeys(HOSTS, "host"))
    for user in PEOPLE:
        hall.comes(user)
    hall.gavel.presence.sweep(hall.meeting())
    for n in range(40):
        assert hall.answered("h000", KINDS[n % len(KINDS)], PEOPLE[n]).status == "applied"
    hall.comes(RECORDER)
    return hall


def is_right(hall: Hall) -> bool:
    meeting = hall.meeting()
    people = hall.ledger.everybody(MEETING)
    return all(
        hall.bits(user) == effective(meeting, people[user], POLICIES.capabilities_for, hall.surroundings.now())
        for user in [*HOSTS, *PEOPLE]
    )


def calls_of(hall: Hall) -> int:
    made = len(hall.chime.orders())
    hall.chime.calls.clear()
    return made


def test_few_calls_and_all_outcomes(prepared: Hall) -> None:
    hall = prepared
    before = {user: hall.bits(user) for user in PEOPLE}
    for command in (MUTE_ALL, UNMUTE_ALL, SetMeeting(mode="audience"), SetMeeting(mode="open"), MUTE_ALL, UNMUTE_ALL):
        hall.chime.calls.clear()
        had = {user: hall.bits(user) for user in [*HOSTS, *PEOPLE]}
        answer = hall.done("h000", command)
        moved = {hall.bits(user) for user in had if hall.bits(user) != had[user]}
        assert answer.status == "applied"
        reached = outcomes(answer)
        assert len(reached) == 250
        assert RECORDER not in reached
        widest = EVERYTHING
        assert widest in moved or command is not UNMUTE_ALL
        assert calls_of(hall) <= len(moved) + 1
        assert is_right(hall)
        assert hall.bits(RECORDER) == EVERYTHING
        assert {user for user in reached if reached[user] == "applied"} == {u for u in had if had[u] != hall.bits(u)}
    assert {user: hall.bits(user) for user in PEOPLE} == before


def test_sparing_many_by_name(prepared: Hall) -> None:
    hall = prepared
    hall.done("h000", MuteEverybody(spared_users=tuple(PEOPLE[100:200]), spared_attendees=(seat(PEOPLE[200]),)))
    assert is_right(hall)
    assert all(Capabilities.SEND_AUDIO in hall.bits(user) for user in PEOPLE[100:201])
    assert all(Capabilities.SEND_AUDIO not in hall.bits(user) for user in PEOPLE[201:])
    hall.done("h000", UNMUTE_ALL)
    assert is_right(hall)
