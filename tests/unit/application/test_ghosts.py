"""Attendees whom Chime does not hold any more are gone, and vouch for nothing."""

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING
from moderation.domain.commands import Mute
from moderation.domain.entry import CAPABILITIES_CHANGED, REMOVED, UNMUTE_REQUESTED
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import ChimeRetryableError

from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import MUTE_ALL, SILENT, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def goes(stage: Stage, how: str, user: str = "bob") -> None:
    stage.goes(user)
    if how == "event":
        stage.gavel.presence.on_deleted(MEETING, seat(user))
    else:
        stage.reconcile(121)


def listed(stage: Stage) -> list[object]:
    found = stage.gavel.attendees(MEETING, ADMIN, limit=100, after=None)
    assert isinstance(found, dict)
    items = found["items"]
    assert isinstance(items, list)
    return [item["externalUserId"] for item in items]


@pytest.mark.parametrize("how", ["event", "sweep"])
def test_a_deleted_attendee_is_gone(stage: Stage, how: str) -> None:
    stage.chime.calls.clear()
    goes(stage, how)
    assert "bob" not in listed(stage)
    found = stage.gavel.attendee(MEETING, ADMIN, attendee_id=seat("bob"))
    assert isinstance(found, dict)
    assert found["status"] == "gone"
    assert [call.operation for call in stage.chime.calls] == (["seat"] if how == "event" else ["roster"])
    assert stage.entries(REMOVED) == [], "nobody was removed"


def test_who_is_noted_as_gone_while_they_are_muted_is_gone(stage: Stage) -> None:
    """Another process has noted it: there is no attendee who was muted."""

    def leaves() -> None:
        stage.surroundings.pass_by(0.01)
        goes(stage, "event")
        raise ChimeRetryableError

    stage.chime.before = [leaves]
    muted = stage.answered("alice", Mute(), "bob")
    assert (muted.status, muted.subject["status"]) == ("gone", "gone")
    assert stage.entries(CAPABILITIES_CHANGED) == []


@pytest.mark.parametrize("kind", [UnmuteConsent.REQUIRED, UnmuteConsent.MUTED_FIRST])
@pytest.mark.parametrize("how", ["event", "sweep", "lost"])
def test_a_ghost_s_open_microphone_is_no_consent(stage: Stage, how: str, kind: UnmuteConsent) -> None:
    """A page is reloaded: the old attendee is deleted, the new one was created silent."""
    stage.consenting(kind)
    if how == "lost":
        stage.goes("bob")
    else:
        goes(stage, how)
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1, SILENT))
    assert not stage.heard("bob", 1)
    assert stage.told(UNMUTE_REQUESTED) == [["bob"]]


def test_an_open_microphone_that_is_there_vouches_as_before(stage: Stage) -> None:
    stage.consenting()
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1, SILENT))
    assert stage.heard("bob", 1)
    assert stage.told(UNMUTE_REQUESTED) == []


def test_whom_the_sweep_took_for_gone_is_seen_again(stage: Stage) -> None:
    stage.gavel.presence.on_deleted(MEETING, seat("bob"))
    stage.done("alice", MUTE_ALL)
    stage.turn("bob", EVERYTHING)
    stage.surroundings.pass_by(61)
    stage.reconcile(121)
    assert stage.bits("bob") == SILENT
    assert "bob" in listed(stage)


def test_who_was_bound_after_the_roster_was_read_is_not_gone(stage: Stage) -> None:
    roster = stage.chime.roster

    def read_too_early(meeting_id: str) -> object:
        found = roster(meeting_id)
        stage.another_process().presence.on_joined(MEETING, stage.comes("dora"))
        return found

    stage.chime.roster = read_too_early  # type: ignore[method-assign,assignment]
    stage.gavel.presence.sweep(stage.meeting())
    assert not stage.user("dora").seats[seat("dora")].gone


def test_news_of_unknown_attendees_and_meetings_is_none(stage: Stage) -> None:
    before = dict(stage.ledger.users)
    stage.gavel.presence.on_deleted(MEETING, seat("dora"))
    stage.gavel.presence.on_deleted("22222222-2222-2222-2222-222222222222", seat("bob"))
    stage.gavel.presence.on_left(MEETING, seat("dora"))
    assert stage.ledger.users == before


def test_a_rule_made_in_between_stands_for_the_next_attendee(stage: Stage) -> None:
    goes(stage, "event")
    stage.ask_user("alice", Mute(), "bob")
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1))
    assert stage.bits("bob", 1) == SILENT
    assert stage.bits("bob", 1) != NOTHING
