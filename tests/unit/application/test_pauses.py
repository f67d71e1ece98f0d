"""Before anything is tried again there is a pause, longer each time, and as long as chance has it."""

import pytest
from moderation.domain.commands import MeetingCommand, Mute, Undo
from moderation.ports import ChimeRetryableError, ConditionFailedError

from tests.unit.application.hall import MUTE_ALL, Stage
from tests.unit.application.test_stumbling import FAILURES, failing_at, now_and_then

SHORTEST, LONGEST = 0.5, 1.5
"""Of what a pause is on average."""


def pauses(stage: Stage, chance: float, failing: str) -> list[float]:
    stage.surroundings.jitter = lambda: chance  # type: ignore[method-assign]
    command: MeetingCommand | Undo = MUTE_ALL
    match failing:
        case "a read fails":
            failing_at(stage, 0)
        case "a race is lost":
            now_and_then(stage.ledger, ("transact",), ConditionFailedError([]))
        case "a change can't be read":
            failing_at(stage, 0)
            command = Undo("none")
        case _:
            FAILURES[failing](stage)
    stage.say("alice", command)
    return stage.surroundings.slept


@pytest.mark.parametrize("failing", [*FAILURES, "a read fails", "a change can't be read", "a race is lost"])
def test_between_half_of_it_and_half_as_much_again(failing: str) -> None:
    short, usual, long = (pauses(Stage(), chance, failing)[0] for chance in (0.0, 0.5, 1.0))
    assert short == pytest.approx(usual * SHORTEST)
    assert long == pytest.approx(usual * LONGEST)


def test_each_is_twice_as_long_as_the_one_before_up_to_two_seconds() -> None:
    """Ten a second are Chime's for the whole account."""
    stage = Stage()
    stage.surroundings.jitter = lambda: 0.5  # type: ignore[method-assign]
    stage.chime.before = [busy] * 1000
    assert stage.answered("alice", Mute(), "bob").status == "pending"
    assert stage.surroundings.slept[:7] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0])


def busy() -> None:
    raise ChimeRetryableError
