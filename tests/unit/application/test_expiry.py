"""What was to last for a time ends: to the second by its reminder, at the reconciler's next run if that is lost."""

from datetime import timedelta
from typing import Any, cast

import pytest
from moderation.domain.capability import EVERYTHING, Capabilities, LiftableBy, Medium
from moderation.domain.commands import Ban, GrantFloor, Mute, MuteEverybody, SetMeeting, Unmute, UserCommand
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED, MEETING_CHANGED
from moderation.domain.summary import summary
from moderation.ports import ChimeRetryableError, Wakeup

from tests.memory.clock import Clock
from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, SILENT, UNMUTE_ALL, CommandedMeeting, not_now, unknown

BOB = Wakeup(MEETING, user_id="bob")
ALL = Wakeup(MEETING)
QUARTER = timedelta(minutes=15)


def test_a_mute_ends_to_the_second_by_its_reminder() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(seconds=300, reason="noise"), "bob")
    assert meeting.wakeups.sent == [(BOB, timedelta(seconds=300))]
    meeting.clock.pass_by(299.9)
    assert meeting.gavel.reconciler.on_wakeup(BOB).finished == 0, "too early is too early"
    assert meeting.bits("bob") == SILENT
    meeting.clock.pass_by(0.1)
    assert meeting.gavel.reconciler.on_wakeup(BOB).finished == 1
    assert meeting.bits("bob") == EVERYTHING
    assert meeting.user("bob").rules.restrictions == ()
    decided, changed = meeting.entries()[-2:]
    assert (decided.type, decided.command, decided.actor.kind, decided.change_id) == (
        DECIDED, "expire", "clock", changed.change_id
    )  # fmt: skip
    assert changed.type == CAPABILITIES_CHANGED
    attendees = changed.extra["attendees"]
    assert isinstance(attendees, list)
    assert [(a["before"]["audio"], a["after"]["audio"], a["effects"]) for a in attendees] == [
        ("Receive", "SendReceive", ["audio-may-flow"])
    ]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (Mute(seconds=60), "bob's timed mute ended"),
        (GrantFloor(60), "bob's turn to speak ended"),
        (Ban(Clock().now() + timedelta(seconds=60)), "bob's ban ended"),
    ],
)
def test_the_history_says_what_has_ended(command: UserCommand, sentence: str) -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", command, "bob")
    meeting.reconcile(60)
    assert summary(meeting.entries(DECIDED)[-1]) == sentence


def test_the_history_says_that_a_mute_all_has_ended() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(seconds=60))
    meeting.reconcile(60)
    assert summary(meeting.entries(DECIDED)[-1]) == "The timed mute of everyone ended"
    assert summary(meeting.entries(CAPABILITIES_CHANGED)[-1]) == "bob and carol can now speak"


@pytest.mark.parametrize("seconds", [3, 90, 86_400])
def test_a_mute_all_ends_at_the_next_run_if_the_reminder_is_lost(seconds: int) -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(seconds=seconds))
    for _ in range(2 * seconds // 60 if seconds < 3600 else 1):
        meeting.reconcile(0)
    meeting.reconcile(seconds - 1)
    assert meeting.bits("bob") == SILENT
    meeting.reconcile(1)
    assert meeting.bits("bob") == EVERYTHING
    assert meeting.stored().rules.mute_alls == ()
    assert meeting.entries(DECIDED)[-1].actor.id == "clock"
    told: Any = meeting.entries(MEETING_CHANGED)[-1].extra
    assert [len(told[when]["muteAll"]) for when in ("before", "after")] == [1, 0]


def test_a_lost_answer_does_not_put_the_end_off() -> None:
    """The check was taken by this very run, whose answer was lost."""
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(seconds=90))
    meeting.clock.pass_by(90)
    meeting.ledger.fail(1, done=True)
    meeting.reconcile(0)
    assert meeting.bits("bob") == EVERYTHING


def test_a_comparison_that_fails_does_not_put_the_end_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its claim may last beyond the end."""
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(seconds=130))
    with monkeypatch.context() as failing:
        failing.setattr(meeting.chime, "roster", not_now)
        meeting.reconcile(120)
    meeting.reconcile(9)
    assert meeting.bits("bob") == SILENT
    meeting.reconcile(1)
    assert meeting.bits("bob") == EVERYTHING


def test_a_run_every_minute_ends_what_it_should_within_a_minute() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(seconds=605))
    for _ in range(10):
        meeting.reconcile(60)
        assert meeting.bits("bob") == SILENT
    meeting.reconcile(60)
    assert meeting.bits("bob") == EVERYTHING


def test_two_processes_end_it_once() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(seconds=1), "bob")
    meeting.done("alice", MuteEverybody(seconds=1))
    meeting.clock.pass_by(1)
    for _ in range(2):
        for reminder in (BOB, ALL):
            meeting.another_process().reconciler.on_wakeup(reminder)
    assert [e.command for e in meeting.entries(DECIDED)].count("expire") == 2
    assert meeting.bits("bob") == EVERYTHING


def test_lifting_earlier_leaves_nothing_to_end() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(seconds=60), "bob")
    meeting.done("alice", MuteEverybody(seconds=60))
    meeting.answered("alice", Unmute(), "bob")
    meeting.done("alice", UNMUTE_ALL)
    entries = len(meeting.entries())
    meeting.clock.pass_by(60)
    for reminder in (BOB, ALL):
        meeting.gavel.reconciler.on_wakeup(reminder)
    meeting.reconcile(120)
    assert len(meeting.entries()) == entries


def test_changing_the_end() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(seconds=60), "bob")
    meeting.answered("alice", Mute(seconds=600), "bob")
    meeting.clock.pass_by(60)
    meeting.gavel.reconciler.on_wakeup(BOB)
    assert meeting.bits("bob") == SILENT
    meeting.answered("alice", Mute(), "bob")
    meeting.reconcile(3600)
    assert meeting.bits("bob") == SILENT, "now until lifted"


def test_one_of_two_ends_and_the_other_is_reminded_of() -> None:
    meeting = CommandedMeeting()
    meeting.answered("bob", Mute(seconds=10), "bob")
    meeting.answered("alice", Mute(seconds=100), "bob")
    meeting.wakeups.sent.clear()
    meeting.clock.pass_by(10)
    meeting.gavel.reconciler.on_wakeup(BOB)
    assert meeting.bits("bob") == SILENT
    assert meeting.wakeups.sent == [(BOB, timedelta(seconds=90))]
    meeting.clock.pass_by(90)
    meeting.gavel.reconciler.on_wakeup(BOB)
    assert meeting.bits("bob") == EVERYTHING


@pytest.mark.parametrize("reminder", [BOB, ALL])
def test_reminders_chain_beyond_a_quarter_of_an_hour(reminder: Wakeup) -> None:
    """SQS delays no message longer: the wake-up comes early, and is sent again for the rest."""
    meeting = CommandedMeeting()
    if reminder is BOB:
        meeting.answered("alice", Mute(seconds=3600), "bob")
    else:
        meeting.done("alice", MuteEverybody(seconds=3600))
    for left in (60, 45, 30, 15):
        assert meeting.wakeups.sent.pop() == (reminder, timedelta(minutes=left))
        assert meeting.wakeups.sent == []
        meeting.clock.pass_by(QUARTER.total_seconds())
        meeting.gavel.reconciler.on_wakeup(reminder)
    assert meeting.bits("bob") == EVERYTHING


def test_reminders_do_not_pile_up() -> None:
    """One wake-up that is under way, and one that the last comparison before the end sends in case that one is lost."""
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(seconds=3600))
    for _ in range(59):
        meeting.reconcile(60)
    assert 2 <= len(meeting.wakeups.sent) <= 3


def test_an_end_is_pursued_however_long_it_takes() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(seconds=10))
    meeting.chime_refuses()
    meeting.clock.pass_by(10)
    meeting.gavel.reconciler.on_wakeup(ALL)
    for _ in range(5):
        meeting.reconcile(60)
    assert meeting.bits("bob") == SILENT
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert meeting.bits("bob") == EVERYTHING


def test_an_end_overtaken_by_a_new_mute_all_silences() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(seconds=10))
    meeting.chime_refuses()
    meeting.clock.pass_by(10)
    meeting.gavel.reconciler.on_wakeup(ALL)
    meeting.chime_recovers()
    meeting.done("alice", MUTE_ALL)
    meeting.reconcile(60)
    assert meeting.bits("bob") == SILENT
    assert len(meeting.stored().rules.mute_alls) == 1


def test_many_ends_at_once_are_all_seen_to_in_one_run() -> None:
    users = [f"{n:04}" for n in range(120)]
    meeting = CommandedMeeting(roles={"alice": "host"})
    for user in users:
        meeting.comes(user)
    meeting.gavel.chime_events.compare(meeting.stored())
    for user in users:
        meeting.answered("alice", Mute(seconds=30), user)
    meeting.reconcile(60)
    assert {meeting.user(user).rules.restrictions for user in users} == {()}


def test_what_waits_in_a_frozen_meeting_keeps_nobody_else_waiting() -> None:
    users = {f"{n:04}": "participant" for n in range(60)}
    meeting = CommandedMeeting(roles={"alice": "host", "bob": "participant", **users})
    for user in users:
        meeting.answered("alice", Mute(seconds=1), user)
    meeting.done("alice", SetMeeting(frozen=True))
    meeting.clock.pass_by(5)
    meeting.chime.before = [not_now] * 100
    meeting.answered("alice", Mute(), "bob")
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert meeting.bits("bob") == SILENT


def test_what_ends_for_a_user_who_is_not_there_has_no_effect_on_anybody() -> None:
    meeting = CommandedMeeting()
    meeting.ask_user("alice", Mute(seconds=30), "dora")
    meeting.reconcile(31)
    [ended] = [change for change in meeting.ledger.changes.values() if change.command == "expire"]
    assert (ended.status, ended.effects) == ("applied", ())


def test_an_end_that_another_change_applies_first_is_told_once() -> None:
    """A call of unknown outcome is looked at after a mute has ended, and before the clock has ended it."""
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(seconds=30), "bob")
    meeting.clock.pass_by(1)

    meeting.chime.after = [unknown]
    held = meeting.answered("hugo", Mute((Medium.VIDEO,)), "bob")
    meeting.clock.pass_by(31)
    meeting.another_process().reconciler.on_wakeup(Wakeup(MEETING, change_id=held.change_id))
    meeting.reconcile()
    told = [cast("list[dict[str, Any]]", e.detail["attendees"]) for e in meeting.entries(CAPABILITIES_CHANGED)]
    opened = [(each["before"]["audio"], each["after"]["audio"]) for some in told for each in some]
    assert opened.count(("Receive", "SendReceive")) == 1
    assert Capabilities.SEND_AUDIO in meeting.bits("bob")


@pytest.mark.parametrize("is_frozen", [False, True])
def test_an_ended_meeting_leaves_nothing_due(is_frozen: bool) -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(seconds=30, liftable_by=LiftableBy.SELF), "bob")
    meeting.done("alice", MuteEverybody(seconds=30))
    meeting.done("alice", SetMeeting(frozen=is_frozen))
    del meeting.chime.rooms[MEETING]
    meeting.gavel.chime_events.on_ended(MEETING)
    entries = len(meeting.entries())
    meeting.reconcile(60)
    assert meeting.ledger.due(meeting.clock.now() + timedelta(days=30), 50) == []
    assert len(meeting.entries()) == entries
    assert attendee_of("bob") in meeting.user("bob").attendees


def test_what_is_due_but_can_not_be_carried_out_says_so() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(seconds=1), "bob")

    def fails() -> None:
        raise ChimeRetryableError

    meeting.chime.before = [fails] * 100
    report = meeting.reconcile(2)
    assert (report.taken, report.left) == (1, 1)
    assert Capabilities.SEND_AUDIO not in meeting.bits("bob")
