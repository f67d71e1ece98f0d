"""Hands: raised by the person, listed oldest first, lowered by the floor, by leaving, by a host; in nobody's way."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.commands import Ban, End, GrantFloor, Hold, LowerHand, Mute, RaiseHand, Remove, SetMeeting
from moderation.domain.entry import DECIDED, HAND_LOWERED, HAND_RAISED

from tests.memory.moderated_meeting import ADMIN, MEETING, ROLES, seat
from tests.unit.application.hall import MUTE_ALL, Stage, by, code


@pytest.fixture
def stage() -> Stage:
    return Stage()


def up(stage: Stage, who: str = "bob") -> list[str]:
    found = stage.gavel.hands(MEETING, by(who))
    assert not isinstance(found, Refused), found
    items = found["items"]
    assert isinstance(items, list)
    return [item["externalUserId"] for item in items]


def test_raised_and_listed_oldest_first(stage: Stage) -> None:
    for who in ("carol", "bob", "alice"):
        assert stage.answered(who, RaiseHand(), who).status == "applied"
        stage.surroundings.pass_by(1)
    assert up(stage) == ["carol", "bob", "alice"]
    assert stage.told(HAND_RAISED) == [["carol"], ["bob"], ["alice"]]


def test_the_answer_shows_it(stage: Stage) -> None:
    assert stage.answered("bob", RaiseHand(), "bob").subject["hand"] == {"raisedAt": "2026-05-04T10:00:00.000Z"}
    assert stage.answered("bob", LowerHand(), "bob").subject["hand"] is None


def test_raised_twice_keeps_its_place(stage: Stage) -> None:
    stage.answered("bob", RaiseHand(), "bob")
    stage.surroundings.pass_by(1)
    stage.answered("carol", RaiseHand(), "carol")
    assert stage.answered("bob", RaiseHand(), "bob").status == "unchanged"
    assert up(stage) == ["bob", "carol"]
    assert len(stage.entries(HAND_RAISED)) == 2


def test_lowered_by_himself_and_by_a_host(stage: Stage) -> None:
    for who in ("bob", "alice", "cora"):
        stage.answered("bob", RaiseHand(), "bob")
        assert stage.answered(who, LowerHand(), "bob").status == "applied"
        assert up(stage) == []
        assert stage.entries(HAND_LOWERED)[-1].actor.id == who
    assert stage.answered("bob", LowerHand(), "bob").status == "unchanged"


def test_nobody_raises_anothers(stage: Stage) -> None:
    for who in ("carol", "alice", "cora"):
        assert stage.refused(who, RaiseHand(), "bob").code == "not-permitted"
    assert stage.refused("carol", LowerHand(), "bob").code == "not-permitted"
    stage.answered("alice", RaiseHand(), "alice")
    assert stage.refused("cora", LowerHand(), "alice").code == "not-permitted", "a cohost touches no host"
    assert stage.entries(DECIDED)[-1].extra["code"] == "not-permitted"


@pytest.mark.parametrize("deed", [GrantFloor(), Remove(), Ban()], ids=["floor", "remove", "ban"])
def test_the_floor_and_the_way_out_lower_it(stage: Stage, deed: GrantFloor | Remove | Ban) -> None:
    stage.answered("bob", RaiseHand(), "bob")
    answer = stage.answered("alice", deed, "bob")
    assert up(stage, "carol") == []
    [told] = stage.entries(HAND_LOWERED)
    assert (told.command, told.actor.id, told.change_id) == (deed.name, "alice", answer.change_id)


@pytest.mark.parametrize("deed", [Mute(), Hold()], ids=["mute", "hold"])
def test_nothing_else_does(stage: Stage, deed: Mute | Hold) -> None:
    stage.answered("bob", RaiseHand(), "bob")
    stage.answered("alice", deed, "bob")
    stage.done("alice", MUTE_ALL)
    stage.done("alice", SetMeeting(frozen=True))
    assert up(stage) == ["bob"]


def test_leaving_lowers_it(stage: Stage) -> None:
    stage.answered("bob", RaiseHand(), "bob")
    stage.gavel.presence.on_left(MEETING, "626f6200-0000-0000-0000-000000000000")
    assert up(stage, "carol") == []
    stage.gavel.presence.on_left(MEETING, "626f6200-0000-0000-0000-000000000000")
    assert [e.actor.kind for e in stage.entries(HAND_LOWERED)] == ["chime"]


def two_devices(stage: Stage) -> None:
    """bob sits at a laptop (0) and a phone (1), and his hand is up."""
    stage.gavel.presence.on_joined(MEETING, seat("bob"), stage.surroundings.now())
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1), stage.surroundings.now())
    stage.surroundings.pass_by(1)
    stage.answered("bob", RaiseHand(), "bob")
    stage.surroundings.pass_by(1)


@pytest.mark.parametrize("how", ["left", "deleted", "sweep"])
def test_one_of_two_devices_leaves_it_up_and_the_last_one_takes_it_down(stage: Stage, how: str) -> None:
    def goes(number: int) -> None:
        match how:
            case "left":
                stage.gavel.presence.on_left(MEETING, seat("bob", number), stage.surroundings.now())
            case "deleted":
                stage.goes("bob", number)
                stage.gavel.presence.on_deleted(MEETING, seat("bob", number), stage.surroundings.now())
            case _:
                stage.goes("bob", number)
                stage.reconcile(121)

    two_devices(stage)
    goes(1)
    assert up(stage) == ["bob"]
    stage.surroundings.pass_by(1)
    goes(0)
    assert (up(stage, "carol"), stage.told(HAND_LOWERED)) == ([], [["bob"]])


def test_a_device_that_had_left_before_keeps_no_hand_up(stage: Stage) -> None:
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1), stage.surroundings.now())
    stage.surroundings.pass_by(1)
    stage.gavel.presence.on_left(MEETING, seat("bob", 1), stage.surroundings.now())
    stage.answered("bob", RaiseHand(), "bob")
    stage.surroundings.pass_by(1)
    stage.gavel.presence.on_left(MEETING, seat("bob"), stage.surroundings.now())
    assert up(stage, "carol") == []


@pytest.mark.parametrize("comes_back", [True, False])
def test_old_news_of_leaving_lowers_nothing(stage: Stage, comes_back: bool) -> None:
    """Whether it is from before the hand was raised, or from before the user came back."""
    stage.gavel.presence.on_joined(MEETING, seat("bob"), stage.surroundings.now())
    stage.surroundings.pass_by(1)
    if comes_back:
        stage.answered("bob", RaiseHand(), "bob")
    stage.surroundings.pass_by(1)
    left_at = stage.surroundings.now()
    stage.surroundings.pass_by(1)
    if comes_back:
        stage.gavel.presence.on_joined(MEETING, seat("bob"), stage.surroundings.now())
    else:
        stage.answered("bob", RaiseHand(), "bob")
    stage.gavel.presence.on_left(MEETING, seat("bob"), left_at)
    assert up(stage) == ["bob"]


def test_news_of_leaving_that_comes_twice_is_seen_to_once_more(stage: Stage) -> None:
    """The first delivery may have ended between the note and the hand."""
    stage.answered("bob", RaiseHand(), "bob")
    stage.surroundings.pass_by(1)
    stage.ledger.seen[MEETING, seat("bob")] = (stage.surroundings.now(), False)
    stage.gavel.presence.on_left(MEETING, seat("bob"), stage.surroundings.now())
    assert up(stage, "carol") == []


def test_no_order_goes_to_chime(stage: Stage) -> None:
    stage.answered("bob", RaiseHand(), "bob")
    stage.answered("bob", LowerHand(), "bob")
    assert stage.chime.calls == []


def test_a_nobody_has_no_hand(stage: Stage) -> None:
    entries = len(stage.entries())
    assert code(stage.ask_user("nobody", RaiseHand(), "nobody")) == "not-permitted"
    assert len(stage.entries()) == entries
    assert code(stage.ask_user(ADMIN, RaiseHand(), "nobody")) == "attendee-not-found"


def test_before_he_sits_anywhere_if_he_belongs(stage: Stage) -> None:
    stage.admits("dora")
    assert code(stage.ask_user("dora", RaiseHand(), "dora")) == "applied"
    assert up(stage) == ["dora"]


def test_hands_stand_in_nobodys_way() -> None:
    """Not one deed of a host's is contended, or decided on a revision that a hand has moved."""
    people = {f"p{n:02}": "participant" for n in range(30)}
    stage = Stage(roles={**ROLES, **people})

    def raises(who: str) -> str:
        return code(stage.ask(who, RaiseHand(), who))

    def mutes(who: str) -> str:
        return code(stage.ask("alice", Mute(reason="noise"), who))

    with ThreadPoolExecutor(8) as pool:
        raised = pool.map(raises, people)
        muted = pool.map(mutes, people)
        assert set(raised) == {"applied"}
        assert set(muted) == {"applied"}
    assert len(up(stage)) == 30
    assert {stage.user(who).revision for who in people} == {stage.user("bob").revision + 1}, "a mute each"


def test_a_hosts_deed_on_a_revision_seen_before_the_hand_went_up(stage: Stage) -> None:
    seen = stage.answered("bob", LowerHand(), "bob").subject["revision"]
    stage.answered("bob", RaiseHand(), "bob")
    assert stage.answered("alice", Mute(), "bob", if_match=str(seen)).status == "applied"
    assert up(stage) == ["bob"], "and the mute has left it up"


def test_the_floor_and_his_own_lowering_at_once(stage: Stage) -> None:
    """The hand is read when the floor is decided, and lowered by himself before it is committed."""
    stage.answered("bob", RaiseHand(), "bob")
    transact = stage.ledger.transact
    raced: list[Answer] = []

    def first_his(clauses) -> None:  # type: ignore[no-untyped-def]
        stage.ledger.transact = transact  # type: ignore[method-assign]
        raced.append(stage.answered("bob", LowerHand(), "bob"))
        transact(clauses)

    stage.ledger.transact = first_his  # type: ignore[method-assign]
    assert stage.answered("alice", GrantFloor(), "bob").status == "applied"
    assert (raced[0].status, len(stage.entries(HAND_LOWERED))) == ("applied", 1)


def test_after_the_end_it_is_too_late(stage: Stage) -> None:
    stage.done("alice", End())
    assert stage.refused("bob", RaiseHand(), "bob").code == "meeting-ended"


def test_dry_run_and_on_behalf(stage: Stage) -> None:
    assert stage.answered("bob", RaiseHand(), "bob", dry_run=True).status == "dry-run"
    assert up(stage) == []
    assert stage.answered(by("bob", via="phone"), RaiseHand(), "bob").status == "applied"
    assert stage.entries(HAND_RAISED)[-1].actor == by("bob", via="phone")
