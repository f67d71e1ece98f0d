"""Modes, freeze and settings of a meeting, and the conditions under which they are set."""

from datetime import timedelta

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.commands import Mute, MuteEverybody, SetCapabilities, SetMeeting, Undo, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, MEETING_CHANGED
from moderation.domain.meeting import UnmuteConsent

from tests.memory.moderated_meeting import ADMIN
from tests.unit.application.commanded_meeting import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, CommandedMeeting, outcomes

FREEZE, THAW = SetMeeting(frozen=True), SetMeeting(frozen=False)
ALL_ROLES = {"alice": "host", "cora": "cohost", "pat": "presenter", "bob": "participant", "dan": "viewer"}
AUDIO_ONLY = RECEIVING | Capabilities.SEND_AUDIO


@pytest.mark.parametrize(
    ("mode", "presenter", "participant"),
    [
        ("open", EVERYTHING, EVERYTHING),
        ("presentation", EVERYTHING, RECEIVING),
        ("audience", RECEIVING, RECEIVING),
        ("audio-only", AUDIO_ONLY, AUDIO_ONLY),
    ],
)
def test_the_table_of_modes_and_the_way_back(mode: str, presenter: Capabilities, participant: Capabilities) -> None:
    meeting = CommandedMeeting(roles=ALL_ROLES)
    meeting.done("alice", SetMeeting(mode=mode))
    assert [meeting.bits(u) for u in ALL_ROLES] == [EVERYTHING, EVERYTHING, presenter, participant, RECEIVING]
    meeting.done("alice", SetMeeting(mode="open"))
    assert [meeting.bits(u) for u in ALL_ROLES] == [EVERYTHING, EVERYTHING, EVERYTHING, EVERYTHING, RECEIVING]


def test_the_way_back_promotes_nobody() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("alice", SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "None")}), "carol")
    before = {u: meeting.bits(u) for u in meeting.roles}
    meeting.done("cora", SetMeeting(mode="audience"))
    meeting.done("cora", SetMeeting(mode="open"))
    assert {u: meeting.bits(u) for u in meeting.roles} == before


def test_what_is_asked_for_must_result() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(mode="audience"))
    refused = meeting.refused("alice", Unmute(), "bob")
    assert (refused.code, refused.limits[0]["by"]) == ("capability-unavailable", "policy")


@pytest.mark.parametrize("registers", [False, True])
def test_while_frozen_no_mode_opens_the_microphone_of_who_was_unmuted(registers: bool) -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", Unmute(), "bob")
    meeting.done("alice", SetMeeting(mode="audience"))
    meeting.done("alice", FREEZE)
    if registers:
        revision = f"m{meeting.stored().revision}"
        outcome = meeting.register(roles=meeting.roles, mode="audio-only", if_match=revision)
    else:
        outcome = meeting.denied("alice", SetMeeting(mode="audio-only"))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.limits[0]["by"]) == ("capability-unavailable", "freeze")
    assert meeting.bits("bob") == RECEIVING


def test_while_frozen_no_undo_opens_the_microphone_of_who_was_unmuted() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", Unmute(), "bob")
    undo = Undo(meeting.done("alice", MUTE_ALL).change_id or "")
    meeting.done("alice", FREEZE)
    assert meeting.denied("alice", undo).code == "capability-unavailable"
    assert meeting.bits("bob") == SILENT
    meeting.done("alice", THAW)
    meeting.done("alice", undo)
    assert meeting.bits("bob") == EVERYTHING


def test_words_that_there_are_not() -> None:
    meeting = CommandedMeeting()
    for command, pointer in [
        (SetMeeting(mode="party"), "/mode"),
        (SetMeeting(default_role="king"), "/defaultRole"),
        (SetMeeting(default_role="host"), "/defaultRole"),
        (SetMeeting(default_role="cohost"), "/defaultRole"),
    ]:
        refused = meeting.denied("alice", command)
        assert (refused.code, refused.pointer) == ("invalid-request", pointer)
        assert meeting.denied("mallory", command).code == "not-permitted"


def test_settings_are_the_hosts() -> None:
    meeting = CommandedMeeting()
    command = SetMeeting(default_role="viewer", unmute_consent=UnmuteConsent.NONE, lobby=False)
    assert meeting.denied("cora", command).code == "not-permitted"
    assert meeting.denied("cora", SetMeeting(mode="open", lobby=True)).code == "not-permitted"
    subject = meeting.done("alice", command).subject
    assert (subject["defaultRole"], subject["unmuteConsent"], subject["lobby"]) == ("viewer", "none", False)
    meeting.comes("zoe")
    meeting.gavel.chime_events.on_joined(meeting.stored().id, meeting.comes("zoe"))
    assert meeting.bits("zoe") == RECEIVING


def test_who_asks_for_nothing_learns_nothing() -> None:
    meeting = CommandedMeeting()
    assert meeting.denied("mallory", SetMeeting()).code == "not-permitted"
    assert meeting.done("alice", SetMeeting()).status == "unchanged"


def test_if_match() -> None:
    meeting = CommandedMeeting()
    assert meeting.denied("alice", MUTE_ALL, if_match="m7").code == "revision-mismatch"
    assert meeting.denied("bob", MUTE_ALL, if_match="m7").code == "not-permitted"
    revision = meeting.done("alice", MUTE_ALL, if_match=f"m{meeting.stored().revision}").subject["revision"]
    assert revision == f"m{meeting.stored().revision}"
    assert meeting.done("alice", FREEZE, if_match=str(revision)).status == "applied"


def test_dry_runs_write_nothing_and_call_nobody() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    before = (
        dict(meeting.ledger.meetings),
        dict(meeting.ledger.users),
        dict(meeting.ledger.changes),
        list(meeting.ledger.entries),
    )
    meeting.chime.calls.clear()
    meeting.wakeups.sent.clear()
    answer = meeting.done("alice", MuteEverybody(seconds=60), dry_run=True, key="k")
    assert (answer.status, answer.change_id) == ("dry-run", None)
    assert outcomes(answer) == {
        "alice": "spared", "hugo": "spared", "cora": "spared", "bob": "unchanged", "carol": "applied"
    }  # fmt: skip
    assert meeting.done("alice", SetMeeting(mode="audience"), dry_run=True).status == "dry-run"
    assert meeting.denied("bob", MUTE_ALL, dry_run=True).code == "not-permitted"
    assert (meeting.ledger.meetings, meeting.ledger.users, meeting.ledger.changes, meeting.ledger.entries) == before
    assert (meeting.chime.calls, meeting.ledger.keys, meeting.wakeups.sent) == ([], {}, [])


def test_what_the_rules_say_but_chime_does_not_have_yet_is_not_unchanged() -> None:
    meeting = CommandedMeeting()
    meeting.chime_refuses()
    assert meeting.done("alice", SetMeeting(mode="audience")).status == "pending"
    assert meeting.done("alice", SetMeeting(mode="audience")).status == "pending"
    meeting.chime_recovers()
    assert meeting.done("alice", SetMeeting(mode="audience")).status == "applied"
    assert meeting.bits("bob") == RECEIVING
    assert meeting.done("alice", SetMeeting(mode="audience")).status == "unchanged"


def test_while_frozen_nobody_gets_more() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.done("alice", FREEZE)
    wide = SetCapabilities({Medium.AUDIO: of_word(Medium.AUDIO, "SendReceive")})
    tries: list[Answer | Refused] = [
        meeting.ask("alice", Unmute(), "bob"),
        meeting.ask("alice", wide, "bob"),
        meeting.say("alice", UNMUTE_ALL),
        meeting.say("alice", MuteEverybody(spared_roles=("host", "cohost", "participant"))),
    ]
    for answer in tries:
        assert isinstance(answer, Refused), answer
        assert (answer.code, [limit["by"] for limit in answer.limits]) == ("capability-unavailable", ["freeze"])
    assert meeting.bits("bob") == SILENT


def test_while_frozen_less_is_done_and_the_thaw_gives_the_rest() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", FREEZE)
    assert meeting.answered("alice", Mute(), "bob").status == "applied"
    assert meeting.done("alice", SetMeeting(mode="presentation")).status == "applied"
    assert meeting.denied("alice", SetMeeting(mode="open")).code == "capability-unavailable"
    assert meeting.done("alice", SetMeeting(frozen=False, mode="open")).status == "applied"
    assert (meeting.bits("bob"), meeting.bits("carol")) == (SILENT, EVERYTHING)


def test_newcomers_get_what_the_rules_give_while_frozen() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.done("alice", FREEZE)
    meeting.gavel.chime_events.on_joined(meeting.stored().id, meeting.comes("zoe"))
    assert meeting.bits("zoe") == SILENT
    meeting.gavel.chime_events.on_joined(meeting.stored().id, meeting.comes("alice", 2, SILENT))
    assert meeting.bits("alice", 2) == EVERYTHING


def test_ends_wait_while_frozen_and_come_with_the_thaw() -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(seconds=10), "bob")
    meeting.done("alice", MuteEverybody(seconds=20))
    meeting.done("alice", FREEZE)
    meeting.reconcile(60)
    assert (meeting.bits("bob"), meeting.bits("carol")) == (SILENT, SILENT)
    answer = meeting.done("alice", THAW)
    assert (meeting.bits("bob"), meeting.bits("carol")) == (EVERYTHING, EVERYTHING), "what has ended ends at once"
    assert outcomes(answer)["bob"] == outcomes(answer)["carol"] == "applied"
    meeting.reconcile(60)
    assert meeting.stored().rules.mute_alls == ()
    assert meeting.user("bob").rules.restrictions == ()
    assert [e.actor.id for e in meeting.entries() if e.command == "expire"].count("clock") >= 2
    assert meeting.reconcile(300).failed == 0


def test_a_registration_anew_touches_neither_mute_alls_nor_the_freeze() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.done("alice", FREEZE)
    answer = meeting.register(roles=meeting.roles, default_role="viewer", if_match=f"m{meeting.stored().revision}")
    assert isinstance(answer, Answer), answer
    assert (len(meeting.stored().rules.mute_alls), meeting.stored().rules.frozen_at is None) == (1, False)
    assert meeting.bits("bob") == SILENT


def test_a_registration_anew_widens_nobody_while_frozen() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(mode="audience"))
    meeting.done("alice", FREEZE)
    now = f"m{meeting.stored().revision}"
    for body in ({"mode": "open"}, {"mode": "audience", "roles": {**meeting.roles, "bob": "cohost"}}):
        refused = meeting.register(**({"roles": meeting.roles} | body), if_match=now)
        assert isinstance(refused, Refused), refused
        assert (refused.code, refused.limits[0]["by"]) == ("capability-unavailable", "freeze")
    assert meeting.bits("bob") == RECEIVING


def test_nothing_is_written_after_the_end_and_reading_goes_on() -> None:
    meeting = CommandedMeeting()
    meeting_id = meeting.stored().id
    del meeting.chime.rooms[meeting_id]
    meeting.gavel.chime_events.on_ended(meeting_id)
    for command in (MUTE_ALL, UNMUTE_ALL, FREEZE, SetMeeting(mode="audience")):
        assert meeting.denied("alice", command).code == "meeting-ended"
    assert isinstance(meeting.gavel.meeting(meeting_id, ADMIN), dict)


def test_what_is_told_of_a_mode() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(mode="presentation", reason="talk"))
    [told] = meeting.entries(MEETING_CHANGED)
    before, after = told.extra["before"], told.extra["after"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert (before["mode"], after["mode"], told.command) == ("open", "presentation", "set-mode")
    [changed] = meeting.entries(CAPABILITIES_CHANGED)
    attendees = changed.extra["attendees"]
    assert isinstance(attendees, list)
    assert {a["externalUserId"] for a in attendees} == {"bob", "carol"}
    assert changed.occurred_at - told.occurred_at < timedelta(seconds=1)
