"""Out of the meeting, for now or for good: on all seats, durably, and lifted by others only."""

from datetime import timedelta

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.commands import Ban, MeetingCommand, Mute, RaiseHand, Remove, SetMeeting, SetRole, Unban, Unmute
from moderation.domain.entry import DECIDED, HAND_LOWERED, REMOVED
from moderation.ports import OutcomeUnknownError, Wakeup

from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import MUTE_ALL, Stage, by, code, outcomes


@pytest.fixture
def stage() -> Stage:
    return Stage()


def two_seats(stage: Stage) -> None:
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1))


def bans(stage: Stage, who: str = "alice") -> list[str]:
    found = stage.gavel.bans(MEETING, by(who))
    assert not isinstance(found, Refused), found
    items = found["items"]
    assert isinstance(items, list)
    return [item["externalUserId"] for item in items]


def test_removed_from_all_seats(stage: Stage) -> None:
    two_seats(stage)
    answer = stage.answered("alice", Remove(reason="noise"), "bob")
    assert (answer.status, answer.subject["status"]) == ("applied", "gone")
    assert not stage.inside("bob")
    assert not stage.inside("bob", 1)
    [told] = stage.entries(REMOVED)
    attendees = told.extra["attendees"]
    assert isinstance(attendees, list)
    assert sorted(a["attendeeId"] for a in attendees) == [seat("bob"), seat("bob", 1)]
    assert told.extra["banned"] is False
    assert (told.reason, told.actor.id) == ("noise", "alice")
    assert stage.inside("carol")


@pytest.mark.parametrize(("left", "removed"), [(0, 1), (1, 0)])
def test_the_answer_is_about_the_attendee_who_was_there(stage: Stage, left: int, removed: int) -> None:
    two_seats(stage)
    stage.goes("bob", left)
    stage.gavel.presence.on_deleted(MEETING, seat("bob", left))
    stage.surroundings.pass_by(1)
    answer = stage.ask_user("alice", Remove(), "bob")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.subject["attendeeId"]) == ("applied", seat("bob", removed))


def test_who_was_removed_may_come_again_and_a_ban_keeps_him_out(stage: Stage) -> None:
    stage.answered("alice", Remove(), "bob")
    assert stage.admits("bob") == {"bob": "admitted"}
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1))
    assert stage.inside("bob", 1)
    assert code(stage.ask_user("alice", Remove(ban=True), "bob")) == "applied"
    assert not stage.inside("bob", 1)
    assert stage.admits("bob", "carol") == {"bob": "banned", "carol": "admitted"}
    assert stage.entries(REMOVED)[-1].extra["banned"] is True


def test_a_seat_that_nobody_has_told_of_goes_too(stage: Stage) -> None:
    stage.comes("bob", 1)
    assert stage.answered("alice", Remove(), "bob").status == "applied"
    assert not stage.inside("bob")
    assert not stage.inside("bob", 1)


def test_a_second_removal_leaves_the_first_in_force(stage: Stage) -> None:
    stage.chime_refuses()
    first = stage.answered("alice", Remove(reason="noise"), "bob")
    second = stage.answered("hugo", Remove(), "bob")
    stage.chime_recovers()
    stage.reconcile(60)
    assert not stage.inside("bob")
    assert {stage.change(a.change_id).status for a in (first, second)} <= {"applied", "superseded"}


def test_removed_twice(stage: Stage) -> None:
    stage.answered("alice", Remove(), "bob")
    assert stage.answered("alice", Remove(), "bob").status == "unchanged"
    assert len(stage.entries(REMOVED)) == 1


def test_the_removal_of_somebody_absent_removes_nobody(stage: Stage) -> None:
    answer = stage.ask_user("alice", Remove(), "dora")
    assert code(answer) == "unchanged"
    assert stage.admits("dora") == {"dora": "admitted"}
    assert stage.entries(REMOVED) == []


def test_the_ban_of_somebody_absent_waits_for_him(stage: Stage) -> None:
    assert code(stage.ask_user("alice", Ban(reason="last week"), "dora")) == "stored"
    assert stage.admits("dora") == {"dora": "banned"}
    assert bans(stage) == ["dora"]


def test_a_banned_person_is_removed_when_his_event_arrives(stage: Stage) -> None:
    stage.answered("alice", Ban(), "bob")
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1))
    assert not stage.inside("bob", 1)
    assert stage.entries(REMOVED)[-1].extra == {
        "attendees": [{"attendeeId": seat("bob", 1), "externalUserId": "bob"}], "banned": True
    }  # fmt: skip


def test_and_by_the_sweep_if_no_event_arrives(stage: Stage) -> None:
    stage.answered("alice", Ban(), "bob")
    stage.comes("bob", 1)
    stage.reconcile(121)
    assert not stage.inside("bob", 1)
    assert stage.entries(REMOVED)[-1].names == {"bob"}


def test_a_seat_that_came_back_though_it_was_removed_is_removed_again(stage: Stage) -> None:
    stage.answered("alice", Remove(), "bob")
    stage.comes("bob")
    stage.reconcile(121)
    assert not stage.inside("bob")


@pytest.mark.parametrize("deed", [MUTE_ALL, SetMeeting(mode="audience")], ids=["mute-all", "mode"])
def test_a_bulk_deed_gives_a_banned_person_nothing_but_the_way_out(stage: Stage, deed: MeetingCommand) -> None:
    stage.answered("alice", Ban(), "bob")
    stage.comes("bob", 1)
    answer = stage.done("alice", deed)
    assert not stage.inside("bob", 1)
    assert outcomes(answer)["bob"] == "gone"
    assert outcomes(answer)["carol"] == "applied"
    assert stage.entries(REMOVED)[-1].extra == {
        "attendees": [{"attendeeId": seat("bob", 1), "externalUserId": "bob"}], "banned": True
    }  # fmt: skip


def test_unmute_all_does_not_let_the_banned_in(stage: Stage) -> None:
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", Ban(), "bob")
    stage.comes("bob", 1)
    stage.done("alice", SetMeeting(mode="audio-only"))
    assert not stage.inside("bob", 1)
    assert stage.admits("bob") == {"bob": "banned"}


def test_a_banned_person_may_do_nothing_and_learns_nothing(stage: Stage) -> None:
    stage.answered("alice", SetRole("cohost"), "bob")
    stage.answered("alice", Ban(), "bob")
    assert code(stage.ask("bob", Mute(), "carol")) == "banned"
    assert code(stage.ask_user("bob", Unban(), "bob")) == "banned"
    assert code(stage.say("bob", MUTE_ALL)) == "banned"
    for read in (stage.gavel.meeting, stage.gavel.me, stage.gavel.bans, stage.gavel.hands):
        seen = read(MEETING, by("bob"))
        assert isinstance(seen, Refused)
        assert seen.code == "banned"


def test_nobody_lifts_or_makes_his_own_ban(stage: Stage) -> None:
    for who in ("alice", "hugo"):
        assert code(stage.ask_user(who, Ban(), who)) == "not-permitted"
        assert code(stage.ask_user(who, Unban(), who)) == "not-permitted"
        assert code(stage.ask_user(who, Remove(ban=True), who)) == "not-permitted"


def test_a_cohost_lifts_a_ban_but_not_a_hosts(stage: Stage) -> None:
    stage.answered("alice", Ban(), "bob")
    assert code(stage.ask_user("cora", Unban(), "bob")) == "applied"
    assert bans(stage) == []
    stage.answered("alice", Ban(), "hugo")
    assert code(stage.ask_user("cora", Unban(), "hugo")) == "not-permitted"
    assert code(stage.ask_user("alice", Unban(), "hugo")) == "applied"


def test_who_was_unbanned_has_what_he_had(stage: Stage) -> None:
    stage.done("alice", SetMeeting(mode="presentation"))
    stage.answered("alice", SetRole("presenter"), "bob")
    stage.answered("alice", Mute(), "bob")
    was = stage.user("bob").rules
    stage.answered("alice", Ban(), "bob")
    stage.ask_user("alice", Unban(), "bob")
    assert stage.user("bob").rules == was
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1))
    assert stage.bits("bob", 1) == EVERYTHING & ~Capabilities.SEND_AUDIO


def test_a_banned_host_hosts_nothing(stage: Stage) -> None:
    stage.answered("alice", Ban(), "hugo")
    assert stage.meeting().hosts == 1
    assert stage.refused("alice", SetRole("viewer"), "alice").code == "last-host"
    stage.ask_user("alice", Unban(), "hugo")
    assert stage.meeting().hosts == 2
    assert stage.answered("alice", SetRole("viewer"), "alice").status == "applied"


def test_a_ban_ends_by_the_clock_and_the_host_counts_again(stage: Stage) -> None:
    until = stage.surroundings.now() + timedelta(seconds=300)
    stage.answered("alice", Ban(until=until), "hugo")
    assert stage.wakeups.sent[-1] == (Wakeup(MEETING, user_id="hugo"), timedelta(seconds=300))
    stage.surroundings.pass_by(299)
    stage.gavel.reconciler.on_wakeup(Wakeup(MEETING, user_id="hugo"))
    assert stage.admits("hugo") == {"hugo": "banned"}
    stage.surroundings.pass_by(1)
    stage.gavel.reconciler.on_wakeup(Wakeup(MEETING, user_id="hugo"))
    assert stage.meeting().hosts == 2
    assert bans(stage) == []
    assert stage.entries(DECIDED)[-1].actor.kind == "clock"
    assert stage.admits("hugo") == {"hugo": "admitted"}
    stage.gavel.presence.on_joined(MEETING, stage.comes("hugo", 1))
    assert stage.bits("hugo", 1) == EVERYTHING


def test_an_admission_in_the_second_when_it_ends_counts_the_host_once(stage: Stage) -> None:
    stage.answered("alice", Ban(until=stage.surroundings.now() + timedelta(seconds=5)), "hugo")
    stage.surroundings.pass_by(5)
    assert stage.admits("hugo") == {"hugo": "admitted"}
    stage.reconcile(1)
    assert stage.meeting().hosts == 2


def test_a_ban_ends_in_the_future(stage: Stage) -> None:
    refused = stage.refused("alice", Ban(until=stage.surroundings.now()), "bob")
    assert (refused.code, refused.pointer) == ("invalid-request", "/until")
    assert stage.inside("bob")


def test_while_frozen_a_ban_does_not_end(stage: Stage) -> None:
    stage.answered("alice", Ban(until=stage.surroundings.now() + timedelta(seconds=5)), "bob")
    stage.done("alice", SetMeeting(frozen=True))
    stage.reconcile(60)
    assert stage.admits("bob") == {"bob": "banned"}
    stage.done("alice", SetMeeting(frozen=False))
    stage.reconcile(1)
    assert stage.admits("bob") == {"bob": "admitted"}


def test_the_same_ban_again_is_unchanged_and_another_replaces(stage: Stage) -> None:
    stage.answered("alice", Ban(reason="noise"), "bob")
    assert code(stage.ask_user("hugo", Ban(reason="noise"), "bob")) == "unchanged"
    assert code(stage.ask_user("hugo", Ban(reason="threats"), "bob")) == "stored"
    ban = stage.user("bob").rules.ban
    assert ban is not None
    assert (ban.actor.id, ban.reason) == ("hugo", "threats")


def test_as_durable_as_any_other(stage: Stage) -> None:
    stage.chime_refuses()
    answer = stage.answered("alice", Remove(ban=True), "bob")
    assert (answer.status, answer.subject["status"]) == ("pending", "pending")
    assert stage.inside("bob")
    assert stage.admits("bob") == {"bob": "banned"}, "decided is decided"
    stage.reconcile(300)
    stage.chime_recovers()
    stage.reconcile(60)
    assert not stage.inside("bob")
    assert stage.change(answer.change_id).status == "applied"
    assert stage.told(REMOVED) == [["bob"]]
    assert stage.told("Moderation Delayed") == [["bob"]]


def test_a_removal_whose_answer_was_lost(stage: Stage) -> None:
    def lost() -> None:
        raise OutcomeUnknownError

    stage.chime.after = [lost]
    answer = stage.answered("alice", Remove(), "bob")
    assert answer.status == "applied"
    assert not stage.inside("bob")
    stage.reconcile(60)
    assert stage.told(REMOVED) == [["bob"]]


def test_removed_his_hand_is_down_and_his_turn_over(stage: Stage) -> None:
    stage.answered("bob", RaiseHand(), "bob")
    stage.answered("alice", Remove(), "bob")
    assert stage.ledger.hands(MEETING) == {}
    assert stage.told(HAND_LOWERED) == [["bob"]]


def test_who_is_not_in_any_more_is_not_unmuted(stage: Stage) -> None:
    stage.answered("alice", Ban(), "bob")
    refused = stage.ask_user("alice", Unmute(), "bob")
    assert isinstance(refused, Refused)
    assert {limit["by"] for limit in refused.limits} == {"ban"}


def test_only_moderators_see_the_list(stage: Stage) -> None:
    stage.answered("alice", Ban(), "bob")
    assert bans(stage, "cora") == ["bob"]
    seen = stage.gavel.bans(MEETING, by("carol"))
    assert isinstance(seen, Refused)


def test_a_nobody_who_was_banned_is_nobody_after_it(stage: Stage) -> None:
    stage.ask_user("alice", Ban(), "dora")
    stage.ask_user("alice", Unban(), "dora")
    assert code(stage.ask_user("dora", RaiseHand(), "dora")) == "not-permitted"


def test_the_back_end_bans_whom_it_likes_but_the_last_host(stage: Stage) -> None:
    assert code(stage.ask_user(ADMIN, Ban(), "alice")) == "applied"
    assert code(stage.ask_user(ADMIN, Ban(), "hugo")) == "last-host"


def test_a_banned_person_holds_nothing_whatever_his_role(stage: Stage) -> None:
    stage.answered("alice", Ban(), "hugo")
    answer = stage.ask_user("alice", SetRole("viewer"), "hugo")
    assert isinstance(answer, Answer)
    assert (answer.subject["role"], answer.subject["capabilities"]) == (
        None, {"audio": "None", "video": "None", "content": "None"}
    )  # fmt: skip
    assert stage.meeting().hosts == 1
