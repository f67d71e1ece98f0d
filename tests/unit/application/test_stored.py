"""A rule for somebody who is not there is kept for when they join, and the answer says so."""

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.commands import Ban, Command, Hold, LetIn, Mute, SetMeeting, SetRole, Unban

from tests.memory.moderated_meeting import MEETING, seat
from tests.unit.application.hall import Stage, code


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize("command", [Mute(), Hold(), SetRole("presenter"), Ban()])
def test_a_rule_for_a_name_that_nobody_has_is_stored(stage: Stage, command: Command) -> None:
    answer = stage.ask_user("alice", command, "bbo", key="k", fingerprint="f")
    assert isinstance(answer, Answer), answer
    assert (answer.status, answer.effects) == ("stored", ("nobody-present",))
    assert stage.change(answer.change_id).status == "applied"
    assert code(stage.ask_user("alice", command, "bbo", key="k", fingerprint="f")) == "stored"


def test_it_binds_whoever_comes_with_that_name(stage: Stage) -> None:
    stage.ask_user("alice", Mute(), "dora")
    stage.comes("dora")
    stage.gavel.presence.on_joined(MEETING, seat("dora"))
    assert not stage.heard("dora")


def test_a_rule_for_somebody_who_is_there_is_applied(stage: Stage) -> None:
    assert code(stage.ask_user("alice", Mute(), "bob")) == "applied"


def test_what_is_no_rule_for_later_is_applied(stage: Stage) -> None:
    stage.ask_user("alice", Ban(), "dora")
    assert code(stage.ask_user("alice", Unban(), "dora")) == "applied"
    stage.done("alice", SetMeeting(lobby=True))
    stage.admits("emil")
    assert code(stage.ask_user("alice", LetIn(admit=False), "emil")) == "applied"
    assert code(stage.ask_user("alice", LetIn(), "emil")) == "applied"


@pytest.mark.parametrize("known", [True, False])
def test_an_attendee_id_is_no_user(stage: Stage, known: bool) -> None:
    if not known:
        stage.comes("dora")
    refused = stage.ask_user("alice", Mute(), seat("bob" if known else "dora"))
    assert isinstance(refused, Refused)
    assert refused.code == "attendee-not-found"
    assert "/attendees/" in refused.detail


def test_somebody_who_may_not_command_learns_nothing_of_it(stage: Stage) -> None:
    assert code(stage.ask_user("bob", Mute(), seat("carol"))) == "not-permitted"
    assert code(stage.ask_user("nobody", Mute(), seat("carol"))) == "not-permitted"
