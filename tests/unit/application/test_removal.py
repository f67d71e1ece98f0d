"""Removals and bans: of all attendees, stored, and lifted by other users only."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from moderation.application.requests import Answer, Refused, Request
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, Medium
from moderation.domain.commands import (
    Ban,
    Hold,
    MeetingCommand,
    Mute,
    MuteEverybody,
    RaiseHand,
    Remove,
    SetMeeting,
    SetRole,
    Unban,
    Unmute,
)
from moderation.domain.entry import DECIDED, HAND_LOWERED, REMOVED
from moderation.ports import AttendeesNoted, ChimeAttendee, Clause, ConditionFailedError, Loaded, Wakeup

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import (
    MUTE_ALL,
    CommandedMeeting,
    Died,
    by,
    code,
    dies,
    just_before,
    notes_attendees,
    outcomes,
    unknown,
)


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def two_attendees(meeting: CommandedMeeting) -> None:
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))


def bans(meeting: CommandedMeeting, who: str = "alice") -> list[str]:
    found = meeting.gavel.bans(MEETING, by(who))
    assert not isinstance(found, Refused), found
    items = found["items"]
    assert isinstance(items, list)
    return [item["externalUserId"] for item in items]


def test_removed_from_all_attendees(meeting: CommandedMeeting) -> None:
    two_attendees(meeting)
    answer = meeting.answered("alice", Remove(reason="noise"), "bob")
    assert (answer.status, answer.subject["status"]) == ("applied", "gone")
    assert not meeting.inside("bob")
    assert not meeting.inside("bob", 1)
    [told] = meeting.entries(REMOVED)
    attendees = told.extra["attendees"]
    assert isinstance(attendees, list)
    assert sorted(a["attendeeId"] for a in attendees) == [attendee_of("bob"), attendee_of("bob", 1)]
    assert told.extra["banned"] is False
    assert (told.reason, told.actor.id) == ("noise", "alice")
    assert meeting.inside("carol")


@pytest.mark.parametrize(("left", "removed"), [(0, 1), (1, 0)])
def test_the_answer_is_about_the_attendee_who_was_there(meeting: CommandedMeeting, left: int, removed: int) -> None:
    two_attendees(meeting)
    meeting.goes("bob", left)
    meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("bob", left))
    meeting.clock.pass_by(1)
    answer = meeting.ask_user("alice", Remove(), "bob")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.subject["attendeeId"]) == ("applied", attendee_of("bob", removed))


def test_a_removed_user_may_come_again_and_a_banned_one_may_not(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Remove(), "bob")
    assert meeting.admits("bob") == {"bob": "admitted"}
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    assert meeting.inside("bob", 1)
    assert code(meeting.ask_user("alice", Remove(ban=True), "bob")) == "applied"
    assert not meeting.inside("bob", 1)
    assert meeting.admits("bob", "carol") == {"bob": "banned", "carol": "admitted"}
    assert meeting.entries(REMOVED)[-1].extra["banned"] is True


def test_an_attendee_that_nobody_has_told_of_goes_too(meeting: CommandedMeeting) -> None:
    meeting.comes("bob", 1)
    assert meeting.answered("alice", Remove(), "bob").status == "applied"
    assert not meeting.inside("bob")
    assert not meeting.inside("bob", 1)


def test_a_second_removal_leaves_the_first_in_force(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    first = meeting.answered("alice", Remove(reason="noise"), "bob")
    second = meeting.answered("hugo", Remove(), "bob")
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert not meeting.inside("bob")
    assert {meeting.change(a.change_id).status for a in (first, second)} <= {"applied", "superseded"}


def test_removed_twice(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Remove(), "bob")
    assert meeting.answered("alice", Remove(), "bob").status == "unchanged"
    assert len(meeting.entries(REMOVED)) == 1


def test_the_removal_of_somebody_absent_removes_nobody(meeting: CommandedMeeting) -> None:
    answer = meeting.ask_user("alice", Remove(), "dora")
    assert code(answer) == "unchanged"
    assert meeting.admits("dora") == {"dora": "admitted"}
    assert meeting.entries(REMOVED) == []


def test_the_ban_of_an_absent_user_waits_for_them(meeting: CommandedMeeting) -> None:
    assert code(meeting.ask_user("alice", Ban(reason="last week"), "dora")) == "stored"
    assert meeting.admits("dora") == {"dora": "banned"}
    assert bans(meeting) == ["dora"]


def test_a_banned_user_is_removed_when_their_event_arrives(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(), "bob")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    assert not meeting.inside("bob", 1)
    assert meeting.entries(REMOVED)[-1].extra == {
        "attendees": [{"attendeeId": attendee_of("bob", 1), "externalUserId": "bob"}], "banned": True
    }  # fmt: skip


def test_and_by_the_sweep_if_no_event_arrives(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(), "bob")
    meeting.comes("bob", 1)
    meeting.reconcile(121)
    assert not meeting.inside("bob", 1)
    assert meeting.entries(REMOVED)[-1].names == {"bob"}


@pytest.mark.parametrize("held", [EVERYTHING, NOTHING])
def test_an_attendee_that_came_back_though_it_was_removed_is_removed_again(
    meeting: CommandedMeeting, held: Capabilities
) -> None:
    """Also if it can neither send nor receive."""
    meeting.answered("alice", Remove(), "bob")
    meeting.comes("bob", capabilities=held)
    meeting.reconcile(121)
    assert not meeting.inside("bob")


@pytest.mark.parametrize("command", [MUTE_ALL, SetMeeting(mode="audience")], ids=["mute-all", "mode"])
def test_a_meeting_command_removes_a_banned_user(meeting: CommandedMeeting, command: MeetingCommand) -> None:
    meeting.answered("alice", Ban(), "bob")
    meeting.comes("bob", 1)
    answer = meeting.done("alice", command)
    assert not meeting.inside("bob", 1)
    assert outcomes(answer)["bob"] == "gone"
    assert outcomes(answer)["carol"] == "applied"
    _, told = meeting.entries(REMOVED)
    assert told.extra == {
        "attendees": [{"attendeeId": attendee_of("bob", 1), "externalUserId": "bob"}], "banned": True
    }  # fmt: skip


def test_unmute_all_does_not_let_the_banned_in(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", Ban(), "bob")
    meeting.comes("bob", 1)
    meeting.done("alice", SetMeeting(mode="audio-only"))
    assert not meeting.inside("bob", 1)
    assert meeting.admits("bob") == {"bob": "banned"}


def test_a_banned_user_may_do_nothing_and_learns_nothing(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", SetRole("cohost"), "bob")
    meeting.answered("alice", Ban(), "bob")
    assert code(meeting.ask("bob", Mute(), "carol")) == "banned"
    assert code(meeting.ask_user("bob", Unban(), "bob")) == "banned"
    assert code(meeting.say("bob", MUTE_ALL)) == "banned"
    for read in (meeting.gavel.meeting, meeting.gavel.me, meeting.gavel.bans, meeting.gavel.hands):
        seen = read(MEETING, by("bob"))
        assert isinstance(seen, Refused)
        assert seen.code == "banned"


def test_nobody_lifts_or_makes_their_own_ban(meeting: CommandedMeeting) -> None:
    for who in ("alice", "hugo"):
        assert code(meeting.ask_user(who, Ban(), who)) == "not-permitted"
        assert code(meeting.ask_user(who, Unban(), who)) == "not-permitted"
        assert code(meeting.ask_user(who, Remove(ban=True), who)) == "not-permitted"


def test_a_cohost_lifts_a_ban_but_not_a_hosts(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(), "bob")
    assert code(meeting.ask_user("cora", Unban(), "bob")) == "applied"
    assert bans(meeting) == []
    meeting.answered("alice", Ban(), "hugo")
    assert code(meeting.ask_user("cora", Unban(), "hugo")) == "not-permitted"
    assert code(meeting.ask_user("alice", Unban(), "hugo")) == "applied"


def test_an_unbanned_user_has_what_they_had(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(mode="presentation"))
    meeting.answered("alice", SetRole("presenter"), "bob")
    meeting.answered("alice", Mute(), "bob")
    was = meeting.user("bob").rules
    meeting.answered("alice", Ban(), "bob")
    meeting.ask_user("alice", Unban(), "bob")
    assert replace(meeting.user("bob").rules, ban_calls_end_at=None) == was
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    assert meeting.bits("bob", 1) == EVERYTHING & ~Capabilities.SEND_AUDIO


def test_a_banned_host_hosts_nothing(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(), "hugo")
    assert meeting.stored().hosts == 1
    assert meeting.refused("alice", SetRole("viewer"), "alice").code == "last-host"
    meeting.ask_user("alice", Unban(), "hugo")
    assert meeting.stored().hosts == 2
    assert meeting.answered("alice", SetRole("viewer"), "alice").status == "applied"


def test_a_ban_ends_by_the_clock_and_the_host_counts_again(meeting: CommandedMeeting) -> None:
    until = meeting.clock.now() + timedelta(seconds=300)
    meeting.answered("alice", Ban(until=until), "hugo")
    assert meeting.wakeups.sent[-1] == (Wakeup(MEETING, user_id="hugo"), timedelta(seconds=300))
    meeting.clock.pass_by(299)
    meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, user_id="hugo"))
    assert meeting.admits("hugo") == {"hugo": "banned"}
    meeting.clock.pass_by(1)
    meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, user_id="hugo"))
    assert meeting.stored().hosts == 2
    assert bans(meeting) == []
    assert meeting.entries(DECIDED)[-1].actor.kind == "clock"
    assert meeting.admits("hugo") == {"hugo": "admitted"}
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("hugo", 1))
    assert meeting.bits("hugo", 1) == EVERYTHING


def test_an_admission_in_the_second_when_it_ends_counts_the_host_once(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(until=meeting.clock.now() + timedelta(seconds=5)), "hugo")
    meeting.clock.pass_by(5)
    assert meeting.admits("hugo") == {"hugo": "admitted"}
    meeting.reconcile(1)
    assert meeting.stored().hosts == 2


def test_a_ban_ends_in_the_future(meeting: CommandedMeeting) -> None:
    refused = meeting.refused("alice", Ban(until=meeting.clock.now()), "bob")
    assert (refused.code, refused.pointer) == ("invalid-request", "/until")
    assert meeting.inside("bob")


def test_while_frozen_a_ban_does_not_end(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(until=meeting.clock.now() + timedelta(seconds=5)), "bob")
    meeting.done("alice", SetMeeting(frozen=True))
    meeting.reconcile(60)
    assert meeting.admits("bob") == {"bob": "banned"}
    meeting.done("alice", SetMeeting(frozen=False))
    meeting.reconcile(1)
    assert meeting.admits("bob") == {"bob": "admitted"}


@pytest.mark.parametrize("seconds", [2, 30])
def test_a_read_from_before_a_freeze_does_not_show_that_a_ban_has_ended(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """The function that lifts the ban is frozen after it has read; meanwhile another host freezes the meeting."""
    meeting.answered("alice", Ban(until=meeting.clock.now() + timedelta(seconds=2)), "bob")
    load = meeting.ledger.load

    def then_frozen(*args: Any, **how: Any) -> Loaded:
        found = load(*args, **how)
        monkeypatch.undo()
        meeting.clock.pass_by(1)
        meeting.done("alice", SetMeeting(frozen=True))
        meeting.clock.pass_by(seconds)
        return found

    meeting.gavel = meeting.another_process()
    monkeypatch.setattr(meeting.ledger, "load", then_frozen)

    assert code(meeting.ask_user("hugo", Unban(), "bob")) == ("contended" if seconds > 8 else "capability-unavailable")
    assert bans(meeting) == ["bob"]


def test_the_same_ban_again_is_unchanged_and_another_replaces(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(reason="noise"), "bob")
    assert code(meeting.ask_user("hugo", Ban(reason="noise"), "bob")) == "unchanged"
    assert code(meeting.ask_user("hugo", Ban(reason="threats"), "bob")) == "stored"
    ban = meeting.user("bob").rules.ban
    assert ban is not None
    assert (ban.actor.id, ban.reason) == ("hugo", "threats")


def test_as_durable_as_any_other(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    answer = meeting.answered("alice", Remove(ban=True), "bob")
    assert (answer.status, answer.subject["status"]) == ("pending", "pending")
    assert meeting.inside("bob")
    assert meeting.admits("bob") == {"bob": "banned"}, "decided is decided"
    meeting.reconcile(300)
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert not meeting.inside("bob")
    assert meeting.change(answer.change_id).status == "applied"
    assert meeting.told(REMOVED) == [["bob"]]
    assert meeting.told("Moderation Delayed") == [["bob"]]


def test_a_removal_whose_answer_was_lost(meeting: CommandedMeeting) -> None:
    meeting.chime.after = [unknown]
    answer = meeting.answered("alice", Remove(), "bob")
    assert answer.status == "applied"
    assert not meeting.inside("bob")
    meeting.reconcile(60)
    assert meeting.told(REMOVED) == [["bob"]]


@pytest.mark.parametrize("is_banned_again", [False, True])
def test_a_removal_that_lands_after_its_ban_is_told_whichever_function_notes_it(
    meeting: CommandedMeeting, is_banned_again: bool
) -> None:
    """A call of unknown outcome takes effect after the ban has ended, and a comparison notes it before the change looks
    again. Another ban may have come and gone by then.
    """

    meeting.chime.before = [unknown] * 30
    until = meeting.clock.now() + timedelta(seconds=12)
    answer = meeting.answered("alice", Ban(until=until), "bob")
    meeting.clock.pass_by(10)
    meeting.chime.before = []
    meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, user_id="bob"))
    meeting.reconcile()
    assert (answer.status, meeting.change(answer.change_id).status) == ("pending", "applied")
    meeting.goes("bob")
    meeting.clock.pass_by(60)
    meeting.gavel.chime_events.compare(meeting.stored(), meeting.clock.now() + timedelta(seconds=20))
    assert (list(meeting.user("bob").present), meeting.told(REMOVED)) == ([], [])
    if is_banned_again:
        meeting.answered("alice", Ban(until=meeting.clock.now() + timedelta(seconds=5)), "bob")
        meeting.clock.pass_by(6)
        meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, user_id="bob"))

    meeting.reconcile(60)
    meeting.reconcile(60)

    assert meeting.told(REMOVED) == [["bob"]]


def test_a_removal_is_told_though_a_later_change_saw_the_attendee_before_it(meeting: CommandedMeeting) -> None:
    """The ban ends while the call that removes bob's second attendee is on its way, and the change that ends it finds
    that attendee there. No time is left for the third one, and the rules cannot be read again before that is found.
    """
    for number in (1, 2):
        meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", number))

    def slow() -> None:
        meeting.clock.pass_by(9)
        meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, user_id="bob"))
        meeting.cannot_load_once()

    meeting.chime.before = [None, slow]
    answer = meeting.answered("alice", Ban(until=meeting.clock.now() + timedelta(seconds=5)), "bob")
    assert answer.status == "pending"
    for _ in range(3):
        meeting.reconcile(60)
    out = [len(entry.extra["attendees"]) for entry in meeting.entries(REMOVED)]  # type: ignore[arg-type]
    assert (len(list(meeting.user("bob").present)), sum(out)) == (1, 2)


@pytest.mark.parametrize("is_noted", [False, True])
def test_a_removal_by_a_mute_all_whose_function_died_is_told_after_the_ban(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch, is_noted: bool
) -> None:
    """The function that goes on finds no ban any more. `is_noted`: another one has noted the attendee as gone by then,
    as one that has left.
    """
    meeting.answered("alice", Ban(until=meeting.clock.now() + timedelta(seconds=20)), "bob")
    meeting.comes("bob", 1)
    transact = meeting.ledger.transact

    def dies(clauses: Sequence[Clause]) -> None:
        if any(isinstance(clause, AttendeesNoted) for clause in clauses):
            raise Died
        transact(clauses)

    monkeypatch.setattr(meeting.ledger, "transact", dies)
    with pytest.raises(Died):
        meeting.done("alice", MUTE_ALL)
    monkeypatch.undo()
    assert not meeting.inside("bob", 1)
    meeting.clock.pass_by(20)
    with monkeypatch.context() as patch:
        patch.setattr(meeting.ledger, "acquire_background_calls", lambda *_: False)
        meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, user_id="bob"))
    if is_noted:
        meeting.clock.pass_by(46)
        meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("bob", 1))

    for _ in range(3):
        meeting.reconcile(60)

    assert (list(meeting.user("bob").present), meeting.told(REMOVED)) == ([], [["bob"], ["bob"]])


def test_of_two_changes_that_remove_an_attendee_one_reports_it(meeting: CommandedMeeting) -> None:
    """While a mute-all removes bob, another function goes on with the ban that could not be applied before."""
    meeting.chime_refuses()
    ban = meeting.answered("alice", Ban(), "bob")
    meeting.chime_recovers()
    meeting.clock.pass_by(20)

    def goes_on() -> None:
        meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, change_id=ban.change_id))

    meeting.chime.before = [goes_on]
    meeting.done("alice", MUTE_ALL)
    assert (meeting.change(ban.change_id).status, meeting.told(REMOVED)) == ("applied", [["bob"]])


def _removed_by_an_older_mute(meeting: CommandedMeeting) -> tuple[str | None, str | None]:
    """Chime takes no calls, so neither a mute nor a ban is applied at once. The function that goes on with the mute
    removes bob, has no answer, and dies. The ban ends before that call takes effect. Returns the ids of both changes.
    """
    meeting.done("alice", SetMeeting(mode="presentation"))
    meeting.chime_refuses()
    mute = meeting.answered("alice", Mute((Medium.CONTENT,)), "bob")
    ban = meeting.answered("alice", Ban(until=meeting.clock.now() + timedelta(seconds=40)), "bob")
    assert (mute.status, ban.status) == ("pending", "pending")
    meeting.chime_recovers()

    meeting.chime.before = [unknown, dies]
    with pytest.raises(Died):
        meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, change_id=mute.change_id))
    meeting.clock.pass_by(40)
    meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, user_id="bob"))
    return mute.change_id, ban.change_id


@pytest.mark.parametrize("is_noted", [False, True])
@pytest.mark.parametrize("is_ban_open", [False, True])
def test_a_removal_by_an_older_mute_whose_function_died_is_told_after_the_ban(
    meeting: CommandedMeeting, is_ban_open: bool, is_noted: bool
) -> None:
    """The change of the ban has nothing left to do. If it `is_ban_open`, it looks for what was not reported, and finds
    nothing.
    """
    mute, ban = _removed_by_an_older_mute(meeting)
    if not is_ban_open:
        meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, change_id=ban))
    assert [meeting.change(each).is_open for each in (mute, ban)] == [True, is_ban_open]
    meeting.goes("bob")
    meeting.clock.pass_by(46)
    if is_noted:
        meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("bob"))

    for _ in range(3):
        meeting.reconcile(60)

    assert (list(meeting.user("bob").present), meeting.told(REMOVED)) == ([], [["bob"]])


def test_a_note_on_who_has_left_does_not_hide_what_was_reported(meeting: CommandedMeeting) -> None:
    """The function that notes bob as gone has read them before another one did so, and reported the removal. The change
    of the ban is still open, and looks for removals that nobody has reported.
    """
    mute, ban = _removed_by_an_older_mute(meeting)
    meeting.goes("bob")
    meeting.clock.pass_by(46)
    another = meeting.another_process().reconciler
    just_before(meeting, notes_attendees, lambda: another.on_wakeup(Wakeup(MEETING, change_id=mute)))
    with pytest.raises(ConditionFailedError):
        meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("bob"))
    assert (meeting.told(REMOVED), meeting.change(ban).is_open) == ([["bob"]], True)
    meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("bob"))
    for _ in range(3):
        meeting.reconcile(60)
    assert meeting.told(REMOVED) == [["bob"]]


def _notes_the_departure(meeting: CommandedMeeting) -> None:
    meeting.another_process().chime_events.on_deleted(MEETING, attendee_of("bob", 1))


def _mutes(meeting: CommandedMeeting) -> None:
    request = Request(MEETING, by("hugo"), Mute((Medium.CONTENT,)), attendee_id=attendee_of("bob", 1))
    meeting.another_process().perform(request)


@pytest.mark.parametrize("meanwhile", [_notes_the_departure, _mutes])
def test_a_removal_by_a_mute_all_is_told_though_another_function_notes_it_meanwhile(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[CommandedMeeting], None]
) -> None:
    """The function that goes on with the mute-all finds bob gone. Before its note, another one notes it, and does not
    know why.
    """
    meeting.answered("alice", Ban(until=meeting.clock.now() + timedelta(seconds=20)), "bob")
    meeting.comes("bob", 1)
    just_before(meeting, notes_attendees, dies)
    with pytest.raises(Died):
        meeting.done("alice", MUTE_ALL)
    mute_all = meeting.stored().revised_by
    meeting.clock.pass_by(20)
    with monkeypatch.context() as patch:
        patch.setattr(meeting.ledger, "acquire_background_calls", lambda *_: False)
        meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, user_id="bob"))
    meeting.clock.pass_by(46)
    just_before(meeting, notes_attendees, lambda: meanwhile(meeting))

    meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING, change_id=mute_all))
    for _ in range(3):
        meeting.reconcile(60)

    assert meeting.told(REMOVED) == [["bob"], ["bob"]]


@pytest.mark.parametrize("is_unbanned", [False, True])
def test_a_roster_that_is_older_than_a_removal_brings_nobody_back(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch, is_unbanned: bool
) -> None:
    """A change for all users makes no call to bob. Between its roster and its users, another host removes bob, or bans
    and unbans them.
    """
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", Hold(), "bob")
    roster = meeting.chime.roster

    def before_the_removal(meeting_id: str) -> Sequence[ChimeAttendee]:
        monkeypatch.undo()
        found = roster(meeting_id)
        meeting.answered("hugo", Remove(ban=is_unbanned), "bob")
        if is_unbanned:
            meeting.ask_user("hugo", Unban(), "bob")
        return found

    monkeypatch.setattr(meeting.chime, "roster", before_the_removal)

    answer = meeting.done("alice", MuteEverybody(seconds=60))

    assert outcomes(answer)["bob"] == "gone"
    assert not list(meeting.user("bob").present)
    assert meeting.told(REMOVED) == [["bob"]]


def test_a_removal_lowers_the_hand_and_ends_the_floor(meeting: CommandedMeeting) -> None:
    meeting.answered("bob", RaiseHand(), "bob")
    meeting.answered("alice", Remove(), "bob")
    assert meeting.ledger.hands(MEETING) == {}
    assert meeting.told(HAND_LOWERED) == [["bob"]]


def test_who_is_not_in_any_more_is_not_unmuted(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(), "bob")
    refused = meeting.ask_user("alice", Unmute(), "bob")
    assert isinstance(refused, Refused)
    assert {limit["by"] for limit in refused.limits} == {"ban"}


def test_only_moderators_see_the_list(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(), "bob")
    assert bans(meeting, "cora") == ["bob"]
    seen = meeting.gavel.bans(MEETING, by("carol"))
    assert isinstance(seen, Refused)


def test_a_nobody_who_was_banned_is_nobody_after_it(meeting: CommandedMeeting) -> None:
    meeting.ask_user("alice", Ban(), "dora")
    meeting.ask_user("alice", Unban(), "dora")
    assert code(meeting.ask_user("dora", RaiseHand(), "dora")) == "not-permitted"


def test_the_back_end_bans_any_user_but_the_last_host(meeting: CommandedMeeting) -> None:
    assert code(meeting.ask_user(ADMIN, Ban(), "alice")) == "applied"
    assert code(meeting.ask_user(ADMIN, Ban(), "hugo")) == "last-host"


def test_a_banned_user_holds_nothing_whatever_their_role(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(), "hugo")
    answer = meeting.ask_user("alice", SetRole("viewer"), "hugo")
    assert isinstance(answer, Answer)
    assert (answer.subject["role"], answer.subject["capabilities"]) == (
        None, {"audio": "None", "video": "None", "content": "None"}
    )  # fmt: skip
    assert meeting.stored().hosts == 1
