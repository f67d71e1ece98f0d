"""A meeting that Chime has ended, which nobody has told: the next command finds out, and is told so."""

import pytest
from moderation.application.requests import Refused, Request
from moderation.domain.commands import (
    Command,
    Hold,
    Mute,
    MuteEverybody,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    UnmuteEverybody,
)
from moderation.domain.entry import CAPABILITIES_CHANGED, MEETING_ENDED

from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import Stage, by

ON_EVERYBODY = [MuteEverybody(), SetMeeting(mode="audience"), SetMeeting(mode="presentation")]
ON_BOB = [Mute(), Hold(), SetRole("viewer"), Remove(), SetCapabilities()]


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    del stage.chime.rooms[MEETING]
    return stage


def ask(stage: Stage, command: Command, key: str | None = None, fingerprint: str = "") -> Refused:
    is_for_all = command in ON_EVERYBODY or isinstance(command, UnmuteEverybody)
    attendee_id = None if is_for_all else seat("bob")
    request = Request(MEETING, by("alice"), command, attendee_id=attendee_id, key=key, fingerprint=fingerprint)
    outcome = stage.gavel.perform(request)
    assert isinstance(outcome, Refused), outcome
    return outcome


@pytest.mark.parametrize("command", [*ON_EVERYBODY, *(c for c in ON_BOB if c != SetCapabilities())], ids=repr)
def test_it_is_closed_and_told_and_the_command_refused(stage: Stage, command: Command) -> None:
    refused = ask(stage, command)
    assert refused.code == "meeting-ended"
    assert stage.meeting().ended_at is not None
    [told] = stage.entries(MEETING_ENDED)
    assert told.actor.kind == "chime"
    assert stage.entries(CAPABILITIES_CHANGED) == []
    for found in ask(stage, UnmuteEverybody()), ask(stage, Mute()):
        assert (found.code, found.change_id) == ("meeting-ended", None)
    assert len(stage.entries(MEETING_ENDED)) == 1
    assert all(change.due_at is None and not change.is_open for change in stage.ledger.changes.values())


def test_its_change_says_what_became_of_it(stage: Stage) -> None:
    refused = ask(stage, MuteEverybody())
    assert stage.change(refused.change_id).status == "gone"
    shown = stage.gavel.attendee(MEETING, ADMIN, attendee_id=seat("bob"))
    assert isinstance(shown, dict)
    assert shown["status"] == "gone"


def test_the_same_request_again_gets_the_same_answer(stage: Stage) -> None:
    first = ask(stage, MuteEverybody(), key="k", fingerprint="f")
    again = ask(stage, MuteEverybody(), key="k", fingerprint="f")
    assert (again.code, again.change_id, again.replayed) == (first.code, first.change_id, True)


def test_a_dry_run_closes_nothing(stage: Stage) -> None:
    outcome = stage.gavel.perform(Request(MEETING, by("alice"), Mute(), user_id="dora", dry_run=True))
    assert isinstance(outcome, Refused)
    assert (outcome.code, stage.meeting().ended_at) == ("meeting-ended", None)


def test_a_user_whose_attendees_are_gone_ends_no_meeting() -> None:
    stage = Stage()
    stage.goes("bob")
    assert stage.answered("alice", Mute(), "bob").status == "gone"
    assert stage.meeting().ended_at is None


def test_what_was_pending_is_closed_with_it() -> None:
    stage = Stage()
    stage.chime_refuses()
    answer = stage.answered("alice", Mute(), "bob")
    assert answer.status == "pending"
    stage.chime_recovers()
    del stage.chime.rooms[MEETING]
    stage.reconcile(60)
    assert stage.change(answer.change_id).status == "gone"
    assert (len(stage.entries(MEETING_ENDED)), stage.meeting().ended_at is not None) == (1, True)
