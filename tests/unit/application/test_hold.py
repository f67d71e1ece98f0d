"""Hold: the user stays in the meeting without any capability. A release restores exactly what they had."""

import pytest
from moderation.application.requests import Refused
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, Medium
from moderation.domain.commands import Hold, Mute, Release, SetCapabilities, SetMeeting, SetRole, Unmute, UserCommand
from moderation.domain.entry import CAPABILITIES_CHANGED

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.unit.application.commanded_meeting import (
    MUTE_ALL,
    RECEIVING,
    SILENT,
    UNMUTE_ALL,
    CommandedMeeting,
    by,
    code,
    outcomes,
)


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def test_everything_is_withheld_receiving_too(meeting: CommandedMeeting) -> None:
    answer = meeting.answered("alice", Hold(reason="one moment"), "bob")
    assert (answer.status, meeting.bits("bob")) == ("applied", NOTHING)
    assert "receive-removed" in answer.effects
    limits = answer.subject["limits"]
    assert isinstance(limits, list)
    assert {(x["by"], x["actor"], x["reason"], x["withholds"]) for x in limits} == {
        ("hold", "alice", "one moment", "send"), ("hold", "alice", "one moment", "receive")
    }  # fmt: skip
    assert meeting.inside("bob")


BEFORE: list[tuple[UserCommand, ...]] = [
    (),
    (Mute(),),
    (Mute(seconds=300), Mute((Medium.VIDEO,))),
    (SetCapabilities({Medium.VIDEO: NOTHING, Medium.CONTENT: Capabilities.SEND_CONTENT}),),
    (SetRole("viewer"),),
]


@pytest.mark.parametrize("commands", BEFORE, ids=range(len(BEFORE)))
def test_release_gives_back_exactly_what_the_user_had(
    meeting: CommandedMeeting, commands: tuple[UserCommand, ...]
) -> None:
    for command in commands:
        meeting.answered("alice", command, "bob")
    had, rules = meeting.bits("bob"), meeting.user("bob").rules
    meeting.answered("alice", Hold(), "bob")
    assert meeting.bits("bob") == NOTHING
    assert meeting.answered("alice", Release(), "bob").status == "applied"
    assert (meeting.bits("bob"), meeting.user("bob").rules) == (had, rules)


def test_what_is_decided_meanwhile_counts_after_it(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Hold(), "bob")
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("alice", Release(), "bob")
    assert meeting.bits("bob") == SILENT


def test_what_ends_meanwhile_is_over_after_it(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(seconds=10), "bob")
    meeting.answered("alice", Hold(), "bob")
    meeting.reconcile(11)
    assert meeting.bits("bob") == NOTHING
    meeting.answered("alice", Release(), "bob")
    assert meeting.bits("bob") == EVERYTHING


def test_mute_all_and_its_end_leave_a_user_on_hold(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Hold(), "bob")
    assert outcomes(meeting.done("alice", MUTE_ALL))["bob"] == "unchanged"
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("bob") == NOTHING
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", Release(), "bob")
    assert meeting.bits("bob") == SILENT


def test_held_twice(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Hold(reason="x"), "bob")
    assert meeting.answered("hugo", Hold(reason="x"), "bob").status == "unchanged"
    assert meeting.answered("hugo", Hold(reason="y"), "bob").status == "applied"
    hold = meeting.user("bob").rules.hold
    assert hold is not None
    assert (hold.actor.id, hold.reason) == ("hugo", "y")
    meeting.answered("alice", Release(), "bob")
    assert meeting.bits("bob") == EVERYTHING


def test_released_who_was_not_held(meeting: CommandedMeeting) -> None:
    assert meeting.answered("alice", Release(), "bob").status == "unchanged"


def test_no_unmute_beats_it(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Hold(), "bob")
    for command in (Unmute(), SetCapabilities({Medium.AUDIO: Capabilities(3)})):
        refused = meeting.refused("alice", command, "bob")
        assert (refused.code, {x["by"] for x in refused.limits}) == ("capability-unavailable", {"hold"})
    assert meeting.refused("bob", Unmute(), "bob").code == "capability-unavailable"


@pytest.mark.parametrize("who", ["bob", "carol"])
def test_who_may(meeting: CommandedMeeting, who: str) -> None:
    meeting.answered("cora", Hold(), "bob")
    assert meeting.refused(who, Release(), "bob").code == "not-permitted"
    assert meeting.refused(who, Hold(), "carol").code == "not-permitted"
    assert meeting.answered("cora", Release(), "bob").status == "applied"


def test_it_binds_the_user_who_joins_again_as_another_attendee(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Hold(), "bob")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    assert meeting.bits("bob", 1) == NOTHING
    meeting.answered("alice", Release(), "bob")
    assert meeting.bits("bob") == meeting.bits("bob", 1) == EVERYTHING


def test_before_the_user_joins(meeting: CommandedMeeting) -> None:
    assert code(meeting.ask_user("alice", Hold(), "dora")) == "stored"
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    assert meeting.bits("dora") == NOTHING


def test_a_role_does_not_release_a_user(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Hold(), "bob")
    meeting.answered("alice", SetRole("presenter"), "bob")
    assert meeting.bits("bob") == NOTHING


def test_while_frozen_users_may_be_held_and_not_released(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(frozen=True))
    assert meeting.answered("alice", Hold(), "bob").status == "applied"
    refused = meeting.refused("alice", Release(), "bob")
    assert {x["by"] for x in refused.limits} == {"freeze"}
    meeting.done("alice", SetMeeting(frozen=False))
    meeting.answered("alice", Release(), "bob")
    assert meeting.bits("bob") == EVERYTHING


def test_with_a_mode_that_gives_less(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Hold(), "bob")
    meeting.done("alice", SetMeeting(mode="audience"))
    meeting.answered("alice", Release(), "bob")
    assert meeting.bits("bob") == RECEIVING


def test_a_hold_is_carried_out_however_long_chime_fails_and_a_release_is_given_up(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    held = meeting.answered("alice", Hold(), "bob")
    assert held.status == "pending"
    meeting.reconcile(600)
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert (meeting.bits("bob"), meeting.change(held.change_id).status) == (NOTHING, "applied")
    meeting.chime_refuses()
    released = meeting.answered("alice", Release(), "bob")
    for _ in range(3):
        meeting.reconcile(30)
    assert meeting.change(released.change_id).status == "abandoned"
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert meeting.bits("bob") == NOTHING
    assert meeting.user("bob").rules.hold is not None


def test_late_or_overtaken_changes_are_published_once_settled(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    meeting.answered("alice", Hold(), "bob")
    meeting.reconcile(31)
    meeting.answered("alice", Release(), "bob")
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert meeting.told("Moderation Delayed") == [["bob"], ["bob"]], "the hold, and then the release"
    assert meeting.told("Moderation Superseded") == [["bob"]]
    named = [
        e.extra["attendees"] for kind in ("Moderation Delayed", "Moderation Superseded") for e in meeting.entries(kind)
    ]
    assert named == [[{"attendeeId": attendee_of("bob"), "externalUserId": "bob"}]] * 3
    of_carol = meeting.gavel.history(MEETING, by("alice"), after=None, limit=100, user_id="carol")
    assert not isinstance(of_carol, Refused)
    items = of_carol["items"]
    assert isinstance(items, list)
    assert [item for item in items if item["command"] in ("hold", "release")] == []


def test_both_are_told(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Hold(), "bob")
    meeting.answered("alice", Release(), "bob")
    assert [e.command for e in meeting.entries(CAPABILITIES_CHANGED)] == ["hold", "release"]
