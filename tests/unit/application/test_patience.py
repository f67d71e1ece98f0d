"""Who goes on with what they may not do is not heard for a while; whoever may do it always is."""

import pytest
from moderation.application.rate_limit import REFUSED
from moderation.domain.commands import Mute, MuteEverybody, SetRole
from moderation.domain.entry import DECIDED

from tests.unit.application.hall import MUTE_ALL, Stage, code

A_MINUTE = 60
ATTEMPTS = A_MINUTE // REFUSED


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize("of_all", [False, True])
def test_ten_attempts_are_lines_of_history_and_the_next_is_one_too_many(stage: Stage, of_all: bool) -> None:
    def attempt() -> str:
        return code(stage.say("bob", MUTE_ALL) if of_all else stage.ask("bob", Mute(), "carol"))

    assert [attempt() for _ in range(ATTEMPTS + 1)] == ["not-permitted"] * ATTEMPTS + ["too-many"]
    assert len(stage.entries(DECIDED)) == ATTEMPTS
    stage.surroundings.pass_by(REFUSED)
    assert [attempt() for _ in range(2)] == ["not-permitted", "too-many"]


def test_what_is_refused_for_another_reason_is_counted_for_nobody(stage: Stage) -> None:
    for _ in range(2 * ATTEMPTS):
        assert code(stage.ask("alice", SetRole("clown"), "bob")) == "invalid-request"
        assert code(stage.say("alice", MuteEverybody(spared_roles=("clown",)))) == "invalid-request"
    assert stage.ledger.minutes == {}


def test_a_dry_run_is_not_counted(stage: Stage) -> None:
    for _ in range(2 * ATTEMPTS):
        assert code(stage.ask("bob", Mute(), "carol", dry_run=True)) == "not-permitted"
    assert stage.entries(DECIDED) == []
