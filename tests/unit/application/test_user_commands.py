"""Commands on one user, from the request to Chime and the entries, in memory."""

from typing import Any

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.commands import Mute, SetCapabilities, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED
from moderation.domain.meeting import Features

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, attendee_of, unseen
from tests.unit.application.commanded_meeting import CommandedMeeting

MUTED = EVERYTHING & ~Capabilities.SEND_AUDIO


def test_a_mute_is_one_call_and_two_entries() -> None:
    meeting = ModeratedMeeting()
    answer = meeting.answered("alice", Mute(), "bob")
    assert answer.status == "applied"
    assert [(c.operation, c.attendee_id, c.capabilities) for c in meeting.chime.calls] == [
        ("update", attendee_of("bob"), MUTED)
    ]
    assert [e.type for e in meeting.entries()] == [DECIDED, CAPABILITIES_CHANGED]
    assert {e.change_id for e in meeting.entries()} == {answer.change_id}
    assert answer.subject["status"] == "applied"
    assert answer.subject["revision"] == "p3.m1"


def test_a_decision_on_a_user_names_all_their_attendees() -> None:
    meeting = CommandedMeeting()
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    meeting.ask_user("alice", Mute(), "bob")
    decided: Any = meeting.entries(DECIDED)[-1].extra["attendees"]
    assert {each["attendeeId"] for each in decided} == {attendee_of("bob"), attendee_of("bob", 1)}


def test_muting_again_is_unchanged_and_costs_nothing() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.chime.calls.clear()
    assert meeting.answered("alice", Mute(), "bob").status == "unchanged"
    assert meeting.chime.calls == []
    assert len(meeting.entries()) == 2


def test_a_participant_is_refused_and_the_refusal_kept() -> None:
    meeting = ModeratedMeeting()
    refused = meeting.refused("bob", Mute(), "carol")
    assert (refused.code, refused.policies) == ("not-permitted", ("no-permit",))
    assert meeting.chime.calls == []
    [entry] = meeting.entries()
    assert entry.type == DECIDED
    assert (entry.extra["verdict"], entry.extra["code"]) == ("refused", "not-permitted")


def test_a_nobody_leaves_no_trace_and_costs_no_call() -> None:
    meeting = ModeratedMeeting()
    for attendee in ("carol", "someone-unknown"):
        assert meeting.refused("mallory", Mute(), attendee).code == "not-permitted"
    assert meeting.chime.calls == []
    assert meeting.entries() == []


def test_users_mute_and_unmute_themselves_as_far_as_they_may_lift() -> None:
    meeting = ModeratedMeeting()
    assert meeting.answered("bob", Mute(), "bob").status == "applied"
    assert meeting.bits("bob") == MUTED
    assert meeting.answered("bob", Unmute(), "bob").status == "applied"
    meeting.answered("alice", Mute(), "bob")
    refused = meeting.refused("bob", Unmute(), "bob")
    assert refused.code == "capability-unavailable"
    assert refused.limits[0]["liftableBy"] == "host"
    assert meeting.bits("bob") == MUTED


def test_a_cohost_muted_by_a_host_does_not_unmute_themselves() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", Mute(), "cora")
    assert meeting.refused("cora", Unmute(), "cora").code == "capability-unavailable"
    assert meeting.refused("cora", Mute(), "alice").policies == ("non-hosts-may-not-act-on-hosts",)


def test_rules_bind_all_attendees_of_a_user() -> None:
    meeting = ModeratedMeeting()
    meeting.chime.write(MEETING, unseen("bob", 2), EVERYTHING)
    assert meeting.answered("alice", Mute(), "bob", number=2).status == "applied"
    assert meeting.bits("bob") == meeting.bits("bob", 2) == MUTED


def test_rules_bind_a_user_before_joining() -> None:
    meeting = ModeratedMeeting()
    answer = meeting.ask_user("alice", Mute(), "zoe")
    assert isinstance(answer, Answer)
    assert answer.status == "stored"
    assert answer.subject["attendeeId"] is None
    meeting.chime.write(MEETING, unseen("zoe"), EVERYTHING & ~Capabilities.SEND_VIDEO)
    lifted = meeting.answered("alice", Unmute(), "zoe")
    assert lifted.status == "applied"
    assert meeting.bits("zoe") == EVERYTHING & ~Capabilities.SEND_VIDEO, "never more than was granted"


def test_a_user_without_known_attendee_is_found_in_the_roster() -> None:
    meeting = ModeratedMeeting()
    meeting.chime.write(MEETING, unseen("zoe"), EVERYTHING)
    answer = meeting.ask_user("alice", Mute(), "zoe")
    assert isinstance(answer, Answer)
    assert meeting.bits("zoe") == MUTED


def test_pipelines_are_never_touched() -> None:
    meeting = ModeratedMeeting()
    recorder = "aws:MediaPipeline-1"
    meeting.chime.write(MEETING, unseen(recorder), EVERYTHING)
    assert meeting.refused("alice", Mute(), recorder).code == "attendee-not-found"
    assert isinstance(meeting.ask_user("alice", Mute(), recorder), Refused)
    assert meeting.bits(recorder) == EVERYTHING


@pytest.mark.parametrize("strict", [False, True])
def test_an_audio_mute_works_where_video_is_off_in_both_readings(strict: bool) -> None:
    meeting = ModeratedMeeting(features=Features(video=False), strict=strict)
    answer = meeting.answered("alice", Mute(), "bob")
    assert answer.status == "applied"
    held = meeting.held("bob")
    assert held["audio"] == "Receive"
    assert answer.subject["capabilities"] == held
    limits = answer.subject["limits"]
    assert isinstance(limits, list)
    assert "meeting-feature" in {limit["by"] for limit in limits}


def test_what_chime_refuses_for_good_is_taken_back() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "None")}), "bob")
    before = meeting.user("bob").rules
    meeting.chime.rooms[MEETING].features = Features(video=False)
    refused = meeting.refused("alice", SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "SendReceive")}), "bob")
    assert refused.code == "chime-refused"
    assert meeting.user("bob").rules == before
    assert meeting.held("bob")["video"] == "None"


def test_if_match() -> None:
    meeting = ModeratedMeeting()
    assert meeting.refused("alice", Mute(), "bob", if_match="p1.m9").code == "revision-mismatch"
    revision = meeting.gavel.attendee(MEETING, ADMIN, attendee_id=attendee_of("bob"))
    assert isinstance(revision, dict)
    assert meeting.answered("alice", Mute(), "bob", if_match=revision["revision"]).status == "applied"
    assert meeting.refused("bob", Mute(), "carol", if_match="p1.m9").code == "not-permitted"


def test_a_dry_run_writes_and_sends_nothing() -> None:
    meeting = ModeratedMeeting()
    before = meeting.user("bob")
    answer = meeting.answered("alice", Mute(), "bob", dry_run=True)
    assert answer.status == "dry-run"
    assert answer.subject["capabilities"] == {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"}
    assert meeting.user("bob") == before
    assert meeting.chime.calls == []
    assert meeting.entries() == []
    assert meeting.refused("bob", Mute(), "carol", dry_run=True).code == "not-permitted"
    assert meeting.entries() == []


def test_on_behalf_of() -> None:
    meeting = ModeratedMeeting()
    alice = Actor(ActorKind.USER, "alice", via="back-end")
    assert meeting.answered(alice, Mute(), "bob").status == "applied"
    assert meeting.entries()[0].detail["actor"] == {"kind": "user", "id": "alice", "via": "back-end"}
    assert meeting.refused(Actor(ActorKind.USER, "bob", via="back-end"), Mute(), "carol").code == "not-permitted"


def test_a_command_in_a_meeting_that_chime_has_ended_is_refused() -> None:
    meeting = ModeratedMeeting()
    del meeting.chime.rooms[MEETING]
    outcome = meeting.ask_user("alice", Mute(), "zoe")
    assert isinstance(outcome, Refused)
    assert outcome.code == "meeting-ended"
