"""A user's own mute is lifted by that user only. What a host withheld stays until the user has agreed to be heard."""

import pytest
from moderation.application.requests import Refused
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, Origin
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

from tests.memory.moderated_meeting import ADMIN, MEETING
from tests.unit.application.commanded_meeting import MUTE_ALL, SILENT, CommandedMeeting, by, code

ALL_OF_AUDIO = SetCapabilities({Medium.AUDIO: Capabilities.SEND_AUDIO | Capabilities.RECEIVE_AUDIO})


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def limits(meeting: CommandedMeeting, user: str) -> list[tuple[object, object, object]]:
    document = meeting.gavel.attendee(MEETING, by(user), user_id=user)
    assert isinstance(document, dict)
    return [(x["by"], x.get("liftableBy"), x.get("actor")) for x in document["limits"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", [Unmute(), ALL_OF_AUDIO])
@pytest.mark.parametrize("who", ["alice", "back end"])
def test_nobody_else_lifts_it(meeting: CommandedMeeting, command: Command, who: str) -> None:
    meeting.answered("bob", Mute(), "bob")
    refused = meeting.refused(ADMIN if who == "back end" else who, command, "bob")
    assert refused.code == "capability-unavailable"
    assert [(limit["by"], limit["liftableBy"]) for limit in refused.limits] == [("restriction", "self")]
    assert not meeting.heard("bob")


def test_an_unmute_lifts_nothing_if_the_own_mute_stays(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("bob", Mute(), "bob")
    meeting.refused("alice", Unmute(), "bob")
    origins = {r.origin for r in meeting.user("bob").rules.restrictions}
    assert origins == {Origin.SELF, Origin.HOST}


def test_an_undo_does_not_lift_it(meeting: CommandedMeeting) -> None:
    own = meeting.answered("bob", Mute(), "bob")
    assert code(meeting.say("alice", Undo(own.change_id or ""))) == "capability-unavailable"
    assert not meeting.heard("bob")
    assert meeting.answered("bob", Unmute(), "bob").status == "applied"


def test_an_unmute_all_does_not_lift_it(meeting: CommandedMeeting) -> None:
    meeting.answered("bob", Mute(), "bob")
    meeting.done("alice", MUTE_ALL)
    meeting.done("alice", UnmuteEverybody())
    assert not meeting.heard("bob")
    assert meeting.heard("carol")


@pytest.mark.parametrize("command", [Unmute(), ALL_OF_AUDIO])
@pytest.mark.parametrize("kind", [UnmuteConsent.MUTED_FIRST, UnmuteConsent.REQUIRED])
def test_where_consent_is_on_the_owner_is_asked(
    meeting: CommandedMeeting, command: Command, kind: UnmuteConsent
) -> None:
    meeting.consenting(kind)
    meeting.answered("bob", Mute(), "bob")
    asked = meeting.answered("alice", command, "bob")
    assert (asked.status, asked.awaiting) == ("pending", "consent")
    assert not meeting.heard("bob")
    meeting.consents("bob")
    assert meeting.heard("bob")
    assert not meeting.user("bob").rules.restrictions


def test_without_the_owners_consent_it_stands_whatever_the_setting_becomes(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.answered("bob", Mute(), "bob")
    meeting.answered("alice", Unmute(), "bob")
    meeting.done("alice", SetMeeting(unmute_consent=UnmuteConsent.NONE))
    assert not meeting.heard("bob")


@pytest.mark.parametrize("ends", ["declined", "expired"])
def test_what_a_host_withheld_stands_after_a_request_that_came_to_nothing(meeting: CommandedMeeting, ends: str) -> None:
    meeting.consenting()
    meeting.answered("alice", Mute(reason="noise"), "bob")
    asked = meeting.answered("alice", Unmute(), "bob")
    if ends == "declined":
        meeting.consents("bob", accept=False)
    else:
        meeting.reconcile(61)
    assert meeting.change(asked.change_id).status == ends
    assert limits(meeting, "bob") == [("restriction", "host", "alice")]
    assert meeting.refused("bob", Unmute(), "bob").code == "capability-unavailable"
    assert meeting.bits("bob") == SILENT


def test_a_mute_all_binds_again_after_a_request_that_was_declined(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", Unmute(), "bob")
    meeting.consents("bob", accept=False)
    assert ("mute-all", "host", "alice") in limits(meeting, "bob")
    meeting.answered("alice", Unmute(), "bob")
    meeting.consents("bob")
    assert meeting.heard("bob")


def test_the_rest_of_an_unmute_goes_ahead(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.answered("alice", Mute((Medium.AUDIO, Medium.VIDEO)), "bob")
    meeting.answered("alice", Unmute((Medium.AUDIO, Medium.VIDEO)), "bob")
    assert meeting.bits("bob") == EVERYTHING & ~Capabilities.SEND_AUDIO
    meeting.consents("bob")
    assert meeting.bits("bob") == EVERYTHING


def test_who_unmutes_oneself_while_asked_agrees(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.answered("alice", Mute(), "bob")
    asked = meeting.answered("alice", Unmute(), "bob")
    assert meeting.answered("bob", Unmute(), "bob").status == "applied"
    assert meeting.heard("bob")
    assert meeting.change(asked.change_id).status == "superseded"


def test_a_mute_while_asked_withdraws_the_request(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.answered("alice", Mute(), "bob")
    asked = meeting.answered("alice", Unmute(), "bob")
    meeting.answered("hugo", Mute(), "bob")
    assert meeting.user("bob").rules.asked is None
    assert meeting.change(asked.change_id).status == "superseded"
    assert not meeting.heard("bob")


def test_asked_again_it_names_the_open_request(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.answered("alice", Mute(), "bob")
    first = meeting.answered("alice", Unmute(), "bob")
    again = meeting.answered("hugo", Unmute(), "bob", key="k", fingerprint="f")
    assert (again.status, again.awaiting, again.change_id) == ("pending", "consent", first.change_id)
    replayed = meeting.answered("hugo", Unmute(), "bob", key="k", fingerprint="f")
    assert (replayed.status, replayed.awaiting, replayed.change_id) == ("pending", "consent", first.change_id)
    assert len(meeting.entries("Unmute Requested")) == 1


def test_in_a_frozen_meeting_nobody_is_asked(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MUTE_ALL)
    meeting.consenting()
    meeting.done("alice", UnmuteEverybody())
    meeting.consents("bob", accept=False)
    meeting.done("alice", SetMeeting(frozen=True))
    refused = meeting.ask("alice", Unmute(), "bob")
    assert isinstance(refused, Refused)
    assert [limit["by"] for limit in refused.limits] == ["freeze"]
    assert len(meeting.entries("Unmute Requested")) == 2, "bob and carol, by the unmute-all"


def test_a_promotion_waits_with_the_host_s_mute_until_the_user_agrees(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("alice", SetRole("presenter"), "bob")
    meeting.consents("bob", accept=False)
    assert limits(meeting, "bob") == [("restriction", "host", "alice")]
