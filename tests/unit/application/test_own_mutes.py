"""A person's own mute is lifted by nobody else; what a host withheld stands until the person has agreed to be heard."""

import pytest
from moderation.application.requests import Refused
from moderation.domain.capability import EVERYTHING, Capabilities, Medium
from moderation.domain.commands import (
    Command,
    Mute,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Undo,
    Unmute,
    UnmuteEverybody,
)
from moderation.domain.meeting import UnmuteConsent
from moderation.domain.restriction import Origin

from tests.memory.moderated_meeting import ADMIN, MEETING
from tests.unit.application.hall import MUTE_ALL, SILENT, Stage, by, code

ALL_OF_AUDIO = SetCapabilities({Medium.AUDIO: Capabilities.SEND_AUDIO | Capabilities.RECEIVE_AUDIO})


@pytest.fixture
def stage() -> Stage:
    return Stage()


def limits(stage: Stage, user: str) -> list[tuple[object, object, object]]:
    document = stage.gavel.attendee(MEETING, by(user), user_id=user)
    assert isinstance(document, dict)
    return [(x["by"], x.get("liftableBy"), x.get("actor")) for x in document["limits"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", [Unmute(), ALL_OF_AUDIO])
@pytest.mark.parametrize("who", ["alice", "back end"])
def test_nobody_else_lifts_it(stage: Stage, command: Command, who: str) -> None:
    stage.answered("bob", Mute(), "bob")
    refused = stage.refused(ADMIN if who == "back end" else who, command, "bob")
    assert refused.code == "capability-unavailable"
    assert [(limit["by"], limit["liftableBy"]) for limit in refused.limits] == [("restriction", "self")]
    assert not stage.heard("bob")


def test_an_unmute_lifts_nothing_if_the_own_mute_stays(stage: Stage) -> None:
    stage.answered("alice", Mute(), "bob")
    stage.answered("bob", Mute(), "bob")
    stage.refused("alice", Unmute(), "bob")
    origins = {r.origin for r in stage.user("bob").rules.restrictions}
    assert origins == {Origin.SELF, Origin.HOST}


def test_an_undo_does_not_lift_it(stage: Stage) -> None:
    own = stage.answered("bob", Mute(), "bob")
    assert code(stage.say("alice", Undo(own.change_id or ""))) == "capability-unavailable"
    assert not stage.heard("bob")
    assert stage.answered("bob", Unmute(), "bob").status == "applied"


def test_an_unmute_all_does_not_lift_it(stage: Stage) -> None:
    stage.answered("bob", Mute(), "bob")
    stage.done("alice", MUTE_ALL)
    stage.done("alice", UnmuteEverybody())
    assert not stage.heard("bob")
    assert stage.heard("carol")


@pytest.mark.parametrize("command", [Unmute(), ALL_OF_AUDIO])
@pytest.mark.parametrize("kind", [UnmuteConsent.MUTED_FIRST, UnmuteConsent.REQUIRED])
def test_where_consent_is_on_the_owner_is_asked(stage: Stage, command: Command, kind: UnmuteConsent) -> None:
    stage.consenting(kind)
    stage.answered("bob", Mute(), "bob")
    asked = stage.answered("alice", command, "bob")
    assert (asked.status, asked.awaiting) == ("pending", "consent")
    assert not stage.heard("bob")
    stage.consents("bob")
    assert stage.heard("bob")
    assert not stage.user("bob").rules.restrictions


def test_without_the_owners_consent_it_stands_whatever_the_setting_becomes(stage: Stage) -> None:
    stage.consenting()
    stage.answered("bob", Mute(), "bob")
    stage.answered("alice", Unmute(), "bob")
    stage.done("alice", SetMeeting(unmute_consent=UnmuteConsent.NONE))
    assert not stage.heard("bob")


@pytest.mark.parametrize("ends", ["declined", "expired"])
def test_what_a_host_withheld_stands_after_a_request_that_came_to_nothing(stage: Stage, ends: str) -> None:
    stage.consenting()
    stage.answered("alice", Mute(reason="noise"), "bob")
    asked = stage.answered("alice", Unmute(), "bob")
    if ends == "declined":
        stage.consents("bob", accept=False)
    else:
        stage.reconcile(61)
    assert stage.change(asked.change_id).status == ends
    assert limits(stage, "bob") == [("restriction", "host", "alice")]
    assert stage.refused("bob", Unmute(), "bob").code == "capability-unavailable"
    assert stage.bits("bob") == SILENT


def test_a_mute_all_binds_again_after_a_request_that_was_declined(stage: Stage) -> None:
    stage.consenting()
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", Unmute(), "bob")
    stage.consents("bob", accept=False)
    assert ("mute-all", "host", "alice") in limits(stage, "bob")
    stage.answered("alice", Unmute(), "bob")
    stage.consents("bob")
    assert stage.heard("bob")


def test_the_rest_of_an_unmute_goes_ahead(stage: Stage) -> None:
    stage.consenting()
    stage.answered("alice", Mute((Medium.AUDIO, Medium.VIDEO)), "bob")
    stage.answered("alice", Unmute((Medium.AUDIO, Medium.VIDEO)), "bob")
    assert stage.bits("bob") == EVERYTHING & ~Capabilities.SEND_AUDIO
    stage.consents("bob")
    assert stage.bits("bob") == EVERYTHING


def test_who_unmutes_oneself_while_asked_agrees(stage: Stage) -> None:
    stage.consenting()
    stage.answered("alice", Mute(), "bob")
    asked = stage.answered("alice", Unmute(), "bob")
    assert stage.answered("bob", Unmute(), "bob").status == "applied"
    assert stage.heard("bob")
    assert stage.change(asked.change_id).status == "superseded"


def test_a_mute_while_asked_withdraws_the_request(stage: Stage) -> None:
    stage.consenting()
    stage.answered("alice", Mute(), "bob")
    asked = stage.answered("alice", Unmute(), "bob")
    stage.answered("hugo", Mute(), "bob")
    assert stage.user("bob").rules.asked is None
    assert stage.change(asked.change_id).status == "superseded"
    assert not stage.heard("bob")


def test_asked_again_it_names_the_open_request(stage: Stage) -> None:
    stage.consenting()
    stage.answered("alice", Mute(), "bob")
    first = stage.answered("alice", Unmute(), "bob")
    again = stage.answered("hugo", Unmute(), "bob", key="k", fingerprint="f")
    assert (again.status, again.awaiting, again.change_id) == ("pending", "consent", first.change_id)
    replayed = stage.answered("hugo", Unmute(), "bob", key="k", fingerprint="f")
    assert (replayed.status, replayed.awaiting, replayed.change_id) == ("pending", "consent", first.change_id)
    assert len(stage.entries("Unmute Requested")) == 1


def test_in_a_frozen_meeting_nobody_is_asked(stage: Stage) -> None:
    stage.done("alice", MUTE_ALL)
    stage.consenting()
    stage.done("alice", UnmuteEverybody())
    stage.consents("bob", accept=False)
    stage.done("alice", SetMeeting(frozen=True))
    refused = stage.ask("alice", Unmute(), "bob")
    assert isinstance(refused, Refused)
    assert [limit["by"] for limit in refused.limits] == ["freeze"]
    assert len(stage.entries("Unmute Requested")) == 2, "bob and carol, by the unmute-all"


def test_a_promotion_waits_with_the_host_s_mute_until_the_person_agrees(stage: Stage) -> None:
    stage.consenting()
    stage.answered("alice", Mute(), "bob")
    stage.answered("alice", SetRole("presenter"), "bob")
    stage.consents("bob", accept=False)
    assert limits(stage, "bob") == [("restriction", "host", "alice")]
