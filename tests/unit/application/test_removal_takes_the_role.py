"""Who was removed has no role until they are let in again."""

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
from tests.unit.application.hall import Stage, by, code


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.answered("cora", RaiseHand(), "cora")
    stage.ask_user("alice", Remove(reason="rogue"), "cora")
    return stage


def says(stage: Stage, who: str, command: Command) -> Outcome:
    on_meeting = isinstance(command, MuteEverybody | UnmuteEverybody | SetMeeting | Undo)
    return stage.gavel.perform(Request(MEETING, by(who), command, user_id=None if on_meeting else "bob"))


ASKED: list[Command] = [
    Mute(), Remove(ban=True), Ban(), MuteEverybody(), UnmuteEverybody(), SetMeeting(mode="audience"), RaiseHand()
]  # fmt: skip


@pytest.mark.parametrize("command", ASKED, ids=repr)
def test_until_let_in_again_they_may_do_nothing(stage: Stage, command: Command) -> None:
    entries = len(stage.entries())
    assert code(says(stage, "cora", command)) == "not-permitted"
    reads = [stage.gavel.meeting, stage.gavel.me, stage.gavel.hands, stage.gavel.bans, stage.gavel.lobby]
    found = [read(MEETING, by("cora")) for read in reads]
    found.append(stage.gavel.history(MEETING, by("cora"), after=None, limit=10))
    assert {each.code for each in found if isinstance(each, Refused)} == {"not-permitted"}
    assert all(isinstance(each, Refused) for each in found)
    assert len(stage.entries()) == entries, "who is nobody leaves no line"
    assert stage.bits("bob")


def test_a_function_that_remembers_them_as_a_cohost_learns_of_it() -> None:
    stage = Stage()
    warm = stage.another_process()
    request = Request(MEETING, by("cora"), Mute(), user_id="bob")
    assert isinstance(warm.perform(request), Answer)
    stage.ask_user("alice", Remove(), "cora")
    late = warm.perform(Request(MEETING, by("cora"), Mute(reason="again"), user_id="bob"))
    assert code(late) == "not-permitted"


def test_the_hand_is_down_and_the_role_is_shown_to_nobody(stage: Stage) -> None:
    assert stage.told(HAND_LOWERED) == [["cora"]]
    shown = stage.gavel.attendee(MEETING, by("alice"), user_id="cora")
    meeting = stage.gavel.meeting(MEETING, by("alice"))
    assert isinstance(shown, dict)
    assert isinstance(meeting, dict)
    assert shown["role"] is None
    roles = meeting["roles"]
    assert isinstance(roles, dict)
    assert "cora" not in roles


@pytest.mark.parametrize("how", ["admitted", "let in"])
def test_let_in_again_they_have_their_role_again(stage: Stage, how: str) -> None:
    if how == "admitted":
        assert stage.admits("cora") == {"cora": "admitted"}
    else:
        assert code(stage.ask_user("alice", LetIn(), "cora")) == "applied"
    assert code(says(stage, "cora", Mute())) == "applied"


def test_neither_a_bind_nor_a_role_nor_the_end_of_a_ban_lets_them_in(stage: Stage) -> None:
    attendee = stage.comes("cora", 1)
    stage.gavel.perform(Request(MEETING, ADMIN, Bind(), attendee_id=attendee))
    stage.ask_user("alice", SetRole("cohost"), "cora")
    stage.ask_user("alice", Ban(), "cora")
    stage.ask_user("alice", Unban(), "cora")
    assert code(says(stage, "cora", Mute())) in ("waiting", "not-permitted")


def test_a_removed_host_is_no_host(stage: Stage) -> None:
    assert code(stage.ask_user("alice", Remove(), "hugo")) == "applied"
    assert stage.meeting().hosts == 1
    for command in (SetRole("participant"), Remove(), Ban()):
        assert code(stage.ask_user("alice" if command != Ban() else ADMIN, command, "alice")) == "last-host"
    stage.admits("hugo")
    assert stage.meeting().hosts == 2
    assert code(stage.ask_user("alice", SetRole("participant"), "alice")) == "applied"


def test_two_hosts_who_remove_each_other(stage: Stage) -> None:
    assert code(stage.ask_user("alice", Remove(), "hugo")) == "applied"
    assert code(stage.ask_user("hugo", Remove(), "alice")) == "not-permitted"


def test_a_cohost_lets_no_host_in_whom_a_host_removed(stage: Stage) -> None:
    stage.admits("cora")
    stage.ask_user("alice", Remove(), "hugo")
    assert code(stage.ask_user("cora", LetIn(), "hugo")) == "not-permitted"


def test_who_is_absent_is_removed_as_well() -> None:
    stage = Stage()
    stage.admits("ines", roles={"ines": "cohost"})
    assert code(stage.ask_user("alice", Remove(), "ines")) == "stored"
    assert code(says(stage, "ines", Mute())) == "not-permitted"
    assert code(stage.ask_user("alice", Remove(), "ines")) == "unchanged"


def test_a_removal_of_somebody_absent_can_be_undone() -> None:
    stage = Stage()
    stage.admits("ines", roles={"ines": "cohost"})
    removal = stage.ask_user("alice", Remove(), "ines")
    assert isinstance(removal, Answer)
    assert code(stage.say("alice", Undo(removal.change_id or ""))) == "stored"
    assert code(says(stage, "ines", Mute())) == "applied"


def test_a_request_to_unmute_ends_with_it() -> None:
    stage = Stage()
    stage.consenting()
    stage.answered("alice", Mute(), "bob")
    stage.done("alice", SetMeeting(mode="audience"))
    stage.done("alice", SetMeeting(mode="open"))
    stage.ask_user("alice", Remove(), "bob")
    assert stage.user("bob").rules.asked is None
    assert stage.told(UNMUTE_ANSWERED) in ([], [["bob"]])


def test_a_command_that_comes_late_lets_nobody_in(stage: Stage) -> None:
    sent = Sent(stage.surroundings.now(), is_late=True)
    late = Request(MEETING, by("alice"), LetIn(), user_id="cora", sent=sent)
    assert code(stage.gavel.perform(late)) == "too-late"


def test_while_frozen_a_removal_is_possible(stage: Stage) -> None:
    stage.done("alice", SetMeeting(frozen=True))
    stage.ask_user("alice", SetRole("viewer"), "bob")
    assert code(stage.ask_user("alice", Remove(), "bob")) == "applied"
    assert stage.user("bob").rules.removed_at is not None


def test_since_when_is_kept(stage: Stage) -> None:
    removed_at = stage.user("cora").rules.removed_at
    assert removed_at is not None
    assert removed_at - START < timedelta(seconds=1)
