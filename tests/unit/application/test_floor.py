"""The floor: a turn to speak through mute-alls and the mode. It ends by itself."""

from datetime import timedelta

import pytest
from moderation.application.requests import Answer
from moderation.domain.capability import EVERYTHING, Capabilities, Medium
from moderation.domain.commands import (
    Ban,
    EndFloor,
    GrantFloor,
    Hold,
    Mute,
    MuteEverybody,
    RaiseHand,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Unmute,
)
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED, MEETING_CHANGED
from moderation.ports import Wakeup

from tests.memory.moderated_meeting import MEETING
from tests.unit.application.commanded_meeting import (
    CONTENT,
    MUTE_ALL,
    RECEIVING,
    SILENT,
    UNMUTE_ALL,
    CommandedMeeting,
    code,
)

BOB = Wakeup(MEETING, user_id="bob")
AUDIENCE = SetMeeting(mode="audience")


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


@pytest.fixture
def silenced() -> CommandedMeeting:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    return meeting


def test_through_a_mute_all(silenced: CommandedMeeting) -> None:
    answer = silenced.answered("alice", GrantFloor(60), "bob")
    assert (answer.status, answer.effects) == ("applied", ("audio-may-flow",))
    assert silenced.heard("bob")
    assert not silenced.heard("carol")
    assert answer.subject["floor"] == {
        "media": ["audio"], "since": "2026-05-04T10:00:00.000Z", "until": "2026-05-04T10:01:00.000Z",
        "remainingSeconds": 60,
    }  # fmt: skip


def test_through_a_mode_and_for_its_media_alone(meeting: CommandedMeeting) -> None:
    meeting.done("alice", AUDIENCE)
    meeting.answered("alice", GrantFloor(), "bob")
    assert meeting.bits("bob") == RECEIVING | Capabilities.SEND_AUDIO
    meeting.answered("alice", GrantFloor(media=(Medium.AUDIO, Medium.VIDEO)), "carol")
    assert meeting.bits("carol") == RECEIVING | Capabilities.SEND_AUDIO | Capabilities.SEND_VIDEO


@pytest.mark.parametrize("mode", ["audience", "audio-only", "presentation"])
def test_for_a_viewer_too(meeting: CommandedMeeting, mode: str) -> None:
    meeting.answered("alice", SetRole("viewer"), "bob")
    meeting.done("alice", SetMeeting(mode=mode))
    meeting.answered("alice", GrantFloor(), "bob")
    assert meeting.bits("bob") == RECEIVING | Capabilities.SEND_AUDIO


def test_it_goes_back_by_itself_to_the_second(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(60), "bob")
    assert silenced.wakeups.sent[-1] == (BOB, timedelta(seconds=60))
    silenced.clock.pass_by(59.9)
    silenced.gavel.reconciler.on_wakeup(BOB)
    assert silenced.heard("bob")
    silenced.clock.pass_by(0.1)
    silenced.gavel.reconciler.on_wakeup(BOB)
    assert not silenced.heard("bob")
    assert silenced.user("bob").rules.floor is None
    assert silenced.entries(DECIDED)[-1].actor.kind == "clock"
    assert silenced.told(CAPABILITIES_CHANGED)[-1] == ["bob"]


def test_to_the_rule_of_then_and_not_of_before(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(60), "bob")
    silenced.done("alice", UNMUTE_ALL)
    silenced.reconcile(61)
    assert silenced.bits("bob") == EVERYTHING


def test_chime_failing_at_its_end_is_pursued(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(60), "bob")
    silenced.chime_refuses()
    silenced.reconcile(61)
    assert silenced.heard("bob")
    silenced.reconcile(300)
    silenced.chime_recovers()
    silenced.reconcile(60)
    assert not silenced.heard("bob")


def test_delete_ends_it(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(), "bob")
    assert silenced.answered("cora", EndFloor(), "bob").status == "applied"
    assert not silenced.heard("bob")
    assert silenced.answered("alice", EndFloor(), "bob").status == "unchanged"


def test_granted_again_it_goes_on_longer(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(60), "bob")
    silenced.clock.pass_by(30)
    silenced.answered("alice", GrantFloor(60), "bob")
    silenced.reconcile(31)
    assert silenced.heard("bob"), "a minute from the second grant"
    silenced.reconcile(30)
    assert not silenced.heard("bob")


def test_one_for_other_media_takes_its_place(meeting: CommandedMeeting) -> None:
    meeting.done("alice", AUDIENCE)
    meeting.answered("alice", GrantFloor(), "bob")
    meeting.answered("alice", GrantFloor(media=(Medium.VIDEO,)), "bob")
    assert meeting.bits("bob") == RECEIVING | Capabilities.SEND_VIDEO


def test_two_have_it_unless_it_is_exclusive(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(), "bob")
    silenced.answered("alice", GrantFloor(), "carol")
    assert silenced.heard("bob")
    assert silenced.heard("carol")
    answer = silenced.answered("alice", GrantFloor(exclusive=True), "carol")
    assert (silenced.heard("bob"), silenced.heard("carol")) == (False, True)
    assert (answer.status, answer.subject["externalUserId"]) == ("applied", "carol")


def test_exclusive_ends_the_others_in_the_same_change(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(), "bob")
    answer = silenced.answered("hugo", GrantFloor(exclusive=True), "carol")
    told = [e for e in silenced.entries() if e.change_id == answer.change_id]
    assert {n for e in told if e.type == CAPABILITIES_CHANGED for n in e.names} == {"bob", "carol"}
    assert all(e.type != MEETING_CHANGED for e in told)


def test_an_exclusive_one_that_waits_is_shown(silenced: CommandedMeeting) -> None:
    silenced.chime_refuses()
    answer = silenced.answered("alice", GrantFloor(exclusive=True), "bob")
    assert (answer.status, answer.subject["externalUserId"]) == ("pending", "bob")
    assert answer.subject["floor"] is not None


def test_of_two_exclusive_ones_that_wait_the_first_is_superseded_by_the_second(silenced: CommandedMeeting) -> None:
    silenced.chime_refuses()
    first, second = (silenced.answered("alice", GrantFloor(exclusive=True), user) for user in ("bob", "carol"))
    silenced.chime_recovers()
    silenced.reconcile(5)
    assert (silenced.heard("bob"), silenced.heard("carol")) == (False, True)
    superseded = silenced.change(first.change_id)
    assert (superseded.status, superseded.superseded_by) == ("superseded", second.change_id)
    assert silenced.change(second.change_id).status == "applied"


def test_exclusive_leaves_other_media_alone(meeting: CommandedMeeting) -> None:
    meeting.done("alice", AUDIENCE)
    meeting.answered("alice", GrantFloor(media=(Medium.AUDIO, Medium.VIDEO)), "bob")
    meeting.answered("alice", GrantFloor(media=(Medium.AUDIO,), exclusive=True), "carol")
    assert meeting.bits("bob") == RECEIVING | Capabilities.SEND_VIDEO
    assert meeting.bits("carol") == RECEIVING | Capabilities.SEND_AUDIO


def test_an_exclusive_one_that_is_narrowed_before_it_has_settled_is_superseded(silenced: CommandedMeeting) -> None:
    silenced.chime_refuses()
    both = silenced.answered("alice", GrantFloor(90, (Medium.AUDIO, Medium.VIDEO), exclusive=True), "bob")
    silenced.answered("hugo", GrantFloor(90, (Medium.AUDIO,)), "bob")
    silenced.chime_recovers()
    silenced.reconcile(5)
    assert silenced.change(both.change_id).status == "superseded"


def test_a_mute_all_ends_every_turn(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(), "bob")
    silenced.done("cora", MUTE_ALL)
    assert not silenced.heard("bob")
    silenced.answered("alice", GrantFloor(), "bob")
    assert silenced.heard("bob"), "and a new one may be given"


def test_a_mute_all_of_other_media_does_not(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(), "bob")
    silenced.done("alice", MuteEverybody(media=CONTENT))
    assert silenced.heard("bob")


def test_not_through_what_hosts_withhold_from_the_user_alone(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(reason="noise"), "bob")
    refused = meeting.refused("hugo", GrantFloor(), "bob")
    assert refused.code == "capability-unavailable"
    assert [(x["by"], x["reason"]) for x in refused.limits] == [("restriction", "noise")]
    assert meeting.bits("bob") == SILENT
    meeting.answered("hugo", Hold(), "carol")
    assert meeting.refused("hugo", GrantFloor(), "carol").code == "capability-unavailable"


def test_nor_does_it_open_what_users_have_muted_themselves(silenced: CommandedMeeting) -> None:
    silenced.answered("bob", Mute(), "bob")
    answer = silenced.answered("alice", GrantFloor(), "bob")
    assert (answer.status, silenced.heard("bob")) == ("applied", False)
    assert silenced.answered("bob", Unmute(), "bob").status == "applied"
    assert silenced.heard("bob"), "the user lifts it during their turn"


def test_nor_gives_it_what_was_not_granted(meeting: CommandedMeeting) -> None:
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("zoe", capabilities=RECEIVING))
    refused = meeting.refused("alice", GrantFloor(), "zoe")
    assert {x["by"] for x in refused.limits} == {"grant"}


def test_a_mute_during_the_floor_silences_the_user(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(), "bob")
    silenced.answered("alice", Mute(), "bob")
    assert not silenced.heard("bob")


def test_a_patch_can_take_it_too(meeting: CommandedMeeting) -> None:
    meeting.done("alice", AUDIENCE)
    meeting.answered("alice", GrantFloor(), "bob")
    meeting.answered("alice", SetCapabilities({Medium.AUDIO: Capabilities.RECEIVE_AUDIO}), "bob")
    assert meeting.bits("bob") == RECEIVING


def test_while_frozen_no_turn_begins_or_ends_by_itself(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(60), "carol")
    silenced.done("alice", SetMeeting(frozen=True))
    refused = silenced.refused("alice", GrantFloor(), "bob")
    assert {x["by"] for x in refused.limits} == {"freeze"}
    silenced.reconcile(61)
    assert silenced.heard("carol")
    silenced.done("alice", SetMeeting(frozen=False))
    silenced.reconcile(1)
    assert not silenced.heard("carol")


def test_while_frozen_it_may_be_taken_away(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(60), "carol")
    silenced.done("alice", SetMeeting(frozen=True))
    assert silenced.answered("alice", EndFloor(), "carol").status == "applied"
    assert not silenced.heard("carol")


def test_before_the_user_joins(silenced: CommandedMeeting) -> None:
    assert code(silenced.ask_user("alice", GrantFloor(), "dora")) == "stored"
    silenced.admits("dora")
    silenced.gavel.chime_events.on_joined(MEETING, silenced.comes("dora", capabilities=SILENT))
    assert silenced.heard("dora")
    silenced.reconcile(121)
    assert not silenced.heard("dora"), "her turn is over"


def test_on_all_attendees_of_the_user(silenced: CommandedMeeting) -> None:
    silenced.gavel.chime_events.on_joined(MEETING, silenced.comes("bob", 1))
    silenced.answered("alice", GrantFloor(), "bob")
    assert silenced.heard("bob")
    assert silenced.heard("bob", 1)


def test_who_may(silenced: CommandedMeeting) -> None:
    for who in ("bob", "carol"):
        assert silenced.refused(who, GrantFloor(), "bob").code == "not-permitted"
        assert silenced.refused(who, EndFloor(), "bob").code == "not-permitted"
    assert silenced.refused("cora", GrantFloor(), "alice").code == "not-permitted"
    assert silenced.answered("cora", GrantFloor(), "bob").status == "applied"


def test_a_user_removed_during_their_floor_does_not_get_it_back(silenced: CommandedMeeting) -> None:
    silenced.answered("alice", GrantFloor(3600), "bob")
    silenced.answered("alice", Remove(), "bob")
    silenced.gavel.chime_events.on_joined(MEETING, silenced.comes("bob", 1))
    assert not silenced.heard("bob", 1)


def test_a_turn_that_chime_does_not_take_is_given_up(silenced: CommandedMeeting) -> None:
    silenced.chime_refuses()
    for command in (GrantFloor(3600), GrantFloor(3600, exclusive=True)):
        answer = silenced.answered("alice", command, "bob")
        assert answer.status == "pending"
        for _ in range(3):
            silenced.reconcile(30)
        assert silenced.change(answer.change_id).status == "abandoned"
    silenced.chime_recovers()
    silenced.reconcile(60)
    assert not silenced.heard("bob")
    answered = silenced.ask("alice", GrantFloor(3600), "carol")
    assert isinstance(answered, Answer)
    assert silenced.heard("carol")


def test_a_cohosts_exclusive_floor_ends_no_hosts_turn(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MuteEverybody(spared_roles=()))
    meeting.answered("alice", GrantFloor(), "hugo")
    refused = meeting.refused("cora", GrantFloor(exclusive=True), "bob")
    assert (refused.code, refused.policies) == ("not-permitted", ("non-hosts-may-not-act-on-hosts",))
    assert (meeting.heard("hugo"), meeting.heard("bob")) == (True, False)
    assert meeting.answered("cora", GrantFloor(media=(Medium.VIDEO,), exclusive=True), "bob").status == "applied"
    assert meeting.answered("alice", GrantFloor(exclusive=True), "bob").status == "applied"
    assert not meeting.heard("hugo")


def test_her_own_turn_a_cohost_may_give_away(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MuteEverybody(spared_roles=("host",)))
    meeting.answered("alice", GrantFloor(), "cora")
    assert meeting.answered("cora", GrantFloor(exclusive=True), "bob").status == "applied"
    assert (meeting.heard("cora"), meeting.heard("bob")) == (False, True)


@pytest.mark.parametrize("exclusive", [False, True])
def test_a_dry_run_shows_what_would_be(silenced: CommandedMeeting, exclusive: bool) -> None:
    silenced.answered("bob", RaiseHand(), "bob")
    command = GrantFloor(60, exclusive=exclusive)
    foreseen = silenced.answered("alice", command, "bob", dry_run=True)
    done = silenced.answered("alice", command, "bob")
    for shown in ("capabilities", "floor", "hand", "limits"):
        assert foreseen.subject[shown] == done.subject[shown]


def test_given_to_a_host_whose_ban_has_just_ended_the_host_counts_again(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(until=meeting.clock.now() + timedelta(seconds=5)), "hugo")
    assert meeting.stored().hosts == 1
    meeting.clock.pass_by(6)
    assert code(meeting.ask_user("alice", GrantFloor(exclusive=True), "hugo")) == "stored"
    assert meeting.stored().hosts == 2
