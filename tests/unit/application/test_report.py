"""The reconciler's report of a run: how long changes have been waiting, and what Chime refuses."""

from datetime import timedelta

import pytest
from moderation.application.requests import Answer, Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Medium
from moderation.domain.commands import Mute, MuteEverybody, Unmute
from moderation.ports import ChimeRejectedError, ChimeRetryableError, ConditionFailedError, LedgerUnavailableError

from tests.memory.moderated_meeting import MEETING, ModeratedMeeting

MUTE = Mute((Medium.AUDIO,))
ALICE = Actor(ActorKind.USER, "alice")


def no() -> None:
    raise ChimeRejectedError("400")


def later() -> None:
    raise ChimeRetryableError("429")


def pending(meeting: ModeratedMeeting, target: str) -> None:
    meeting.chime.before = [no]
    assert meeting.answered("alice", MUTE, target).status == "pending"


def test_nothing_is_pending() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", MUTE, "bob")
    report = meeting.reconcile(200)
    assert (report.oldest_pending, report.changes) == (0, [])


def test_what_is_finished_is_not_pending_any_more() -> None:
    meeting = ModeratedMeeting()
    pending(meeting, "bob")
    report = meeting.reconcile(10)
    assert report.oldest_pending == 0
    assert [(each.change.status, each.refused) for each in report.changes] == [("applied", False)]


def test_what_was_finished_is_counted_by_what_became_of_it() -> None:
    meeting = ModeratedMeeting()
    for target in ("bob", "carol"):
        pending(meeting, target)
    report = meeting.reconcile(10)
    assert (report.taken, report.finished, report.left, report.failed) == (2, 2, 0, 0)
    assert report.statuses == {"applied": 2}


def test_a_narrowing_that_chime_refuses_is_named_and_grows_old() -> None:
    meeting = ModeratedMeeting()
    pending(meeting, "bob")
    for age in (10, 70, 130):
        meeting.chime.before = [no]
        report = meeting.reconcile(10 if age == 10 else 60)
        assert report.oldest_pending == age
        assert [(each.change.status, each.refused) for each in report.changes] == [("pending", True)]


def test_a_mute_all_that_chime_refuses_is_named_as_well() -> None:
    meeting = ModeratedMeeting()
    meeting.chime.before = [no] * 10
    outcome = meeting.gavel.perform(Request(MEETING, ALICE, MuteEverybody((Medium.AUDIO,))))
    assert isinstance(outcome, Answer)
    assert outcome.status == "pending"
    report = meeting.reconcile(10)
    assert [(each.change.command, each.refused) for each in report.changes] == [("mute-all", True)]


def test_what_chime_does_not_take_now_is_not_refused() -> None:
    meeting = ModeratedMeeting()
    pending(meeting, "bob")
    meeting.chime.before = [later] * 100
    report = meeting.reconcile(10)
    assert [(each.change.status, each.refused) for each in report.changes] == [("pending", False)]
    assert report.oldest_pending > 0


def test_a_widening_that_chime_refuses_is_given_up_and_not_named() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", MUTE, "bob")
    meeting.chime.before = [later] * 100
    assert meeting.answered("alice", Unmute((Medium.AUDIO,)), "bob").status == "pending"
    meeting.chime.before = [no]
    report = meeting.reconcile(10)
    assert [(each.change.status, each.refused) for each in report.changes] == [("abandoned", False)]
    assert report.oldest_pending == 0


def test_what_a_run_has_no_time_for_is_pending_too() -> None:
    meeting = ModeratedMeeting()
    pending(meeting, "bob")
    meeting.clock.pass_by(100)
    report = meeting.another_process().reconciler.run(meeting.clock.now() + timedelta(seconds=1))
    assert (report.taken, report.oldest_pending) == (0, 100)


@pytest.mark.parametrize(
    ("failure", "counted"),
    [(ConditionFailedError([]), "taken_by_others"), (LedgerUnavailableError(), "failed"), (KeyError(), "faults")],
)
def test_what_another_process_has_taken_and_what_fails_is_pending(
    failure: Exception, counted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = ModeratedMeeting()
    pending(meeting, "bob")

    def fails(*_: object) -> None:
        raise failure

    monkeypatch.setattr(meeting.ledger, "load", fails)
    report = meeting.reconcile(100)
    assert getattr(report, counted)
    assert (report.taken, report.oldest_pending) == (0, 100)
