"""Hands: raised by the user, listed oldest first, lowered by the floor, by leaving, or by a host. They contend with
nothing.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.commands import Ban, End, GrantFloor, Hold, LowerHand, Mute, RaiseHand, Remove, SetMeeting
from moderation.domain.entry import DECIDED, HAND_LOWERED, HAND_RAISED

from tests.memory.moderated_meeting import ADMIN, MEETING, ROLES, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, CommandedMeeting, by, code


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def up(meeting: CommandedMeeting, who: str = "bob") -> list[str]:
    found = meeting.gavel.hands(MEETING, by(who))
    assert not isinstance(found, Refused), found
    items = found["items"]
    assert isinstance(items, list)
    return [item["externalUserId"] for item in items]


def test_raised_and_listed_oldest_first(meeting: CommandedMeeting) -> None:
    for who in ("carol", "bob", "alice"):
        assert meeting.answered(who, RaiseHand(), who).status == "applied"
        meeting.clock.pass_by(1)
    assert up(meeting) == ["carol", "bob", "alice"]
    assert meeting.told(HAND_RAISED) == [["carol"], ["bob"], ["alice"]]


def test_the_answer_shows_it(meeting: CommandedMeeting) -> None:
    assert meeting.answered("bob", RaiseHand(), "bob").subject["hand"] == {"raisedAt": "2026-05-04T10:00:00.000Z"}
    assert meeting.answered("bob", LowerHand(), "bob").subject["hand"] is None


def test_raised_twice_keeps_its_place(meeting: CommandedMeeting) -> None:
    meeting.answered("bob", RaiseHand(), "bob")
    meeting.clock.pass_by(1)
    meeting.answered("carol", RaiseHand(), "carol")
    assert meeting.answered("bob", RaiseHand(), "bob").status == "unchanged"
    assert up(meeting) == ["bob", "carol"]
    assert len(meeting.entries(HAND_RAISED)) == 2


def test_lowered_by_the_user_and_by_a_host(meeting: CommandedMeeting) -> None:
    for who in ("bob", "alice", "cora"):
        meeting.answered("bob", RaiseHand(), "bob")
        assert meeting.answered(who, LowerHand(), "bob").status == "applied"
        assert up(meeting) == []
        assert meeting.entries(HAND_LOWERED)[-1].actor.id == who
    assert meeting.answered("bob", LowerHand(), "bob").status == "unchanged"


def test_nobody_raises_anothers(meeting: CommandedMeeting) -> None:
    for who in ("carol", "alice", "cora"):
        assert meeting.refused(who, RaiseHand(), "bob").code == "not-permitted"
    assert meeting.refused("carol", LowerHand(), "bob").code == "not-permitted"
    meeting.answered("alice", RaiseHand(), "alice")
    assert meeting.refused("cora", LowerHand(), "alice").code == "not-permitted", "a cohost touches no host"
    assert meeting.entries(DECIDED)[-1].extra["code"] == "not-permitted"


@pytest.mark.parametrize("command", [GrantFloor(), Remove(), Ban()], ids=["floor", "remove", "ban"])
def test_the_floor_and_the_way_out_lower_it(meeting: CommandedMeeting, command: GrantFloor | Remove | Ban) -> None:
    meeting.answered("bob", RaiseHand(), "bob")
    answer = meeting.answered("alice", command, "bob")
    assert up(meeting, "carol") == []
    [told] = meeting.entries(HAND_LOWERED)
    assert (told.command, told.actor.id, told.change_id) == (command.name, "alice", answer.change_id)


@pytest.mark.parametrize("command", [Mute(), Hold()], ids=["mute", "hold"])
def test_nothing_else_does(meeting: CommandedMeeting, command: Mute | Hold) -> None:
    meeting.answered("bob", RaiseHand(), "bob")
    meeting.answered("alice", command, "bob")
    meeting.done("alice", MUTE_ALL)
    meeting.done("alice", SetMeeting(frozen=True))
    assert up(meeting) == ["bob"]


def test_leaving_lowers_it(meeting: CommandedMeeting) -> None:
    meeting.answered("bob", RaiseHand(), "bob")
    meeting.gavel.chime_events.on_left(MEETING, "626f6200-0000-0000-0000-000000000000")
    assert up(meeting, "carol") == []
    meeting.gavel.chime_events.on_left(MEETING, "626f6200-0000-0000-0000-000000000000")
    assert [e.actor.kind for e in meeting.entries(HAND_LOWERED)] == ["chime"]


def two_devices(meeting: CommandedMeeting) -> None:
    """bob joins with a laptop (0) and a phone (1), and their hand is up."""
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("bob"), meeting.clock.now())
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1), meeting.clock.now())
    meeting.clock.pass_by(1)
    meeting.answered("bob", RaiseHand(), "bob")
    meeting.clock.pass_by(1)


@pytest.mark.parametrize("how", ["left", "deleted", "sweep"])
def test_one_of_two_devices_leaves_it_up_and_the_last_one_takes_it_down(meeting: CommandedMeeting, how: str) -> None:
    def goes(number: int) -> None:
        match how:
            case "left":
                meeting.gavel.chime_events.on_left(MEETING, attendee_of("bob", number), meeting.clock.now())
            case "deleted":
                meeting.goes("bob", number)
                meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("bob", number), meeting.clock.now())
            case _:
                meeting.goes("bob", number)
                meeting.reconcile(121)

    two_devices(meeting)
    goes(1)
    assert up(meeting) == ["bob"]
    meeting.clock.pass_by(1)
    goes(0)
    assert (up(meeting, "carol"), meeting.told(HAND_LOWERED)) == ([], [["bob"]])


def test_a_device_that_had_left_before_keeps_no_hand_up(meeting: CommandedMeeting) -> None:
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1), meeting.clock.now())
    meeting.clock.pass_by(1)
    meeting.gavel.chime_events.on_left(MEETING, attendee_of("bob", 1), meeting.clock.now())
    meeting.answered("bob", RaiseHand(), "bob")
    meeting.clock.pass_by(1)
    meeting.gavel.chime_events.on_left(MEETING, attendee_of("bob"), meeting.clock.now())
    assert up(meeting, "carol") == []


@pytest.mark.parametrize("comes_back", [True, False])
def test_old_news_of_leaving_lowers_nothing(meeting: CommandedMeeting, comes_back: bool) -> None:
    """Events from before the hand was raised, or from before the user rejoined."""
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("bob"), meeting.clock.now())
    meeting.clock.pass_by(1)
    if comes_back:
        meeting.answered("bob", RaiseHand(), "bob")
    meeting.clock.pass_by(1)
    left_at = meeting.clock.now()
    meeting.clock.pass_by(1)
    if comes_back:
        meeting.gavel.chime_events.on_joined(MEETING, attendee_of("bob"), meeting.clock.now())
    else:
        meeting.answered("bob", RaiseHand(), "bob")
    meeting.gavel.chime_events.on_left(MEETING, attendee_of("bob"), left_at)
    assert up(meeting) == ["bob"]


def test_news_of_leaving_that_comes_twice_is_seen_to_once_more(meeting: CommandedMeeting) -> None:
    """The first delivery may have ended between the note and the hand."""
    meeting.answered("bob", RaiseHand(), "bob")
    meeting.clock.pass_by(1)
    meeting.ledger.seen[MEETING, attendee_of("bob")] = (meeting.clock.now(), False)
    meeting.gavel.chime_events.on_left(MEETING, attendee_of("bob"), meeting.clock.now())
    assert up(meeting, "carol") == []


def test_no_order_goes_to_chime(meeting: CommandedMeeting) -> None:
    meeting.answered("bob", RaiseHand(), "bob")
    meeting.answered("bob", LowerHand(), "bob")
    assert meeting.chime.calls == []


def test_a_nobody_has_no_hand(meeting: CommandedMeeting) -> None:
    entries = len(meeting.entries())
    assert code(meeting.ask_user("nobody", RaiseHand(), "nobody")) == "not-permitted"
    assert len(meeting.entries()) == entries
    assert code(meeting.ask_user(ADMIN, RaiseHand(), "nobody")) == "attendee-not-found"


def test_a_user_with_a_role_and_no_attendee_raises_a_hand(meeting: CommandedMeeting) -> None:
    meeting.admits("dora")
    assert code(meeting.ask_user("dora", RaiseHand(), "dora")) == "applied"
    assert up(meeting) == ["dora"]


def test_hands_stand_in_nobodys_way() -> None:
    """No command of a host is contended, or decided on a revision that a hand has changed."""
    users = {f"p{n:02}": "participant" for n in range(30)}
    meeting = CommandedMeeting(roles={**ROLES, **users})

    def raises(who: str) -> str:
        return code(meeting.ask(who, RaiseHand(), who))

    def mutes(who: str) -> str:
        return code(meeting.ask("alice", Mute(reason="noise"), who))

    with ThreadPoolExecutor(8) as pool:
        raised = pool.map(raises, users)
        muted = pool.map(mutes, users)
        assert set(raised) == {"applied"}
        assert set(muted) == {"applied"}
    assert len(up(meeting)) == 30
    assert {meeting.user(who).revision for who in users} == {meeting.user("bob").revision + 1}, "a mute each"


def test_a_hosts_command_on_a_revision_seen_before_the_hand_went_up(meeting: CommandedMeeting) -> None:
    seen = meeting.answered("bob", LowerHand(), "bob").subject["revision"]
    meeting.answered("bob", RaiseHand(), "bob")
    assert meeting.answered("alice", Mute(), "bob", if_match=str(seen)).status == "applied"
    assert up(meeting) == ["bob"], "and the mute has left it up"


def test_the_floor_and_the_users_own_lowering_at_once(meeting: CommandedMeeting) -> None:
    """The hand is read when the floor is decided, and the user lowers it before the commit."""
    meeting.answered("bob", RaiseHand(), "bob")
    transact = meeting.ledger.transact
    raced: list[Answer] = []

    def lower_first(clauses) -> None:  # type: ignore[no-untyped-def]
        meeting.ledger.transact = transact  # type: ignore[method-assign]
        raced.append(meeting.answered("bob", LowerHand(), "bob"))
        transact(clauses)

    meeting.ledger.transact = lower_first  # type: ignore[method-assign]
    assert meeting.answered("alice", GrantFloor(), "bob").status == "applied"
    assert (raced[0].status, len(meeting.entries(HAND_LOWERED))) == ("applied", 1)


def test_after_the_end_it_is_too_late(meeting: CommandedMeeting) -> None:
    meeting.done("alice", End())
    assert meeting.refused("bob", RaiseHand(), "bob").code == "meeting-ended"


def test_dry_run_and_on_behalf(meeting: CommandedMeeting) -> None:
    assert meeting.answered("bob", RaiseHand(), "bob", dry_run=True).status == "dry-run"
    assert up(meeting) == []
    assert meeting.answered(by("bob", via="phone"), RaiseHand(), "bob").status == "applied"
    assert meeting.entries(HAND_RAISED)[-1].actor == by("bob", via="phone")
