"""Mute-all and unmute-all: the users they bind, the users they spare, and individual rules that stay."""

from dataclasses import replace
from pathlib import Path

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.adapters.cedar.validation import layered
from moderation.application.requests import Answer, Refused, Request
from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, LiftableBy, Medium, of_word
from moderation.domain.commands import Mute, MuteEverybody, SetCapabilities, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED, MEETING_CHANGED
from moderation.ports import ChimeRetryableError

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of, unseen
from tests.unit.application.commanded_meeting import (
    CONTENT,
    MUTE_ALL,
    SILENT,
    UNMUTE_ALL,
    CommandedMeeting,
    not_now,
    outcomes,
)
from tests.unit.application.test_failing_infrastructure import now_and_then


def test_hosts_and_cohosts_are_spared_by_default() -> None:
    meeting = CommandedMeeting()
    answer = meeting.done("alice", MUTE_ALL)
    assert answer.status == "applied"
    assert outcomes(answer) == {
        "alice": "spared", "hugo": "spared", "cora": "spared", "bob": "applied", "carol": "applied"
    }  # fmt: skip
    assert meeting.bits("bob") == meeting.bits("carol") == SILENT
    assert meeting.bits("alice") == meeting.bits("cora") == EVERYTHING


def test_one_small_write_and_three_entries() -> None:
    meeting = CommandedMeeting()
    users = dict(meeting.ledger.users)
    answer = meeting.done("alice", MUTE_ALL)
    assert [e.type for e in meeting.entries()] == [DECIDED, CAPABILITIES_CHANGED, MEETING_CHANGED]
    assert {e.change_id for e in meeting.entries()} == {answer.change_id}
    assert {k: u.rules for k, u in meeting.ledger.users.items()} == {k: u.rules for k, u in users.items()}
    assert {k: u.revision for k, u in meeting.ledger.users.items()} == {k: u.revision for k, u in users.items()}


def test_except_spares_users_attendees_and_roles() -> None:
    meeting = CommandedMeeting(
        roles={"alice": "host", "pat": "presenter", "bob": "participant", "carol": "participant", "dan": "viewer"}
    )
    command = MuteEverybody(
        spared_roles=("presenter",), spared_users=("bob",), spared_attendees=(attendee_of("carol"),), reason="exam"
    )
    assert outcomes(meeting.done("alice", command)) == {
        "alice": "applied", "pat": "spared", "bob": "spared", "carol": "spared", "dan": "unchanged"
    }  # fmt: skip
    assert meeting.bits("alice") == SILENT, "hosts are spared by default only"


def test_an_unknown_excepted_attendee_is_reported_and_the_others_are_muted() -> None:
    meeting = CommandedMeeting()
    answer = meeting.done(
        "alice", MuteEverybody(spared_attendees=(attendee_of("nobody"), attendee_of("carol"))), key="k"
    )
    assert answer.unknown == (attendee_of("nobody"),)
    assert outcomes(answer)["carol"] == "spared"
    assert meeting.bits("bob") == SILENT
    again = meeting.done(
        "alice", MuteEverybody(spared_attendees=(attendee_of("nobody"), attendee_of("carol"))), key="k"
    )
    assert (again.replayed, again.unknown) == (True, (attendee_of("nobody"),))


@pytest.mark.parametrize("failing", [False, True])
def test_an_excepted_attendee_known_only_to_chime_is_spared(failing: bool) -> None:
    """The event of their join was lost, or has not arrived yet. Chime may be busy for a moment."""
    meeting = CommandedMeeting()
    meeting.chime.rooms[MEETING].attendees[attendee_of("newt")] = unseen("newt")
    meeting.drifts("newt", EVERYTHING)
    if failing:
        now_and_then(meeting.chime, ("roster",), ChimeRetryableError)
    answer = meeting.done("alice", MuteEverybody(spared_attendees=(attendee_of("newt"),)))
    assert (answer.unknown, outcomes(answer)["newt"]) == ((), "spared")
    assert meeting.bits("newt") == EVERYTHING
    assert meeting.bits("bob") == SILENT


def test_an_excepted_recorder_is_left_out() -> None:
    meeting = CommandedMeeting()
    meeting.comes("aws:recorder")
    answer = meeting.done("alice", MuteEverybody(spared_attendees=(attendee_of("aws:recorder"),)))
    assert answer.unknown == ()
    assert meeting.bits("bob") == SILENT


def test_an_attendee_missing_in_the_ledger_is_unknown_while_chime_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meeting = CommandedMeeting()
    meeting.chime_refuses()
    monkeypatch.setattr(meeting.chime, "roster", lambda _: not_now())
    answer = meeting.done("alice", MuteEverybody(spared_attendees=(attendee_of("newt"),)))
    assert (answer.status, answer.unknown) == ("pending", (attendee_of("newt"),))


def test_a_stranger_learns_nothing_of_excepted_attendees() -> None:
    meeting = CommandedMeeting()
    assert meeting.denied("bob", MuteEverybody(spared_attendees=(attendee_of("nobody"),))).code == "not-permitted"
    assert meeting.chime.calls == []


def test_a_role_that_there_is_not_cannot_be_excepted() -> None:
    meeting = CommandedMeeting()
    refused = meeting.denied("alice", MuteEverybody(spared_roles=("king",)))
    assert (refused.code, refused.pointer) == ("invalid-request", "/except/roles")
    assert meeting.chime.calls == []


def test_a_cohost_never_touches_hosts_even_if_she_spares_nobody() -> None:
    meeting = CommandedMeeting()
    reached = outcomes(meeting.done("cora", MuteEverybody(spared_roles=())))
    assert (reached["alice"], reached["hugo"], reached["cora"]) == ("spared", "spared", "applied")
    assert meeting.bits("alice") == EVERYTHING
    assert meeting.bits("cora") == SILENT
    reached = outcomes(meeting.done("alice", MuteEverybody(spared_roles=())))
    assert (reached["alice"], reached["hugo"]) == ("applied", "applied"), "a host may"


def test_who_may() -> None:
    meeting = CommandedMeeting()
    assert meeting.denied("bob", MUTE_ALL).code == "not-permitted"
    [refusal] = meeting.entries()
    assert (refusal.type, refusal.extra["verdict"]) == (DECIDED, "refused")
    assert meeting.denied("mallory", UNMUTE_ALL).code == "not-permitted"
    assert len(meeting.entries()) == 1, "a nobody leaves no trace"
    assert meeting.done(ADMIN, MUTE_ALL).status == "applied"


def test_content_and_audio_are_two_mute_alls() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MuteEverybody(media=(Medium.AUDIO, Medium.CONTENT)))
    assert meeting.held("bob") == {"audio": "Receive", "video": "SendReceive", "content": "Receive"}
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.held("bob") == {"audio": "SendReceive", "video": "SendReceive", "content": "Receive"}
    meeting.done("alice", MUTE_ALL)
    assert meeting.held("bob") == {"audio": "Receive", "video": "SendReceive", "content": "Receive"}


def test_what_each_user_had_of_their_own_survives_both() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(reason="noise"), "bob")
    meeting.answered("alice", SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "Receive")}), "carol")
    own = {user: meeting.user(user).rules for user in meeting.roles}
    reached = outcomes(meeting.done("alice", MUTE_ALL))
    assert (reached["bob"], reached["carol"]) == ("unchanged", "applied")
    answer = meeting.done("alice", UNMUTE_ALL)
    assert outcomes(answer) == {u: "applied" if u == "carol" else "unchanged" for u in meeting.roles}
    assert {user: meeting.user(user).rules for user in meeting.roles} == own
    assert meeting.bits("bob") == SILENT
    assert meeting.held("carol") == {"audio": "SendReceive", "video": "Receive", "content": "SendReceive"}


def test_unmuting_a_user_exempts_them_until_the_next_mute_all() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    assert meeting.answered("alice", Unmute(), "bob").status == "applied"
    assert (meeting.bits("bob"), meeting.bits("carol")) == (EVERYTHING, SILENT)
    meeting.done("alice", MuteEverybody(media=CONTENT))
    assert Capabilities.SEND_AUDIO in meeting.bits("bob"), "another medium is another mute-all"
    meeting.done("alice", MUTE_ALL)
    assert Capabilities.SEND_AUDIO not in meeting.bits("bob")


def test_nobody_unmutes_themselves_unless_the_mute_all_says_so() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    refused = meeting.refused("bob", Unmute(), "bob")
    assert refused.code == "capability-unavailable"
    assert [(limit["by"], limit["liftableBy"]) for limit in refused.limits] == [("mute-all", "host")]
    meeting.done("alice", MuteEverybody(liftable_by=LiftableBy.SELF))
    assert meeting.answered("bob", Unmute(), "bob").status == "applied"
    assert (meeting.bits("bob"), meeting.bits("carol")) == (EVERYTHING, SILENT)
    assert meeting.refused("carol", Unmute(), "bob").code == "not-permitted"


def test_a_mute_of_a_silent_user_is_a_rule_of_its_own() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    answer = meeting.answered("alice", Mute(), "bob")
    assert answer.status == "applied"
    assert "already-silent" in answer.effects
    meeting.done("alice", UNMUTE_ALL)
    assert (meeting.bits("bob"), meeting.bits("carol")) == (SILENT, EVERYTHING)


def test_what_was_not_granted_is_not_given() -> None:
    meeting = CommandedMeeting()
    meeting.comes("zoe", capabilities=EVERYTHING & ~Capabilities.SEND_VIDEO)
    meeting.done("alice", MUTE_ALL)
    assert Capabilities.SEND_AUDIO not in meeting.bits("zoe")
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("zoe") == EVERYTHING & ~Capabilities.SEND_VIDEO


def test_who_has_left_meanwhile_is_gone_and_no_error() -> None:
    meeting = CommandedMeeting(roles={"alice": "host", "bob": "participant"})
    meeting.chime.before = [lambda: meeting.goes("bob")]
    answer = meeting.done("alice", MUTE_ALL)
    assert (answer.status, outcomes(answer)["bob"]) == ("applied", "gone")
    assert meeting.user("bob").attendees[attendee_of("bob")].gone


def test_an_attendee_who_left_before_a_batch_is_gone() -> None:
    meeting = CommandedMeeting()
    meeting.comes("dan")
    meeting.chime.before = [lambda: meeting.goes("bob")]
    reached = outcomes(meeting.done("alice", MUTE_ALL))
    assert (reached["bob"], reached["carol"], reached["dan"]) == ("gone", "applied", "applied")
    assert meeting.bits("dan") == SILENT


def test_pipelines_are_excluded() -> None:
    meeting = CommandedMeeting()
    recorder = "aws:MediaPipeline-1"
    meeting.comes(recorder)
    answer = meeting.done("alice", MUTE_ALL)
    assert recorder not in outcomes(answer)
    assert meeting.bits(recorder) == EVERYTHING
    [batch] = meeting.chime.updates()
    assert attendee_of(recorder) in batch.excluded


def test_unmute_all_where_nothing_is_muted_is_unchanged() -> None:
    meeting = CommandedMeeting()
    answer = meeting.done("alice", UNMUTE_ALL)
    assert (answer.status, answer.outcomes) == ("unchanged", ())
    assert meeting.chime.updates() == []
    assert meeting.entries() == []


def test_all_attendees_of_a_user() -> None:
    meeting = CommandedMeeting()
    meeting.comes("bob", 2)
    meeting.done("alice", MUTE_ALL)
    assert meeting.bits("bob") == meeting.bits("bob", 2) == SILENT


def test_a_mute_all_that_would_mute_nobody_is_refused(tmp_path: Path) -> None:
    """The policies permit `mute-all`, but `mute` on no role, so every role would be spared."""
    actions = 'action == Action::"mute-all"'
    permit = f'@id("exam-app") permit (principal == Service::"exam.app", {actions}, resource);'
    (tmp_path / "own.cedar").write_text(permit)
    meeting = CommandedMeeting()
    gavel = Gavel(replace(meeting.ports, policies=CedarPolicies(layered(tmp_path))))
    request = Request(MEETING, Actor(ActorKind.SERVICE, "exam.app"), MUTE_ALL)

    for each in (request, replace(request, dry_run=True)):
        refused = gavel.perform(each)
        assert isinstance(refused, Refused)
        assert (refused.code, refused.policies) == ("not-permitted", ("no-permit",))
        assert "`mute` on no role" in refused.detail
    assert meeting.bits("bob") == EVERYTHING
    assert [entry.extra["verdict"] for entry in meeting.entries(DECIDED)] == ["refused"]

    both = 'action in [Action::"mute-all", Action::"mute"]'
    (tmp_path / "own.cedar").write_text(permit.replace(actions, both))
    gavel = Gavel(replace(meeting.ports, policies=CedarPolicies(layered(tmp_path))))
    answer = gavel.perform(request)
    assert isinstance(answer, Answer)
    assert outcomes(answer)["bob"] == "applied"
