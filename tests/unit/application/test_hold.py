"""On hold: inside, and cut off from it; released, exactly as before."""

import pytest
from moderation.application.requests import Refused
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, Medium
from moderation.domain.commands import Hold, Mute, Release, SetCapabilities, SetMeeting, SetRole, Unmute, UserCommand
from moderation.domain.entry import CAPABILITIES_CHANGED

from tests.memory.moderated_meeting import MEETING
from tests.unit.application.hall import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, Stage, by, code, outcomes


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_everything_is_withheld_receiving_too(stage: Stage) -> None:
    answer = stage.answered("alice", Hold(reason="one moment"), "bob")
    assert (answer.status, stage.bits("bob")) == ("applied", NOTHING)
    assert "receive-removed" in answer.effects
    limits = answer.subject["limits"]
    assert isinstance(limits, list)
    assert {(x["by"], x["actor"], x["reason"], x["withholds"]) for x in limits} == {
        ("hold", "alice", "one moment", "send"), ("hold", "alice", "one moment", "receive")
    }  # fmt: skip
    assert stage.inside("bob")


BEFORE: list[tuple[UserCommand, ...]] = [
    (),
    (Mute(),),
    (Mute(seconds=300), Mute((Medium.VIDEO,))),
    (SetCapabilities({Medium.VIDEO: NOTHING, Medium.CONTENT: Capabilities.SEND_CONTENT}),),
    (SetRole("viewer"),),
]


@pytest.mark.parametrize("deeds", BEFORE, ids=range(len(BEFORE)))
def test_release_gives_back_exactly_what_he_had(stage: Stage, deeds: tuple[UserCommand, ...]) -> None:
    for deed in deeds:
        stage.answered("alice", deed, "bob")
    had, rules = stage.bits("bob"), stage.user("bob").rules
    stage.answered("alice", Hold(), "bob")
    assert stage.bits("bob") == NOTHING
    assert stage.answered("alice", Release(), "bob").status == "applied"
    assert (stage.bits("bob"), stage.user("bob").rules) == (had, rules)


def test_what_is_decided_meanwhile_counts_after_it(stage: Stage) -> None:
    stage.answered("alice", Hold(), "bob")
    stage.answered("alice", Mute(), "bob")
    stage.answered("alice", Release(), "bob")
    assert stage.bits("bob") == SILENT


def test_what_ends_meanwhile_is_over_after_it(stage: Stage) -> None:
    stage.answered("alice", Mute(seconds=10), "bob")
    stage.answered("alice", Hold(), "bob")
    stage.reconcile(11)
    assert stage.bits("bob") == NOTHING
    stage.answered("alice", Release(), "bob")
    assert stage.bits("bob") == EVERYTHING


def test_mute_all_and_its_end_leave_him_on_hold(stage: Stage) -> None:
    stage.answered("alice", Hold(), "bob")
    assert outcomes(stage.done("alice", MUTE_ALL))["bob"] == "unchanged"
    stage.done("alice", UNMUTE_ALL)
    assert stage.bits("bob") == NOTHING
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", Release(), "bob")
    assert stage.bits("bob") == SILENT


def test_held_twice(stage: Stage) -> None:
    stage.answered("alice", Hold(reason="x"), "bob")
    assert stage.answered("hugo", Hold(reason="x"), "bob").status == "unchanged"
    assert stage.answered("hugo", Hold(reason="y"), "bob").status == "applied"
    hold = stage.user("bob").rules.hold
    assert hold is not None
    assert (hold.actor.id, hold.reason) == ("hugo", "y")
    stage.answered("alice", Release(), "bob")
    assert stage.bits("bob") == EVERYTHING


def test_released_who_was_not_held(stage: Stage) -> None:
    assert stage.answered("alice", Release(), "bob").status == "unchanged"


def test_no_unmute_beats_it(stage: Stage) -> None:
    stage.answered("alice", Hold(), "bob")
    for deed in (Unmute(), SetCapabilities({Medium.AUDIO: Capabilities(3)})):
        refused = stage.refused("alice", deed, "bob")
        assert (refused.code, {x["by"] for x in refused.limits}) == ("capability-unavailable", {"hold"})
    assert stage.refused("bob", Unmute(), "bob").code == "capability-unavailable"


@pytest.mark.parametrize("who", ["bob", "carol"])
def test_who_may(stage: Stage, who: str) -> None:
    stage.answered("cora", Hold(), "bob")
    assert stage.refused(who, Release(), "bob").code == "not-permitted"
    assert stage.refused(who, Hold(), "carol").code == "not-permitted"
    assert stage.answered("cora", Release(), "bob").status == "applied"


def test_it_comes_along_with_whoever_joins_again_on_another_seat(stage: Stage) -> None:
    stage.answered("alice", Hold(), "bob")
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1))
    assert stage.bits("bob", 1) == NOTHING
    stage.answered("alice", Release(), "bob")
    assert stage.bits("bob") == stage.bits("bob", 1) == EVERYTHING


def test_before_he_joins(stage: Stage) -> None:
    assert code(stage.ask_user("alice", Hold(), "dora")) == "stored"
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    assert stage.bits("dora") == NOTHING


def test_his_role_does_not_free_him(stage: Stage) -> None:
    stage.answered("alice", Hold(), "bob")
    stage.answered("alice", SetRole("presenter"), "bob")
    assert stage.bits("bob") == NOTHING


def test_while_frozen_he_may_be_held_and_not_released(stage: Stage) -> None:
    stage.done("alice", SetMeeting(frozen=True))
    assert stage.answered("alice", Hold(), "bob").status == "applied"
    refused = stage.refused("alice", Release(), "bob")
    assert {x["by"] for x in refused.limits} == {"freeze"}
    stage.done("alice", SetMeeting(frozen=False))
    stage.answered("alice", Release(), "bob")
    assert stage.bits("bob") == EVERYTHING


def test_with_a_mode_that_gives_less(stage: Stage) -> None:
    stage.answered("alice", Hold(), "bob")
    stage.done("alice", SetMeeting(mode="audience"))
    stage.answered("alice", Release(), "bob")
    assert stage.bits("bob") == RECEIVING


def test_a_hold_is_carried_out_however_long_chime_fails_and_a_release_is_given_up(stage: Stage) -> None:
    stage.chime_refuses()
    held = stage.answered("alice", Hold(), "bob")
    assert held.status == "pending"
    stage.reconcile(600)
    stage.chime_recovers()
    stage.reconcile(60)
    assert (stage.bits("bob"), stage.change(held.change_id).status) == (NOTHING, "applied")
    stage.chime_refuses()
    released = stage.answered("alice", Release(), "bob")
    for _ in range(3):
        stage.reconcile(30)
    assert stage.change(released.change_id).status == "abandoned"
    stage.chime_recovers()
    stage.reconcile(60)
    assert stage.bits("bob") == NOTHING
    assert stage.user("bob").rules.hold is not None


def test_what_was_late_or_overtaken_is_told_of_him_alone(stage: Stage) -> None:
    stage.chime_refuses()
    stage.answered("alice", Hold(), "bob")
    stage.reconcile(31)
    stage.answered("alice", Release(), "bob")
    stage.chime_recovers()
    stage.reconcile(60)
    assert stage.told("Moderation Delayed") == [["bob"], ["bob"]], "the hold, and then the release"
    assert stage.told("Moderation Superseded") == [["bob"]]
    of_carol = stage.gavel.history(MEETING, by("alice"), after=None, limit=100, user_id="carol")
    assert not isinstance(of_carol, Refused)
    items = of_carol["items"]
    assert isinstance(items, list)
    assert [item for item in items if item["command"] in ("hold", "release")] == []


def test_both_are_told(stage: Stage) -> None:
    stage.answered("alice", Hold(), "bob")
    stage.answered("alice", Release(), "bob")
    assert [e.command for e in stage.entries(CAPABILITIES_CHANGED)] == ["hold", "release"]
