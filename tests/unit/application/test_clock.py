"""What was to last for a time ends: to the second by its reminder, at the reconciler's next run if that is lost."""

from datetime import timedelta
from typing import Any

import pytest
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.commands import Mute, MuteEverybody, SetMeeting, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED, MEETING_CHANGED
from moderation.domain.restriction import LiftableBy
from moderation.ports import ChimeRetryableError, Wakeup

from tests.memory.moderated_meeting import MEETING, seat
from tests.unit.application.hall import MUTE_ALL, SILENT, UNMUTE_ALL, Hall, not_now

BOB = Wakeup(MEETING, user_id="bob")
ALL = Wakeup(MEETING)
QUARTER = timedelta(minutes=15)


def test_a_mute_ends_to_the_second_by_its_reminder() -> None:
    hall = Hall()
    hall.answered("alice", Mute(seconds=300, reason="noise"), "bob")
    assert hall.wakeups.sent == [(BOB, timedelta(seconds=300))]
    hall.surroundings.pass_by(299.9)
    assert hall.gavel.reconciler.on_wakeup(BOB).finished == 0, "too early is too early"
    assert hall.bits("bob") == SILENT
    hall.surroundings.pass_by(0.1)
    assert hall.gavel.reconciler.on_wakeup(BOB).finished == 1
    assert hall.bits("bob") == EVERYTHING
    assert hall.user("bob").rules.restrictions == ()
    decided, changed = hall.entries()[-2:]
    assert (decided.type, decided.command, decided.actor.kind, decided.change_id) == (
        DECIDED, "expire", "clock", changed.change_id
    )  # fmt: skip
    assert changed.type == CAPABILITIES_CHANGED
    attendees = changed.extra["attendees"]
    assert isinstance(attendees, list)
    assert [(a["before"]["audio"], a["after"]["audio"], a["effects"]) for a in attendees] == [
        ("Receive", "SendReceive", ["audio-may-flow"])
    ]


@pytest.mark.parametrize("seconds", [3, 90, 86_400])
def test_a_mute_all_ends_at_the_next_run_if_the_reminder_is_lost(seconds: int) -> None:
    hall = Hall()
    hall.done("alice", MuteEverybody(seconds=seconds))
    for _ in range(2 * seconds // 60 if seconds < 3600 else 1):
        hall.reconcile(0)
    hall.reconcile(seconds - 1)
    assert hall.bits("bob") == SILENT
    hall.reconcile(1)
    assert hall.bits("bob") == EVERYTHING
    assert hall.meeting().rules.mute_alls == ()
    assert hall.entries(DECIDED)[-1].actor.id == "clock"
    told: Any = hall.entries(MEETING_CHANGED)[-1].extra
    assert [len(told[when]["muteAll"]) for when in ("before", "after")] == [1, 0]


def test_a_lost_answer_does_not_put_the_end_off() -> None:
    """The check was taken, by the very run that did not hear so."""
    hall = Hall()
    hall.done("alice", MuteEverybody(seconds=90))
    hall.surroundings.pass_by(90)
    hall.ledger.fail(1, done=True)
    hall.reconcile(0)
    assert hall.bits("bob") == EVERYTHING


def test_a_run_every_minute_ends_what_it_should_within_a_minute() -> None:
    hall = Hall()
    hall.done("alice", MuteEverybody(seconds=605))
    for _ in range(10):
        hall.reconcile(60)
        assert hall.bits("bob") == SILENT
    hall.reconcile(60)
    assert hall.bits("bob") == EVERYTHING


def test_two_processes_end_it_once() -> None:
    hall = Hall()
    hall.answered("alice", Mute(seconds=1), "bob")
    hall.done("alice", MuteEverybody(seconds=1))
    hall.surroundings.pass_by(1)
    for _ in range(2):
        for reminder in (BOB, ALL):
            hall.another_process().reconciler.on_wakeup(reminder)
    assert [e.command for e in hall.entries(DECIDED)].count("expire") == 2
    assert hall.bits("bob") == EVERYTHING


def test_lifting_earlier_leaves_nothing_to_end() -> None:
    hall = Hall()
    hall.answered("alice", Mute(seconds=60), "bob")
    hall.done("alice", MuteEverybody(seconds=60))
    hall.answered("alice", Unmute(), "bob")
    hall.done("alice", UNMUTE_ALL)
    entries = len(hall.entries())
    hall.surroundings.pass_by(60)
    for reminder in (BOB, ALL):
        hall.gavel.reconciler.on_wakeup(reminder)
    hall.reconcile(120)
    assert len(hall.entries()) == entries


def test_changing_the_end() -> None:
    hall = Hall()
    hall.answered("alice", Mute(seconds=60), "bob")
    hall.answered("alice", Mute(seconds=600), "bob")
    hall.surroundings.pass_by(60)
    hall.gavel.reconciler.on_wakeup(BOB)
    assert hall.bits("bob") == SILENT
    hall.answered("alice", Mute(), "bob")
    hall.reconcile(3600)
    assert hall.bits("bob") == SILENT, "now until lifted"


def test_one_of_two_ends_and_the_other_is_reminded_of() -> None:
    hall = Hall()
    hall.answered("bob", Mute(seconds=10), "bob")
    hall.answered("alice", Mute(seconds=100), "bob")
    hall.wakeups.sent.clear()
    hall.surroundings.pass_by(10)
    hall.gavel.reconciler.on_wakeup(BOB)
    assert hall.bits("bob") == SILENT
    assert hall.wakeups.sent == [(BOB, timedelta(seconds=90))]
    hall.surroundings.pass_by(90)
    hall.gavel.reconciler.on_wakeup(BOB)
    assert hall.bits("bob") == EVERYTHING


@pytest.mark.parametrize("reminder", [BOB, ALL])
def test_reminders_chain_beyond_a_quarter_of_an_hour(reminder: Wakeup) -> None:
    """SQS delays no message longer: it comes early, and is sent again with what is left."""
    hall = Hall()
    if reminder is BOB:
        hall.answered("alice", Mute(seconds=3600), "bob")
    else:
        hall.done("alice", MuteEverybody(seconds=3600))
    for left in (60, 45, 30, 15):
        assert hall.wakeups.sent.pop() == (reminder, timedelta(minutes=left))
        assert hall.wakeups.sent == []
        hall.surroundings.pass_by(QUARTER.total_seconds())
        hall.gavel.reconciler.on_wakeup(reminder)
    assert hall.bits("bob") == EVERYTHING


def test_reminders_do_not_pile_up() -> None:
    """One that is under way, and one that the last look before the end sends in case that one is lost."""
    hall = Hall()
    hall.done("alice", MuteEverybody(seconds=3600))
    for _ in range(59):
        hall.reconcile(60)
    assert 2 <= len(hall.wakeups.sent) <= 3


def test_an_end_is_pursued_however_long_it_takes() -> None:
    hall = Hall()
    hall.done("alice", MuteEverybody(seconds=10))
    hall.chime_refuses()
    hall.surroundings.pass_by(10)
    hall.gavel.reconciler.on_wakeup(ALL)
    for _ in range(5):
        hall.reconcile(60)
    assert hall.bits("bob") == SILENT
    hall.chime_recovers()
    hall.reconcile(60)
    assert hall.bits("bob") == EVERYTHING


def test_an_end_overtaken_by_a_new_mute_all_silences() -> None:
    hall = Hall()
    hall.done("alice", MuteEverybody(seconds=10))
    hall.chime_refuses()
    hall.surroundings.pass_by(10)
    hall.gavel.reconciler.on_wakeup(ALL)
    hall.chime_recovers()
    hall.done("alice", MUTE_ALL)
    hall.reconcile(60)
    assert hall.bits("bob") == SILENT
    assert len(hall.meeting().rules.mute_alls) == 1


def test_many_ends_at_once_are_all_seen_to_in_one_run() -> None:
    people = [f"{n:04}" for n in range(120)]
    hall = Hall(roles={"alice": "host"})
    for user in people:
        hall.comes(user)
    hall.gavel.presence.sweep(hall.meeting())
    for user in people:
        hall.answered("alice", Mute(seconds=30), user)
    hall.reconcile(60)
    assert {hall.user(user).rules.restrictions for user in people} == {()}


def test_what_waits_in_a_frozen_meeting_keeps_nobody_else_waiting() -> None:
    people = {f"{n:04}": "participant" for n in range(60)}
    hall = Hall(roles={"alice": "host", "bob": "participant", **people})
    for user in people:
        hall.answered("alice", Mute(seconds=1), user)
    hall.done("alice", SetMeeting(frozen=True))
    hall.surroundings.pass_by(5)
    hall.chime.before = [not_now] * 100
    hall.answered("alice", Mute(), "bob")
    hall.chime_recovers()
    hall.reconcile(60)
    assert hall.bits("bob") == SILENT


def test_what_ends_for_a_user_who_is_not_there_has_no_effect_on_anybody() -> None:
    hall = Hall()
    hall.ask_user("alice", Mute(seconds=30), "dora")
    hall.reconcile(31)
    [ended] = [change for change in hall.ledger.changes.values() if change.command == "expire"]
    assert (ended.status, ended.effects) == ("applied", ())


@pytest.mark.parametrize("is_frozen", [False, True])
def test_an_ended_meeting_leaves_nothing_due(is_frozen: bool) -> None:
    hall = Hall()
    hall.answered("alice", Mute(seconds=30, liftable_by=LiftableBy.SELF), "bob")
    hall.done("alice", MuteEverybody(seconds=30))
    hall.done("alice", SetMeeting(frozen=is_frozen))
    del hall.chime.rooms[MEETING]
    hall.gavel.presence.on_ended(MEETING)
    entries = len(hall.entries())
    hall.reconcile(60)
    assert hall.ledger.due(hall.surroundings.now() + timedelta(days=30), 50) == []
    assert len(hall.entries()) == entries
    assert seat("bob") in hall.user("bob").seats


def test_what_is_due_but_can_not_be_carried_out_says_so() -> None:
    hall = Hall()
    hall.answered("alice", Mute(seconds=1), "bob")

    def fails() -> None:
        raise ChimeRetryableError

    hall.chime.before = [fails] * 100
    report = hall.reconcile(2)
    assert (report.taken, report.left) == (1, 1)
    assert Capabilities.SEND_AUDIO not in hall.bits("bob")
