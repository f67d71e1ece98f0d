"""The lobby: who asks to come in waits until a host lets him."""

import pytest
from moderation.application.requests import WAITING, Answer, Refused, Request
from moderation.domain.actor import CHIME
from moderation.domain.capability import EVERYTHING, NOTHING
from moderation.domain.commands import (
    Admit,
    Ban,
    Bind,
    LeaveLobby,
    LetIn,
    Mute,
    RaiseHand,
    Remove,
    SetMeeting,
    SetRole,
    Unban,
)
from moderation.domain.entry import ADMISSION_REQUESTED, DECIDED, iso
from moderation.domain.personal_rules import COOL_DOWN
from moderation.domain.summary import summary

from tests.memory.clock import START
from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, Stage, by, code


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.done("alice", SetMeeting(lobby=True))
    return stage


def waiting(stage: Stage, who: str = "alice") -> list[str]:
    found = stage.gavel.lobby(MEETING, by(who))
    assert not isinstance(found, Refused), found
    items = found["items"]
    assert isinstance(items, list)
    return [item["externalUserId"] for item in items]


def test_who_is_in_the_meeting_when_it_is_registered_with_a_lobby_does_not_wait() -> None:
    stage = Stage(registered=False)
    stage.comes("aws:recorder")
    assert isinstance(stage.register(roles={"alice": "host"}, lobby=True), Answer)
    stage.done("alice", MUTE_ALL)
    assert waiting(stage) == []
    assert stage.bits("bob") == SILENT
    stage.done("alice", UNMUTE_ALL)
    assert stage.bits("bob") == EVERYTHING
    stage.comes("dora")
    stage.done("alice", MUTE_ALL)
    assert waiting(stage) == ["dora"]
    assert stage.bits("dora") == NOTHING


def test_admissions_answer_waiting_and_it_is_told(stage: Stage) -> None:
    assert stage.admits("dora", "emil") == {"dora": "waiting", "emil": "waiting"}
    assert stage.told(ADMISSION_REQUESTED) == [["dora", "emil"]]
    assert waiting(stage) == ["dora", "emil"]


def test_who_waits_asks_again_and_is_told_once(stage: Stage) -> None:
    stage.admits("dora")
    assert stage.admits("dora") == {"dora": "waiting"}
    assert stage.told(ADMISSION_REQUESTED) == [["dora"]]


def test_who_asks_again_keeps_their_place_and_is_told_once(stage: Stage) -> None:
    for who in ("dora", "zoe", "dora"):
        stage.admits(who)
        stage.surroundings.pass_by(1)
    assert waiting(stage) == ["dora", "zoe"]
    assert stage.told(ADMISSION_REQUESTED) == [["dora"], ["zoe"]]


def test_oldest_first(stage: Stage) -> None:
    for who in ("zoe", "dora"):
        stage.admits(who)
        stage.surroundings.pass_by(1)
    assert waiting(stage) == ["zoe", "dora"]


@pytest.mark.parametrize("who", ["alice", "cora"])
def test_a_host_or_cohost_admits(stage: Stage, who: str) -> None:
    stage.admits("dora")
    assert code(stage.ask_user(who, LetIn(), "dora")) == "applied"
    assert waiting(stage) == []
    assert stage.admits("dora") == {"dora": "admitted"}
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    assert stage.bits("dora") == EVERYTHING
    assert code(stage.ask("dora", Mute(), "dora")) == "applied"


@pytest.mark.parametrize(("who", "why"), [("bob", "not-permitted"), ("dora", "waiting"), ("nobody", "not-permitted")])
def test_nobody_else_does(stage: Stage, who: str, why: str) -> None:
    stage.admits("dora")
    assert code(stage.ask_user(who, LetIn(), "dora")) == why
    assert isinstance(stage.gavel.lobby(MEETING, by(who)), Refused)
    assert stage.admits("dora") == {"dora": "waiting"}


def items(stage: Stage, user: str) -> dict[str, object]:
    answer = stage.gavel.perform(Request(MEETING, ADMIN, Admit({user: None})))
    assert isinstance(answer, Answer), answer
    [item] = answer.outcomes or ()
    return item


def test_asking_again_keeps_the_place_and_reaches_the_hosts_once(stage: Stage) -> None:
    stage.admits("dora")
    stage.surroundings.pass_by(1)
    stage.admits("emil")
    stage.surroundings.pass_by(1)
    assert stage.admits("dora", roles={"dora": "viewer"}) == {"dora": "waiting"}
    assert waiting(stage) == ["dora", "emil"]
    assert stage.told(ADMISSION_REQUESTED) == [["dora"], ["emil"]]


def test_who_was_turned_away_reaches_the_hosts_a_minute_later_at_the_earliest(stage: Stage) -> None:
    for _ in range(15):
        stage.admits("dora")
        stage.ask_user("alice", LetIn(admit=False), "dora")
        stage.surroundings.pass_by(3)
    assert items(stage, "dora") == {
        "externalUserId": "dora", "admitted": False, "code": "waiting", "askAgainAt": iso(START + COOL_DOWN)
    }  # fmt: skip
    assert (waiting(stage), stage.told(ADMISSION_REQUESTED)) == ([], [["dora"]])
    stage.surroundings.pass_by(COOL_DOWN.total_seconds())
    assert "askAgainAt" not in items(stage, "dora")
    assert (waiting(stage), stage.told(ADMISSION_REQUESTED)) == (["dora"], [["dora"], ["dora"]])


def test_who_waits_may_leave(stage: Stage) -> None:
    stage.admits("dora", "emil")
    assert code(stage.ask_user("dora", LeaveLobby(), "dora")) == "applied"
    assert waiting(stage) == ["emil"]
    assert code(stage.ask_user("dora", LeaveLobby(), "dora")) == "unchanged"
    assert code(stage.ask_user(ADMIN, LeaveLobby(), "emil")) == "applied"
    assert waiting(stage) == []
    assert [summary(entry) for entry in stage.entries(DECIDED)][-2:] == [
        "dora ended dora's wait in the lobby", "back-end ended emil's wait in the lobby"
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["alice", "bob", "emil"])
def test_nobody_leaves_in_anothers_place(stage: Stage, who: str) -> None:
    stage.admits("dora", "emil")
    assert code(stage.ask_user(who, LeaveLobby(), "dora")) in ("not-permitted", "waiting")
    assert "dora" in waiting(stage)


def test_who_does_not_wait_cannot_leave(stage: Stage) -> None:
    assert code(stage.ask_user("bob", LeaveLobby(), "bob")) == "not-permitted"
    assert code(stage.ask_user("nobody", LeaveLobby(), "nobody")) == "not-permitted"


def test_who_left_may_come_back_but_not_on_and_on(stage: Stage) -> None:
    for _ in range(10):
        stage.admits("dora")
        stage.ask_user("dora", LeaveLobby(), "dora")
    assert 2 <= len(stage.told(ADMISSION_REQUESTED)) <= 4
    stage.surroundings.pass_by(60)
    assert stage.admits("dora") == {"dora": "waiting"}
    assert waiting(stage) == ["dora"]


def test_leaving_lets_nobody_in(stage: Stage) -> None:
    """Neither does it free an attendee who sits in the meeting, nor the turned away of their time."""
    stage.admits("dora")
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    stage.ask_user("dora", LeaveLobby(), "dora")
    stage.reconcile(121)
    assert (stage.bits("dora"), waiting(stage)) == (NOTHING, [])
    stage.admits("emil")
    stage.ask_user("alice", LetIn(admit=False), "emil")
    assert code(stage.ask_user("emil", LeaveLobby(), "emil")) == "unchanged"
    assert "askAgainAt" in items(stage, "emil")


def test_who_waits_is_told_so_whatever_they_ask(stage: Stage) -> None:
    stage.admits("dora")
    reads = [stage.gavel.me, stage.gavel.meeting, stage.gavel.hands, stage.gavel.lobby]
    assert {read(MEETING, by("dora")) for read in reads} == {WAITING}
    assert stage.say("dora", SetMeeting(frozen=True)) == WAITING
    stage.ask_user("alice", LetIn(admit=False), "dora")
    turned_away = stage.gavel.me(MEETING, by("dora"))
    assert isinstance(turned_away, Refused)
    assert turned_away.code == "not-permitted"


@pytest.mark.parametrize("how", ["event", "sweep", "bulk", "bind"])
def test_who_comes_without_an_admission_is_held_and_waits(stage: Stage, how: str) -> None:
    attendee = stage.comes("dora")
    match how:
        case "event":
            stage.gavel.presence.on_joined(MEETING, attendee)
        case "sweep":
            stage.reconcile(121)
        case "bulk":
            stage.done("alice", MUTE_ALL)
        case _:
            stage.gavel.perform(Request(MEETING, ADMIN, Bind(), attendee_id=attendee))
    assert (stage.bits("dora"), waiting(stage)) == (NOTHING, ["dora"])
    assert stage.told(ADMISSION_REQUESTED) == [["dora"]]
    assert code(stage.ask("dora", RaiseHand(), "dora")) == "waiting"
    stage.ask_user("alice", LetIn(), "dora")
    assert stage.bits("dora") == (SILENT if how == "bulk" else EVERYTHING)


def test_created_with_nothing_they_are_let_in_with_what_their_role_gives(stage: Stage) -> None:
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora", capabilities=NOTHING))
    assert waiting(stage) == ["dora"]
    stage.ask_user("alice", LetIn(), "dora")
    assert stage.bits("dora") == EVERYTHING


def test_who_was_in_or_may_let_others_in_comes_without_waiting(stage: Stage) -> None:
    stage.admits("ines", roles={"ines": "cohost"})
    for user in ("bob", "ines"):
        stage.gavel.presence.on_joined(MEETING, stage.comes(user, 1))
        assert stage.bits(user, 1) == EVERYTHING
    assert waiting(stage) == []


@pytest.mark.parametrize("lobby", [True, False])
def test_who_was_removed_waits_whoever_they_were(stage: Stage, lobby: bool) -> None:
    stage.done("alice", SetMeeting(lobby=lobby))
    stage.answered("alice", Remove(), "cora")
    stage.gavel.presence.on_joined(MEETING, stage.comes("cora", 1))
    assert (stage.bits("cora", 1), waiting(stage)) == (NOTHING, ["cora"])
    assert stage.told(ADMISSION_REQUESTED) == [["cora"]]
    assert code(stage.ask_user("cora", Mute(), "bob")) == "waiting"
    assert stage.admits("cora") == {"cora": "waiting" if lobby else "admitted"}
    stage.ask_user("alice", LetIn(), "cora")
    stage.gavel.presence.on_joined(MEETING, seat("cora", 1))
    assert stage.bits("cora", 1) == EVERYTHING
    assert code(stage.ask_user("cora", Mute(), "bob")) == "applied"


def test_declined_he_may_ask_again(stage: Stage) -> None:
    stage.admits("dora")
    assert code(stage.ask_user("alice", LetIn(admit=False), "dora")) == "applied"
    assert waiting(stage) == []
    stage.surroundings.pass_by(60)
    assert stage.admits("dora") == {"dora": "waiting"}
    assert waiting(stage) == ["dora"]
    assert stage.told(ADMISSION_REQUESTED) == [["dora"], ["dora"]]
    stage.ask_user("alice", LetIn(), "dora")
    assert stage.admits("dora") == {"dora": "admitted"}


def test_who_was_declined_may_be_admitted_after_all(stage: Stage) -> None:
    stage.admits("dora")
    stage.ask_user("alice", LetIn(admit=False), "dora")
    assert code(stage.ask_user("hugo", LetIn(), "dora")) == "applied"
    assert stage.admits("dora") == {"dora": "admitted"}


def test_twice_is_unchanged(stage: Stage) -> None:
    stage.admits("dora")
    stage.ask_user("alice", LetIn(), "dora")
    assert code(stage.ask_user("hugo", LetIn(), "dora")) == "unchanged"


def test_who_sits_in_the_meeting_unseen_and_needs_not_wait_is_given_what_the_rules_say(stage: Stage) -> None:
    """No event has told of the attendee: the command that finds it applies the rules, and no comparison has to."""
    stage.admits("dora")
    stage.ask_user("alice", LetIn(), "dora")
    stage.done("alice", MUTE_ALL)
    stage.comes("dora")
    assert code(stage.ask_user("hugo", LetIn(), "dora")) == "applied"
    assert stage.bits("dora") == SILENT


def test_nobody_of_that_name_waits(stage: Stage) -> None:
    assert code(stage.ask_user("alice", LetIn(), "nobody")) == "attendee-not-found"
    assert code(stage.ask_user("alice", LetIn(admit=False), "nobody")) == "attendee-not-found"


def test_who_may_let_in_needs_not_wait(stage: Stage) -> None:
    got = stage.admits("ines", "karl", "pat", roles={"ines": "host", "karl": "cohost", "pat": "presenter"})
    assert got == {"ines": "admitted", "karl": "admitted", "pat": "waiting"}


def test_nor_who_is_in_already(stage: Stage) -> None:
    assert stage.admits("bob", "alice") == {"bob": "admitted", "alice": "admitted"}


def test_made_a_host_while_he_waits_he_need_not_any_more(stage: Stage) -> None:
    stage.admits("dora")
    stage.ask_user("alice", SetRole("cohost"), "dora")
    assert stage.admits("dora") == {"dora": "admitted"}
    assert code(stage.ask_user("dora", LetIn(), "emil")) == "attendee-not-found", "she may"


def test_who_waits_is_nobody_here(stage: Stage) -> None:
    stage.admits("dora", roles={"dora": "presenter"})
    entries = len(stage.entries())
    assert code(stage.ask_user("dora", RaiseHand(), "dora")) == "waiting"
    assert isinstance(stage.gavel.meeting(MEETING, by("dora")), Refused)
    assert len(stage.entries()) == entries


def test_who_waits_and_is_created_all_the_same_is_held(stage: Stage) -> None:
    stage.admits("dora")
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    assert stage.bits("dora") == NOTHING
    assert waiting(stage) == ["dora"]
    stage.ask_user("alice", LetIn(), "dora")
    assert stage.bits("dora") == EVERYTHING


def test_the_sweep_holds_him_as_well(stage: Stage) -> None:
    stage.admits("dora")
    stage.comes("dora")
    stage.reconcile(121)
    assert stage.bits("dora") == NOTHING


def test_a_bulk_deed_finds_him_held(stage: Stage) -> None:
    stage.admits("dora")
    stage.comes("dora")
    stage.comes("emil")
    stage.done("alice", SetMeeting(mode="audience"))
    assert stage.bits("dora") == stage.bits("emil") == NOTHING
    assert [(e.actor, e.names) for e in stage.entries(ADMISSION_REQUESTED)[1:]] == [(CHIME, frozenset({"emil"}))]


def test_with_the_lobby_off_nobody_waits(stage: Stage) -> None:
    stage.admits("dora", "emil")
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    stage.done("alice", SetMeeting(lobby=False))
    assert waiting(stage) == []
    assert stage.bits("dora") == EVERYTHING
    assert code(stage.ask("dora", Mute(), "dora")) == "applied", "she is in, so she may act for herself"
    assert stage.admits("emil") == {"emil": "admitted"}


def test_on_again_who_never_asked_anew_waits_on(stage: Stage) -> None:
    stage.admits("dora")
    stage.done("alice", SetMeeting(lobby=False))
    stage.done("alice", SetMeeting(lobby=True))
    assert waiting(stage) == ["dora"]
    assert stage.admits("dora") == {"dora": "waiting"}


def test_while_frozen_the_lobby_stays_shut_to_whom_it_holds(stage: Stage) -> None:
    """Nobody who is inside gets more than he has, by whichever setting."""
    stage.admits("dora")
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    stage.done("alice", SetMeeting(frozen=True))
    assert code(stage.say("alice", SetMeeting(lobby=False))) == "capability-unavailable"
    assert code(stage.ask_user("alice", LetIn(), "dora")) == "capability-unavailable"
    assert stage.bits("dora") == NOTHING


def test_while_frozen_a_newcomer_may_be_let_in(stage: Stage) -> None:
    """As without a lobby: he is given what the rules of the moment give."""
    stage.done("alice", SetMeeting(frozen=True))
    stage.admits("dora")
    assert code(stage.ask_user("alice", LetIn(), "dora")) == "applied"
    assert stage.admits("dora") == {"dora": "admitted"}


def test_banned_while_he_waits(stage: Stage) -> None:
    stage.admits("dora")
    stage.ask_user("alice", Ban(), "dora")
    assert (waiting(stage), stage.admits("dora")) == ([], {"dora": "banned"})
    stage.ask_user("alice", Unban(), "dora")
    assert stage.admits("dora") == {"dora": "waiting"}, "the end of a ban is no admission"


def test_let_in_he_gets_what_his_role_gives(stage: Stage) -> None:
    stage.admits("dora", roles={"dora": "viewer"})
    stage.ask_user("alice", LetIn(), "dora")
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    assert stage.bits("dora") == RECEIVING


def test_an_admission_is_a_line_of_history(stage: Stage) -> None:
    stage.admits("dora")
    stage.ask_user("alice", LetIn(reason="on the list"), "dora")
    told = stage.entries(DECIDED)[-1]
    assert (told.command, sorted(told.names), told.reason) == ("admit", ["dora"], "on the list")


def test_the_back_end_may_let_in_too(stage: Stage) -> None:
    stage.admits("dora")
    assert code(stage.ask_user(ADMIN, LetIn(), "dora")) == "applied"
