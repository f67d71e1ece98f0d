"""A removed user has no role until they are admitted again."""

from datetime import timedelta

import pytest
from moderation.application.requests import Answer, Outcome, Refused, Request, Sent
from moderation.domain.commands import (
    Ban,
    Bind,
    Command,
    LetIn,
    Mute,
    MuteEverybody,
    RaiseHand,
    Remove,
    SetMeeting,
    SetRole,
    Unban,
    Undo,
    UnmuteEverybody,
)
from moderation.domain.entry import HAND_LOWERED, UNMUTE_ANSWERED

from tests.memory.clock import START
from tests.memory.moderated_meeting import ADMIN, MEETING
from tests.unit.application.commanded_meeting import CommandedMeeting, by, code


@pytest.fixture
def meeting() -> CommandedMeeting:
    meeting = CommandedMeeting()
    meeting.answered("cora", RaiseHand(), "cora")
    meeting.ask_user("alice", Remove(reason="rogue"), "cora")
    return meeting


def says(meeting: CommandedMeeting, who: str, command: Command) -> Outcome:
    on_meeting = isinstance(command, MuteEverybody | UnmuteEverybody | SetMeeting | Undo)
    return meeting.gavel.perform(Request(MEETING, by(who), command, user_id=None if on_meeting else "bob"))


ASKED: list[Command] = [
    Mute(), Remove(ban=True), Ban(), MuteEverybody(), UnmuteEverybody(), SetMeeting(mode="audience"), RaiseHand()
]  # fmt: skip


@pytest.mark.parametrize("command", ASKED, ids=repr)
def test_until_let_in_again_they_may_do_nothing(meeting: CommandedMeeting, command: Command) -> None:
    entries = len(meeting.entries())
    assert code(says(meeting, "cora", command)) == "not-permitted"
    reads = [meeting.gavel.meeting, meeting.gavel.me, meeting.gavel.hands, meeting.gavel.bans, meeting.gavel.lobby]
    found = [read(MEETING, by("cora")) for read in reads]
    found.append(meeting.gavel.history(MEETING, by("cora"), after=None, limit=10))
    assert {each.code for each in found if isinstance(each, Refused)} == {"not-permitted"}
    assert all(isinstance(each, Refused) for each in found)
    assert len(meeting.entries()) == entries, "who is nobody leaves no line"
    assert meeting.bits("bob")


def test_a_function_that_remembers_them_as_a_cohost_learns_of_it() -> None:
    meeting = CommandedMeeting()
    warm = meeting.another_process()
    request = Request(MEETING, by("cora"), Mute(), user_id="bob")
    assert isinstance(warm.perform(request), Answer)
    meeting.ask_user("alice", Remove(), "cora")
    late = warm.perform(Request(MEETING, by("cora"), Mute(reason="again"), user_id="bob"))
    assert code(late) == "not-permitted"


def test_the_hand_is_down_and_the_role_is_shown_to_nobody(meeting: CommandedMeeting) -> None:
    assert meeting.told(HAND_LOWERED) == [["cora"]]
    shown = meeting.gavel.attendee(MEETING, by("alice"), user_id="cora")
    document = meeting.gavel.meeting(MEETING, by("alice"))
    assert isinstance(shown, dict)
    assert isinstance(document, dict)
    assert shown["role"] is None
    roles = document["roles"]
    assert isinstance(roles, dict)
    assert "cora" not in roles


@pytest.mark.parametrize("how", ["admitted", "let in"])
def test_let_in_again_they_have_their_role_again(meeting: CommandedMeeting, how: str) -> None:
    if how == "admitted":
        assert meeting.admits("cora") == {"cora": "admitted"}
    else:
        assert code(meeting.ask_user("alice", LetIn(), "cora")) == "applied"
    assert code(says(meeting, "cora", Mute())) == "applied"


def test_neither_a_bind_nor_a_role_nor_the_end_of_a_ban_lets_them_in(meeting: CommandedMeeting) -> None:
    attendee = meeting.comes("cora", 1)
    meeting.gavel.perform(Request(MEETING, ADMIN, Bind(), attendee_id=attendee))
    meeting.ask_user("alice", SetRole("cohost"), "cora")
    meeting.ask_user("alice", Ban(), "cora")
    meeting.ask_user("alice", Unban(), "cora")
    assert code(says(meeting, "cora", Mute())) in ("waiting", "not-permitted")


def test_a_removed_host_is_no_host(meeting: CommandedMeeting) -> None:
    assert code(meeting.ask_user("alice", Remove(), "hugo")) == "applied"
    assert meeting.stored().hosts == 1
    for command in (SetRole("participant"), Remove(), Ban()):
        assert code(meeting.ask_user("alice" if command != Ban() else ADMIN, command, "alice")) == "last-host"
    meeting.admits("hugo")
    assert meeting.stored().hosts == 2
    assert code(meeting.ask_user("alice", SetRole("participant"), "alice")) == "applied"


def test_two_hosts_who_remove_each_other(meeting: CommandedMeeting) -> None:
    assert code(meeting.ask_user("alice", Remove(), "hugo")) == "applied"
    assert code(meeting.ask_user("hugo", Remove(), "alice")) == "not-permitted"


def test_a_cohost_does_not_admit_a_host_that_a_host_removed(meeting: CommandedMeeting) -> None:
    meeting.admits("cora")
    meeting.ask_user("alice", Remove(), "hugo")
    assert code(meeting.ask_user("cora", LetIn(), "hugo")) == "not-permitted"


def test_who_is_absent_is_removed_as_well() -> None:
    meeting = CommandedMeeting()
    meeting.admits("ines", roles={"ines": "cohost"})
    assert code(meeting.ask_user("alice", Remove(), "ines")) == "stored"
    assert code(says(meeting, "ines", Mute())) == "not-permitted"
    assert code(meeting.ask_user("alice", Remove(), "ines")) == "unchanged"


def test_a_removal_of_somebody_absent_can_be_undone() -> None:
    meeting = CommandedMeeting()
    meeting.admits("ines", roles={"ines": "cohost"})
    removal = meeting.ask_user("alice", Remove(), "ines")
    assert isinstance(removal, Answer)
    assert code(meeting.say("alice", Undo(removal.change_id or ""))) == "stored"
    assert code(says(meeting, "ines", Mute())) == "applied"


def test_a_request_to_unmute_ends_with_it() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.answered("alice", Mute(), "bob")
    meeting.done("alice", SetMeeting(mode="audience"))
    meeting.done("alice", SetMeeting(mode="open"))
    meeting.ask_user("alice", Remove(), "bob")
    assert meeting.user("bob").rules.asked is None
    assert meeting.told(UNMUTE_ANSWERED) in ([], [["bob"]])


def test_a_command_that_comes_late_lets_nobody_in(meeting: CommandedMeeting) -> None:
    sent = Sent(meeting.clock.now(), is_late=True)
    late = Request(MEETING, by("alice"), LetIn(), user_id="cora", sent=sent)
    assert code(meeting.gavel.perform(late)) == "too-late"


def test_while_frozen_a_removal_is_possible(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(frozen=True))
    meeting.ask_user("alice", SetRole("viewer"), "bob")
    assert code(meeting.ask_user("alice", Remove(), "bob")) == "applied"
    assert meeting.user("bob").rules.removed_at is not None


def test_since_when_is_kept(meeting: CommandedMeeting) -> None:
    removed_at = meeting.user("cora").rules.removed_at
    assert removed_at is not None
    assert removed_at - START < timedelta(seconds=1)
