"""Before each retry there is a pause, longer each time, with jitter."""

import pytest
from moderation.domain.change import Change
from moderation.domain.commands import MeetingCommand, Mute, Undo
from moderation.ports import ChimeRetryableError, ConditionFailedError, LedgerUnavailableError

from tests.unit.application.commanded_meeting import MUTE_ALL, CommandedMeeting, code
from tests.unit.application.test_failing_infrastructure import FAILURES, failing_at, now_and_then

SHORTEST, LONGEST = 0.5, 1.5
"""As a share of the average pause."""


def pauses(meeting: CommandedMeeting, chance: float, failing: str) -> list[float]:
    meeting.clock.jitter = lambda: chance  # type: ignore[method-assign]
    command: MeetingCommand | Undo = MUTE_ALL
    match failing:
        case "a read fails":
            failing_at(meeting, 0)
        case "a race is lost":
            now_and_then(meeting.ledger, ("transact",), ConditionFailedError([]))
        case "a change can't be read":
            failing_at(meeting, 0)
            command = Undo("none")
        case _:
            FAILURES[failing](meeting)
    meeting.say("alice", command)
    return meeting.clock.slept


@pytest.mark.parametrize("failing", [*FAILURES, "a read fails", "a change can't be read", "a race is lost"])
def test_between_half_of_it_and_half_as_much_again(failing: str) -> None:
    short, usual, long = (pauses(CommandedMeeting(), chance, failing)[0] for chance in (0.0, 0.5, 1.0))
    assert short == pytest.approx(usual * SHORTEST)
    assert long == pytest.approx(usual * LONGEST)


def test_each_is_twice_as_long_as_the_one_before_up_to_two_seconds() -> None:
    """Ten a second are Chime's for the whole account."""
    meeting = CommandedMeeting()
    meeting.clock.jitter = lambda: 0.5  # type: ignore[method-assign]
    meeting.chime.before = [busy] * 1000
    assert meeting.answered("alice", Mute(), "bob").status == "pending"
    assert meeting.clock.slept[:7] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0])


@pytest.mark.parametrize(("failures", "status"), [(2, "applied"), (3, "busy")])
def test_a_read_is_tried_three_times(failures: int, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = CommandedMeeting()
    muted = meeting.answered("alice", Mute(), "bob")
    read, failing = meeting.ledger.change, [LedgerUnavailableError()] * failures

    def reads(meeting_id: str, change_id: str) -> Change | None:
        if failing:
            raise failing.pop()
        return read(meeting_id, change_id)

    monkeypatch.setattr(meeting.ledger, "change", reads)
    assert code(meeting.say("alice", Undo(muted.change_id or ""))) == status


def busy() -> None:
    raise ChimeRetryableError
