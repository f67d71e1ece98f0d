"""A command on one person, from the request to Chime and the entries, in memory."""

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.commands import Mute, SetCapabilities, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED
from moderation.domain.meeting import Features

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, seat, unseen

MUTED = EVERYTHING & ~Capabilities.SEND_AUDIO


def test_a_mute_is_one_call_and_two_entries() -> None:
    scene = ModeratedMeeting()
    answer = scene.answered("alice", Mute(), "bob")
    assert answer.status == "applied"
    assert [(c.operation, c.attendee_id, c.capabilities) for c in scene.chime.calls] == [("order", seat("bob"), MUTED)]
    assert [e.type for e in scene.entries()] == [DECIDED, CAPABILITIES_CHANGED]
    assert {e.change_id for e in scene.entries()} == {answer.change_id}
    assert answer.subject["status"] == "applied"
    assert answer.subject["revision"] == "p3.m1"


def test_muting_again_is_unchanged_and_costs_nothing() -> None:
    scene = ModeratedMeeting()
    scene.answered("alice", Mute(), "bob")
    scene.chime.calls.clear()
    assert scene.answered("alice", Mute(), "bob").status == "unchanged"
    assert scene.chime.calls == []
    assert len(scene.entries()) == 2


def test_a_participant_is_refused_and_the_refusal_kept() -> None:
    scene = ModeratedMeeting()
    refused = scene.refused("bob", Mute(), "carol")
    assert (refused.code, refused.policies) == ("not-permitted", ("no-permit",))
    assert scene.chime.calls == []
    [entry] = scene.entries()
    assert entry.type == DECIDED
    assert (entry.extra["verdict"], entry.extra["code"]) == ("refused", "not-permitted")


def test_a_nobody_leaves_no_trace_and_costs_no_call() -> None:
    scene = ModeratedMeeting()
    for attendee in ("carol", "someone-unknown"):
        assert scene.refused("mallory", Mute(), attendee).code == "not-permitted"
    assert scene.chime.calls == []
    assert scene.entries() == []


def test_everybody_mutes_and_unmutes_himself_only_as_far_as_he_may_lift() -> None:
    scene = ModeratedMeeting()
    assert scene.answered("bob", Mute(), "bob").status == "applied"
    assert scene.bits("bob") == MUTED
    assert scene.answered("bob", Unmute(), "bob").status == "applied"
    scene.answered("alice", Mute(), "bob")
    refused = scene.refused("bob", Unmute(), "bob")
    assert refused.code == "capability-unavailable"
    assert refused.limits[0]["liftableBy"] == "host"
    assert scene.bits("bob") == MUTED


def test_a_cohost_muted_by_a_host_does_not_free_himself() -> None:
    scene = ModeratedMeeting()
    scene.answered("alice", Mute(), "cora")
    assert scene.refused("cora", Unmute(), "cora").code == "capability-unavailable"
    assert scene.refused("cora", Mute(), "alice").policies == ("non-hosts-may-not-act-on-hosts",)


def test_rules_bind_all_seats_of_a_person() -> None:
    scene = ModeratedMeeting()
    scene.chime.write(MEETING, unseen("bob", 2), EVERYTHING)
    assert scene.answered("alice", Mute(), "bob", number=2).status == "applied"
    assert scene.bits("bob") == scene.bits("bob", 2) == MUTED


def test_a_person_is_bound_before_he_joins() -> None:
    scene = ModeratedMeeting()
    answer = scene.ask_user("alice", Mute(), "zoe")
    assert isinstance(answer, Answer)
    assert answer.status == "stored"
    assert answer.subject["attendeeId"] is None
    scene.chime.write(MEETING, unseen("zoe"), EVERYTHING & ~Capabilities.SEND_VIDEO)
    lifted = scene.answered("alice", Unmute(), "zoe")
    assert lifted.status == "applied"
    assert scene.bits("zoe") == EVERYTHING & ~Capabilities.SEND_VIDEO, "never more than was granted"


def test_a_person_without_known_seat_is_found_in_the_roster() -> None:
    scene = ModeratedMeeting()
    scene.chime.write(MEETING, unseen("zoe"), EVERYTHING)
    answer = scene.ask_user("alice", Mute(), "zoe")
    assert isinstance(answer, Answer)
    assert scene.bits("zoe") == MUTED


def test_pipelines_are_never_touched() -> None:
    scene = ModeratedMeeting()
    recorder = "aws:MediaPipeline-1"
    scene.chime.write(MEETING, unseen(recorder), EVERYTHING)
    assert scene.refused("alice", Mute(), recorder).code == "attendee-not-found"
    assert isinstance(scene.ask_user("alice", Mute(), recorder), Refused)
    assert scene.bits(recorder) == EVERYTHING


@pytest.mark.parametrize("strict", [False, True])
def test_an_audio_mute_works_where_video_is_off_in_both_readings(strict: bool) -> None:
    scene = ModeratedMeeting(features=Features(video=False), strict=strict)
    answer = scene.answered("alice", Mute(), "bob")
    assert answer.status == "applied"
    held = scene.held("bob")
    assert held["audio"] == "Receive"
    assert answer.subject["capabilities"] == held
    limits = answer.subject["limits"]
    assert isinstance(limits, list)
    assert "meeting-feature" in {limit["by"] for limit in limits}


def test_what_chime_refuses_for_good_is_taken_back() -> None:
    scene = ModeratedMeeting()
    scene.answered("alice", SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "None")}), "bob")
    before = scene.user("bob").rules
    scene.chime.rooms[MEETING].features = Features(video=False)
    refused = scene.refused("alice", SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "SendReceive")}), "bob")
    assert refused.code == "chime-refused"
    assert scene.user("bob").rules == before
    assert scene.held("bob")["video"] == "None"


def test_if_match() -> None:
    scene = ModeratedMeeting()
    assert scene.refused("alice", Mute(), "bob", if_match="p1.m9").code == "revision-mismatch"
    revision = scene.gavel.attendee(MEETING, ADMIN, attendee_id=seat("bob"))
    assert isinstance(revision, dict)
    assert scene.answered("alice", Mute(), "bob", if_match=revision["revision"]).status == "applied"
    assert scene.refused("bob", Mute(), "carol", if_match="p1.m9").code == "not-permitted"


def test_a_dry_run_writes_and_sends_nothing() -> None:
    scene = ModeratedMeeting()
    before = scene.user("bob")
    answer = scene.answered("alice", Mute(), "bob", dry_run=True)
    assert answer.status == "dry-run"
    assert answer.subject["capabilities"] == {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"}
    assert scene.user("bob") == before
    assert scene.chime.calls == []
    assert scene.entries() == []
    assert scene.refused("bob", Mute(), "carol", dry_run=True).code == "not-permitted"
    assert scene.entries() == []


def test_on_behalf_of() -> None:
    scene = ModeratedMeeting()
    alice = Actor(ActorKind.USER, "alice", via="back-end")
    assert scene.answered(alice, Mute(), "bob").status == "applied"
    assert scene.entries()[0].detail["actor"] == {"kind": "user", "id": "alice", "via": "back-end"}
    assert scene.refused(Actor(ActorKind.USER, "bob", via="back-end"), Mute(), "carol").code == "not-permitted"


def test_a_command_in_a_meeting_that_chime_has_ended_is_refused() -> None:
    scene = ModeratedMeeting()
    del scene.chime.rooms[MEETING]
    outcome = scene.ask_user("alice", Mute(), "zoe")
    assert isinstance(outcome, Refused)
    assert outcome.code == "meeting-ended"
