"""A rule for an absent user is stored until they join, and the answer says so."""

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.commands import Ban, Command, Hold, LetIn, Mute, SetMeeting, SetRole, Unban

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.unit.application.commanded_meeting import CommandedMeeting, code


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


@pytest.mark.parametrize("command", [Mute(), Hold(), SetRole("presenter"), Ban()])
def test_a_rule_for_a_name_that_nobody_has_is_stored(meeting: CommandedMeeting, command: Command) -> None:
    answer = meeting.ask_user("alice", command, "bbo", key="k", fingerprint="f")
    assert isinstance(answer, Answer), answer
    assert (answer.status, answer.effects) == ("stored", ("nobody-present",))
    assert meeting.change(answer.change_id).status == "applied"
    assert code(meeting.ask_user("alice", command, "bbo", key="k", fingerprint="f")) == "stored"


def test_it_binds_the_user_who_joins_with_that_name(meeting: CommandedMeeting) -> None:
    meeting.ask_user("alice", Mute(), "dora")
    meeting.comes("dora")
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("dora"))
    assert not meeting.heard("dora")


def test_a_rule_for_somebody_who_is_there_is_applied(meeting: CommandedMeeting) -> None:
    assert code(meeting.ask_user("alice", Mute(), "bob")) == "applied"


def test_what_is_no_rule_for_later_is_applied(meeting: CommandedMeeting) -> None:
    meeting.ask_user("alice", Ban(), "dora")
    assert code(meeting.ask_user("alice", Unban(), "dora")) == "applied"
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.admits("emil")
    assert code(meeting.ask_user("alice", LetIn(admit=False), "emil")) == "applied"
    assert code(meeting.ask_user("alice", LetIn(), "emil")) == "applied"


@pytest.mark.parametrize("known", [True, False])
def test_an_attendee_id_is_no_user(meeting: CommandedMeeting, known: bool) -> None:
    if not known:
        meeting.comes("dora")
    refused = meeting.ask_user("alice", Mute(), attendee_of("bob" if known else "dora"))
    assert isinstance(refused, Refused)
    assert refused.code == "attendee-not-found"
    assert "/attendees/" in refused.detail


def test_somebody_who_may_not_command_learns_nothing_of_it(meeting: CommandedMeeting) -> None:
    assert code(meeting.ask_user("bob", Mute(), attendee_of("carol"))) == "not-permitted"
    assert code(meeting.ask_user("nobody", Mute(), attendee_of("carol"))) == "not-permitted"
