"""Modes, freeze and settings of a meeting, and the conditions under which they are set."""

from datetime import timedelta

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.commands import Mute, MuteEverybody, SetCapabilities, SetMeeting, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, MEETING_CHANGED
from moderation.domain.meeting import UnmuteConsent

from tests.memory.moderated_meeting import ADMIN
from tests.unit.application.hall import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, Hall, outcomes

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
    hall = Hall(roles=ALL_ROLES)
    hall.done("alice", SetMeeting(mode=mode))
    assert [hall.bits(u) for u in ALL_ROLES] == [EVERYTHING, EVERYTHING, presenter, participant, RECEIVING]
    hall.done("alice", SetMeeting(mode="open"))
    assert [hall.bits(u) for u in ALL_ROLES] == [EVERYTHING, EVERYTHING, EVERYTHING, EVERYTHING, RECEIVING]


def test_the_way_back_promotes_nobody() -> None:
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    hall.answered("alice", SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "None")}), "carol")
    before = {u: hall.bits(u) for u in hall.roles}
    hall.done("cora", SetMeeting(mode="audience"))
    hall.done("cora", SetMeeting(mode="open"))
    assert {u: hall.bits(u) for u in hall.roles} == before


def test_what_is_asked_for_must_result() -> None:
    hall = Hall()
    hall.done("alice", SetMeeting(mode="audience"))
    refused = hall.refused("alice", Unmute(), "bob")
    assert (refused.code, refused.limits[0]["by"]) == ("capability-unavailable", "policy")


def test_words_that_there_are_not() -> None:
    hall = Hall()
    for command, pointer in [
        (SetMeeting(mode="party"), "/mode"),
        (SetMeeting(default_role="king"), "/defaultRole"),
        (SetMeeting(default_role="host"), "/defaultRole"),
        (SetMeeting(default_role="cohost"), "/defaultRole"),
    ]:
        refused = hall.denied("alice", command)
        assert (refused.code, refused.pointer) == ("invalid-request", pointer)
        assert hall.denied("mallory", command).code == "not-permitted"


def test_settings_are_the_hosts() -> None:
    hall = Hall()
    command = SetMeeting(default_role="viewer", unmute_consent=UnmuteConsent.NONE, lobby=False)
    assert hall.denied("cora", command).code == "not-permitted"
    assert hall.denied("cora", SetMeeting(mode="open", lobby=True)).code == "not-permitted"
    subject = hall.done("alice", command).subject
    assert (subject["defaultRole"], subject["unmuteConsent"], subject["lobby"]) == ("viewer", "none", False)
    hall.comes("zoe")
    hall.gavel.presence.on_joined(hall.meeting().id, hall.comes("zoe"))
    assert hall.bits("zoe") == RECEIVING


def test_who_asks_for_nothing_learns_nothing() -> None:
    hall = Hall()
    assert hall.denied("mallory", SetMeeting()).code == "not-permitted"
    assert hall.done("alice", SetMeeting()).status == "unchanged"


def test_if_match() -> None:
    hall = Hall()
    assert hall.denied("alice", MUTE_ALL, if_match="m7").code == "revision-mismatch"
    assert hall.denied("bob", MUTE_ALL, if_match="m7").code == "not-permitted"
    revision = hall.done("alice", MUTE_ALL, if_match=f"m{hall.meeting().revision}").subject["revision"]
    assert revision == f"m{hall.meeting().revision}"
    assert hall.done("alice", FREEZE, if_match=str(revision)).status == "applied"


def test_dry_runs_write_nothing_and_call_nobody() -> None:
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    before = (dict(hall.ledger.meetings), dict(hall.ledger.users), dict(hall.ledger.changes), list(hall.ledger.entries))
    hall.chime.calls.clear()
    hall.wakeups.sent.clear()
    answer = hall.done("alice", MuteEverybody(seconds=60), dry_run=True, key="k")
    assert (answer.status, answer.change_id) == ("dry-run", None)
    assert outcomes(answer) == {
        "alice": "spared", "hugo": "spared", "cora": "spared", "bob": "unchanged", "carol": "applied"
    }  # fmt: skip
    assert hall.done("alice", SetMeeting(mode="audience"), dry_run=True).status == "dry-run"
    assert hall.denied("bob", MUTE_ALL, dry_run=True).code == "not-permitted"
    assert (hall.ledger.meetings, hall.ledger.users, hall.ledger.changes, hall.ledger.entries) == before
    assert (hall.chime.calls, hall.ledger.keys, hall.wakeups.sent) == ([], {}, [])


def test_what_the_rules_say_but_chime_does_not_have_yet_is_not_unchanged() -> None:
    hall = Hall()
    hall.chime_refuses()
    assert hall.done("alice", SetMeeting(mode="audience")).status == "pending"
    assert hall.done("alice", SetMeeting(mode="audience")).status == "pending"
    hall.chime_recovers()
    assert hall.done("alice", SetMeeting(mode="audience")).status == "applied"
    assert hall.bits("bob") == RECEIVING
    assert hall.done("alice", SetMeeting(mode="audience")).status == "unchanged"


def test_while_frozen_nobody_gets_more() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    hall.done("alice", FREEZE)
    wide = SetCapabilities({Medium.AUDIO: of_word(Medium.AUDIO, "SendReceive")})
    tries: list[Answer | Refused] = [
        hall.ask("alice", Unmute(), "bob"),
        hall.ask("alice", wide, "bob"),
        hall.say("alice", UNMUTE_ALL),
        hall.say("alice", MuteEverybody(spared_roles=("host", "cohost", "participant"))),
    ]
    for answer in tries:
        assert isinstance(answer, Refused), answer
        assert (answer.code, [limit["by"] for limit in answer.limits]) == ("capability-unavailable", ["freeze"])
    assert hall.bits("bob") == SILENT


def test_while_frozen_less_is_done_and_the_thaw_gives_the_rest() -> None:
    hall = Hall()
    hall.done("alice", FREEZE)
    assert hall.answered("alice", Mute(), "bob").status == "applied"
    assert hall.done("alice", SetMeeting(mode="presentation")).status == "applied"
    assert hall.denied("alice", SetMeeting(mode="open")).code == "capability-unavailable"
    assert hall.done("alice", SetMeeting(frozen=False, mode="open")).status == "applied"
    assert (hall.bits("bob"), hall.bits("carol")) == (SILENT, EVERYTHING)


def test_newcomers_get_what_the_rules_give_while_frozen() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    hall.done("alice", FREEZE)
    hall.gavel.presence.on_joined(hall.meeting().id, hall.comes("zoe"))
    assert hall.bits("zoe") == SILENT
    hall.gavel.presence.on_joined(hall.meeting().id, hall.comes("alice", 2, SILENT))
    assert hall.bits("alice", 2) == EVERYTHING


def test_ends_wait_while_frozen_and_come_with_the_thaw() -> None:
    hall = Hall()
    hall.answered("alice", Mute(seconds=10), "bob")
    hall.done("alice", MuteEverybody(seconds=20))
    hall.done("alice", FREEZE)
    hall.reconcile(60)
    assert (hall.bits("bob"), hall.bits("carol")) == (SILENT, SILENT)
    answer = hall.done("alice", THAW)
    assert (hall.bits("bob"), hall.bits("carol")) == (EVERYTHING, EVERYTHING), "what has ended ends at once"
    assert outcomes(answer)["bob"] == outcomes(answer)["carol"] == "applied"
    hall.reconcile(60)
    assert hall.meeting().rules.mute_alls == ()
    assert hall.user("bob").rules.restrictions == ()
    assert [e.actor.id for e in hall.entries() if e.command == "expire"].count("clock") >= 2
    assert hall.reconcile(300).failed == 0


def test_a_registration_anew_touches_neither_mute_alls_nor_the_freeze() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    hall.done("alice", FREEZE)
    answer = hall.register(roles=hall.roles, default_role="viewer", if_match=f"m{hall.meeting().revision}")
    assert isinstance(answer, Answer), answer
    assert (len(hall.meeting().rules.mute_alls), hall.meeting().rules.frozen_at is None) == (1, False)
    assert hall.bits("bob") == SILENT


def test_a_registration_anew_widens_nobody_while_frozen() -> None:
    hall = Hall()
    hall.done("alice", SetMeeting(mode="audience"))
    hall.done("alice", FREEZE)
    now = f"m{hall.meeting().revision}"
    for body in ({"mode": "open"}, {"mode": "audience", "roles": {**hall.roles, "bob": "cohost"}}):
        refused = hall.register(**({"roles": hall.roles} | body), if_match=now)
        assert isinstance(refused, Refused), refused
        assert (refused.code, refused.limits[0]["by"]) == ("capability-unavailable", "freeze")
    assert hall.bits("bob") == RECEIVING


def test_nothing_is_written_after_the_end_and_reading_goes_on() -> None:
    hall = Hall()
    meeting_id = hall.meeting().id
    del hall.chime.rooms[meeting_id]
    hall.gavel.presence.on_ended(meeting_id)
    for command in (MUTE_ALL, UNMUTE_ALL, FREEZE, SetMeeting(mode="audience")):
        assert hall.denied("alice", command).code == "meeting-ended"
    assert isinstance(hall.gavel.meeting(meeting_id, ADMIN), dict)


def test_what_is_told_of_a_mode() -> None:
    hall = Hall()
    hall.done("alice", SetMeeting(mode="presentation", reason="talk"))
    [told] = hall.entries(MEETING_CHANGED)
    before, after = told.extra["before"], told.extra["after"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert (before["mode"], after["mode"], told.command) == ("open", "presentation", "set-mode")
    [changed] = hall.entries(CAPABILITIES_CHANGED)
    attendees = changed.extra["attendees"]
    assert isinstance(attendees, list)
    assert {a["externalUserId"] for a in attendees} == {"bob", "carol"}
    assert changed.occurred_at - told.occurred_at < timedelta(seconds=1)
