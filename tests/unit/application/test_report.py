"""What the reconciler reports of a run: how long somebody has been waiting, and what Chime does not want to take."""

from datetime import timedelta

from moderation.application.requests import Answer, Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Medium
from moderation.domain.commands import Mute, MuteEverybody, Unmute
from moderation.ports import ChimeRejectedError, ChimeRetryableError, ConditionFailedError

from tests.memory.moderated_meeting import MEETING, ModeratedMeeting

MUTE = Mute((Medium.AUDIO,))
ALICE = Actor(ActorKind.USER, "alice")


def no() -> None:
    raise ChimeRejectedError("400")


def later() -> None:
    raise ChimeRetryableError("429")


def pending(scene: ModeratedMeeting, whom: str) -> None:
    scene.chime.before = [no]
    assert scene.answered("alice", MUTE, whom).status == "pending"


def test_nothing_is_pending() -> None:
    scene = ModeratedMeeting()
    scene.answered("alice", MUTE, "bob")
    report = scene.reconcile(200)
    assert (report.oldest_pending, report.carried) == (0, [])


def test_what_is_finished_is_not_pending_any_more() -> None:
    scene = ModeratedMeeting()
    pending(scene, "bob")
    report = scene.reconcile(10)
    assert report.oldest_pending == 0
    assert [(each.change.status, each.refused) for each in report.carried] == [("applied", False)]


def test_what_was_finished_is_counted_by_what_became_of_it() -> None:
    scene = ModeratedMeeting()
    for whom in ("bob", "carol"):
        pending(scene, whom)
    report = scene.reconcile(10)
    assert (report.taken, report.finished, report.left, report.failed) == (2, 2, 0, 0)
    assert report.statuses == {"applied": 2}


def test_a_narrowing_that_chime_refuses_is_named_and_grows_old() -> None:
    scene = ModeratedMeeting()
    pending(scene, "bob")
    for age in (10, 70, 130):
        scene.chime.before = [no]
        report = scene.reconcile(10 if age == 10 else 60)
        assert report.oldest_pending == age
        assert [(each.change.status, each.refused) for each in report.carried] == [("pending", True)]


def test_a_mute_all_that_chime_refuses_is_named_as_well() -> None:
    scene = ModeratedMeeting()
    scene.chime.before = [no] * 10
    outcome = scene.gavel.perform(Request(MEETING, ALICE, MuteEverybody((Medium.AUDIO,))))
    assert isinstance(outcome, Answer)
    assert outcome.status == "pending"
    report = scene.reconcile(10)
    assert [(each.change.command, each.refused) for each in report.carried] == [("mute-all", True)]


def test_what_chime_does_not_take_now_is_not_refused() -> None:
    scene = ModeratedMeeting()
    pending(scene, "bob")
    scene.chime.before = [later] * 100
    report = scene.reconcile(10)
    assert [(each.change.status, each.refused) for each in report.carried] == [("pending", False)]
    assert report.oldest_pending > 0


def test_a_widening_that_chime_refuses_is_given_up_and_not_named() -> None:
    scene = ModeratedMeeting()
    scene.answered("alice", MUTE, "bob")
    scene.chime.before = [later] * 100
    assert scene.answered("alice", Unmute((Medium.AUDIO,)), "bob").status == "pending"
    scene.chime.before = [no]
    report = scene.reconcile(10)
    assert [(each.change.status, each.refused) for each in report.carried] == [("abandoned", False)]
    assert report.oldest_pending == 0


def test_what_a_run_has_no_time_for_is_pending_too() -> None:
    scene = ModeratedMeeting()
    pending(scene, "bob")
    scene.surroundings.pass_by(100)
    report = scene.another_process().reconciler.run(scene.surroundings.now() + timedelta(seconds=1))
    assert (report.taken, report.oldest_pending) == (0, 100)


def test_what_another_process_has_taken_is_pending_for_this_one() -> None:
    scene = ModeratedMeeting()
    pending(scene, "bob")
    transact = scene.ledger.transact

    def taken(clauses: object) -> None:
        raise ConditionFailedError([])

    scene.ledger.transact = taken  # type: ignore[method-assign]
    report = scene.reconcile(100)
    scene.ledger.transact = transact  # type: ignore[method-assign]
    assert (report.taken_by_others, report.oldest_pending) == (1, 100)
