"""The lobby: users who ask to join wait until a host admits them."""

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
from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, CommandedMeeting, by, code


@pytest.fixture
def meeting() -> CommandedMeeting:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(lobby=True))
    return meeting


def waiting(meeting: CommandedMeeting, who: str = "alice") -> list[str]:
    found = meeting.gavel.lobby(MEETING, by(who))
    assert not isinstance(found, Refused), found
    items = found["items"]
    assert isinstance(items, list)
    return [item["externalUserId"] for item in items]


def test_who_is_in_the_meeting_when_it_is_registered_with_a_lobby_does_not_wait() -> None:
    meeting = CommandedMeeting(registered=False)
    meeting.comes("aws:recorder")
    assert isinstance(meeting.register(roles={"alice": "host"}, lobby=True), Answer)
    meeting.done("alice", MUTE_ALL)
    assert waiting(meeting) == []
    assert meeting.bits("bob") == SILENT
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("bob") == EVERYTHING
    meeting.comes("dora")
    meeting.done("alice", MUTE_ALL)
    assert waiting(meeting) == ["dora"]
    assert meeting.bits("dora") == NOTHING


def test_admissions_answer_waiting_and_it_is_told(meeting: CommandedMeeting) -> None:
    assert meeting.admits("dora", "emil") == {"dora": "waiting", "emil": "waiting"}
    assert meeting.told(ADMISSION_REQUESTED) == [["dora", "emil"]]
    assert waiting(meeting) == ["dora", "emil"]


def test_who_waits_asks_again_and_is_told_once(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    assert meeting.admits("dora") == {"dora": "waiting"}
    assert meeting.told(ADMISSION_REQUESTED) == [["dora"]]


def test_who_asks_again_keeps_their_place_and_is_told_once(meeting: CommandedMeeting) -> None:
    for who in ("dora", "zoe", "dora"):
        meeting.admits(who)
        meeting.clock.pass_by(1)
    assert waiting(meeting) == ["dora", "zoe"]
    assert meeting.told(ADMISSION_REQUESTED) == [["dora"], ["zoe"]]


def test_oldest_first(meeting: CommandedMeeting) -> None:
    for who in ("zoe", "dora"):
        meeting.admits(who)
        meeting.clock.pass_by(1)
    assert waiting(meeting) == ["zoe", "dora"]


@pytest.mark.parametrize("who", ["alice", "cora"])
def test_a_host_or_cohost_admits(meeting: CommandedMeeting, who: str) -> None:
    meeting.admits("dora")
    assert code(meeting.ask_user(who, LetIn(), "dora")) == "applied"
    assert waiting(meeting) == []
    assert meeting.admits("dora") == {"dora": "admitted"}
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    assert meeting.bits("dora") == EVERYTHING
    assert code(meeting.ask("dora", Mute(), "dora")) == "applied"


@pytest.mark.parametrize(("who", "why"), [("bob", "not-permitted"), ("dora", "waiting"), ("nobody", "not-permitted")])
def test_nobody_else_does(meeting: CommandedMeeting, who: str, why: str) -> None:
    meeting.admits("dora")
    assert code(meeting.ask_user(who, LetIn(), "dora")) == why
    assert isinstance(meeting.gavel.lobby(MEETING, by(who)), Refused)
    assert meeting.admits("dora") == {"dora": "waiting"}


def items(meeting: CommandedMeeting, user: str) -> dict[str, object]:
    answer = meeting.gavel.perform(Request(MEETING, ADMIN, Admit({user: None})))
    assert isinstance(answer, Answer), answer
    [item] = answer.outcomes or ()
    return item


def test_asking_again_keeps_the_place_and_reaches_the_hosts_once(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    meeting.clock.pass_by(1)
    meeting.admits("emil")
    meeting.clock.pass_by(1)
    assert meeting.admits("dora", roles={"dora": "viewer"}) == {"dora": "waiting"}
    assert waiting(meeting) == ["dora", "emil"]
    assert meeting.told(ADMISSION_REQUESTED) == [["dora"], ["emil"]]


def test_who_was_turned_away_reaches_the_hosts_a_minute_later_at_the_earliest(meeting: CommandedMeeting) -> None:
    for _ in range(15):
        meeting.admits("dora")
        meeting.ask_user("alice", LetIn(admit=False), "dora")
        meeting.clock.pass_by(3)
    assert items(meeting, "dora") == {
        "externalUserId": "dora", "admitted": False, "code": "waiting", "askAgainAt": iso(START + COOL_DOWN)
    }  # fmt: skip
    assert (waiting(meeting), meeting.told(ADMISSION_REQUESTED)) == ([], [["dora"]])
    meeting.clock.pass_by(COOL_DOWN.total_seconds())
    assert "askAgainAt" not in items(meeting, "dora")
    assert (waiting(meeting), meeting.told(ADMISSION_REQUESTED)) == (["dora"], [["dora"], ["dora"]])


def test_who_waits_may_leave(meeting: CommandedMeeting) -> None:
    meeting.admits("dora", "emil")
    assert code(meeting.ask_user("dora", LeaveLobby(), "dora")) == "applied"
    assert waiting(meeting) == ["emil"]
    assert code(meeting.ask_user("dora", LeaveLobby(), "dora")) == "unchanged"
    assert code(meeting.ask_user(ADMIN, LeaveLobby(), "emil")) == "applied"
    assert waiting(meeting) == []
    assert [summary(entry) for entry in meeting.entries(DECIDED)][-2:] == [
        "dora left the lobby", "back-end took emil out of the lobby"
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["alice", "bob", "emil"])
def test_nobody_leaves_in_anothers_place(meeting: CommandedMeeting, who: str) -> None:
    meeting.admits("dora", "emil")
    assert code(meeting.ask_user(who, LeaveLobby(), "dora")) in ("not-permitted", "waiting")
    assert "dora" in waiting(meeting)


def test_who_does_not_wait_cannot_leave(meeting: CommandedMeeting) -> None:
    assert code(meeting.ask_user("bob", LeaveLobby(), "bob")) == "not-permitted"
    assert code(meeting.ask_user("nobody", LeaveLobby(), "nobody")) == "not-permitted"


def test_who_left_may_come_back_but_not_on_and_on(meeting: CommandedMeeting) -> None:
    for _ in range(10):
        meeting.admits("dora")
        meeting.ask_user("dora", LeaveLobby(), "dora")
    assert 2 <= len(meeting.told(ADMISSION_REQUESTED)) <= 4
    meeting.clock.pass_by(60)
    assert meeting.admits("dora") == {"dora": "waiting"}
    assert waiting(meeting) == ["dora"]


def test_leaving_lets_nobody_in(meeting: CommandedMeeting) -> None:
    """Nor does it release an attendee who is in the meeting, or shorten a declined user's wait."""
    meeting.admits("dora")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    meeting.ask_user("dora", LeaveLobby(), "dora")
    meeting.reconcile(121)
    assert (meeting.bits("dora"), waiting(meeting)) == (NOTHING, [])
    meeting.admits("emil")
    meeting.ask_user("alice", LetIn(admit=False), "emil")
    assert code(meeting.ask_user("emil", LeaveLobby(), "emil")) == "unchanged"
    assert "askAgainAt" in items(meeting, "emil")


def test_who_waits_is_told_so_whatever_they_ask(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    reads = [meeting.gavel.me, meeting.gavel.meeting, meeting.gavel.hands, meeting.gavel.lobby]
    assert {read(MEETING, by("dora")) for read in reads} == {WAITING}
    assert meeting.say("dora", SetMeeting(frozen=True)) == WAITING
    meeting.ask_user("alice", LetIn(admit=False), "dora")
    turned_away = meeting.gavel.me(MEETING, by("dora"))
    assert isinstance(turned_away, Refused)
    assert turned_away.code == "not-permitted"


@pytest.mark.parametrize("how", ["event", "sweep", "bulk", "bind"])
def test_who_comes_without_an_admission_is_held_and_waits(meeting: CommandedMeeting, how: str) -> None:
    attendee = meeting.comes("dora")
    match how:
        case "event":
            meeting.gavel.chime_events.on_joined(MEETING, attendee)
        case "sweep":
            meeting.reconcile(121)
        case "bulk":
            meeting.done("alice", MUTE_ALL)
        case _:
            meeting.gavel.perform(Request(MEETING, ADMIN, Bind(), attendee_id=attendee))
    assert (meeting.bits("dora"), waiting(meeting)) == (NOTHING, ["dora"])
    assert meeting.told(ADMISSION_REQUESTED) == [["dora"]]
    assert code(meeting.ask("dora", RaiseHand(), "dora")) == "waiting"
    meeting.ask_user("alice", LetIn(), "dora")
    assert meeting.bits("dora") == (SILENT if how == "bulk" else EVERYTHING)


def test_created_with_nothing_they_are_let_in_with_what_their_role_gives(meeting: CommandedMeeting) -> None:
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora", capabilities=NOTHING))
    assert waiting(meeting) == ["dora"]
    meeting.ask_user("alice", LetIn(), "dora")
    assert meeting.bits("dora") == EVERYTHING


def test_who_was_in_or_may_let_others_in_comes_without_waiting(meeting: CommandedMeeting) -> None:
    meeting.admits("ines", roles={"ines": "cohost"})
    for user in ("bob", "ines"):
        meeting.gavel.chime_events.on_joined(MEETING, meeting.comes(user, 1))
        assert meeting.bits(user, 1) == EVERYTHING
    assert waiting(meeting) == []


@pytest.mark.parametrize("lobby", [True, False])
def test_a_removed_user_waits_whatever_their_role(meeting: CommandedMeeting, lobby: bool) -> None:
    meeting.done("alice", SetMeeting(lobby=lobby))
    meeting.answered("alice", Remove(), "cora")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("cora", 1))
    assert (meeting.bits("cora", 1), waiting(meeting)) == (NOTHING, ["cora"])
    assert meeting.told(ADMISSION_REQUESTED) == [["cora"]]
    assert code(meeting.ask_user("cora", Mute(), "bob")) == "waiting"
    assert meeting.admits("cora") == {"cora": "waiting" if lobby else "admitted"}
    meeting.ask_user("alice", LetIn(), "cora")
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("cora", 1))
    assert meeting.bits("cora", 1) == EVERYTHING
    assert code(meeting.ask_user("cora", Mute(), "bob")) == "applied"


def test_a_declined_user_may_ask_again(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    assert code(meeting.ask_user("alice", LetIn(admit=False), "dora")) == "applied"
    assert waiting(meeting) == []
    meeting.clock.pass_by(60)
    assert meeting.admits("dora") == {"dora": "waiting"}
    assert waiting(meeting) == ["dora"]
    assert meeting.told(ADMISSION_REQUESTED) == [["dora"], ["dora"]]
    meeting.ask_user("alice", LetIn(), "dora")
    assert meeting.admits("dora") == {"dora": "admitted"}


def test_who_was_declined_may_be_admitted_after_all(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    meeting.ask_user("alice", LetIn(admit=False), "dora")
    assert code(meeting.ask_user("hugo", LetIn(), "dora")) == "applied"
    assert meeting.admits("dora") == {"dora": "admitted"}


def test_twice_is_unchanged(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    meeting.ask_user("alice", LetIn(), "dora")
    assert code(meeting.ask_user("hugo", LetIn(), "dora")) == "unchanged"


def test_who_sits_in_the_meeting_unseen_and_needs_not_wait_is_given_what_the_rules_say(
    meeting: CommandedMeeting,
) -> None:
    """No event has announced the attendee: the command that finds them applies the rules, without a comparison."""
    meeting.admits("dora")
    meeting.ask_user("alice", LetIn(), "dora")
    meeting.done("alice", MUTE_ALL)
    meeting.comes("dora")
    assert code(meeting.ask_user("hugo", LetIn(), "dora")) == "applied"
    assert meeting.bits("dora") == SILENT


def test_nobody_of_that_name_waits(meeting: CommandedMeeting) -> None:
    assert code(meeting.ask_user("alice", LetIn(), "nobody")) == "attendee-not-found"
    assert code(meeting.ask_user("alice", LetIn(admit=False), "nobody")) == "attendee-not-found"


def test_who_may_let_in_needs_not_wait(meeting: CommandedMeeting) -> None:
    got = meeting.admits("ines", "karl", "pat", roles={"ines": "host", "karl": "cohost", "pat": "presenter"})
    assert got == {"ines": "admitted", "karl": "admitted", "pat": "waiting"}


def test_nor_who_is_in_already(meeting: CommandedMeeting) -> None:
    assert meeting.admits("bob", "alice") == {"bob": "admitted", "alice": "admitted"}


def test_a_waiting_user_who_becomes_a_host_waits_no_more(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    meeting.ask_user("alice", SetRole("cohost"), "dora")
    assert meeting.admits("dora") == {"dora": "admitted"}
    assert code(meeting.ask_user("dora", LetIn(), "emil")) == "attendee-not-found", "she may"


def test_who_waits_is_nobody_here(meeting: CommandedMeeting) -> None:
    meeting.admits("dora", roles={"dora": "presenter"})
    entries = len(meeting.entries())
    assert code(meeting.ask_user("dora", RaiseHand(), "dora")) == "waiting"
    assert isinstance(meeting.gavel.meeting(MEETING, by("dora")), Refused)
    assert len(meeting.entries()) == entries


def test_who_waits_and_is_created_all_the_same_is_held(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    assert meeting.bits("dora") == NOTHING
    assert waiting(meeting) == ["dora"]
    meeting.ask_user("alice", LetIn(), "dora")
    assert meeting.bits("dora") == EVERYTHING


def test_the_comparison_holds_the_user_as_well(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    meeting.comes("dora")
    meeting.reconcile(121)
    assert meeting.bits("dora") == NOTHING


def test_a_meeting_command_finds_the_user_held(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    meeting.comes("dora")
    meeting.comes("emil")
    meeting.done("alice", SetMeeting(mode="audience"))
    assert meeting.bits("dora") == meeting.bits("emil") == NOTHING
    assert [(e.actor, e.names) for e in meeting.entries(ADMISSION_REQUESTED)[1:]] == [(CHIME, frozenset({"emil"}))]


def test_with_the_lobby_off_nobody_waits(meeting: CommandedMeeting) -> None:
    meeting.admits("dora", "emil")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    meeting.done("alice", SetMeeting(lobby=False))
    assert waiting(meeting) == []
    assert meeting.bits("dora") == EVERYTHING
    assert code(meeting.ask("dora", Mute(), "dora")) == "applied", "she is in, so she may act for herself"
    assert meeting.admits("emil") == {"emil": "admitted"}


def test_on_again_who_never_asked_anew_waits_on(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    meeting.done("alice", SetMeeting(lobby=False))
    meeting.done("alice", SetMeeting(lobby=True))
    assert waiting(meeting) == ["dora"]
    assert meeting.admits("dora") == {"dora": "waiting"}


def test_while_frozen_the_lobby_keeps_those_it_holds(meeting: CommandedMeeting) -> None:
    """No setting widens the capabilities of users in the lobby."""
    meeting.admits("dora")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    meeting.done("alice", SetMeeting(frozen=True))
    assert code(meeting.say("alice", SetMeeting(lobby=False))) == "capability-unavailable"
    assert code(meeting.ask_user("alice", LetIn(), "dora")) == "capability-unavailable"
    assert meeting.bits("dora") == NOTHING


def test_while_frozen_a_newcomer_may_be_let_in(meeting: CommandedMeeting) -> None:
    """As without a lobby: the user gets what the rules give at that moment."""
    meeting.done("alice", SetMeeting(frozen=True))
    meeting.admits("dora")
    assert code(meeting.ask_user("alice", LetIn(), "dora")) == "applied"
    assert meeting.admits("dora") == {"dora": "admitted"}


def test_banned_while_waiting(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    meeting.ask_user("alice", Ban(), "dora")
    assert (waiting(meeting), meeting.admits("dora")) == ([], {"dora": "banned"})
    meeting.ask_user("alice", Unban(), "dora")
    assert meeting.admits("dora") == {"dora": "waiting"}, "the end of a ban is no admission"


def test_a_user_let_in_gets_what_their_role_gives(meeting: CommandedMeeting) -> None:
    meeting.admits("dora", roles={"dora": "viewer"})
    meeting.ask_user("alice", LetIn(), "dora")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    assert meeting.bits("dora") == RECEIVING


def test_an_admission_is_a_line_of_history(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    meeting.ask_user("alice", LetIn(reason="on the list"), "dora")
    told = meeting.entries(DECIDED)[-1]
    assert (told.command, sorted(told.names), told.reason) == ("admit", ["dora"], "on the list")


def test_the_back_end_may_let_in_too(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    assert code(meeting.ask_user(ADMIN, LetIn(), "dora")) == "applied"
