"""Mute-all and unmute-all: whom they bind, whom they spare, and what stays of each one's own."""

from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.commands import Mute, MuteEverybody, SetCapabilities, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED, MEETING_CHANGED
from moderation.domain.restriction import LiftableBy

from tests.memory.moderated_meeting import ADMIN, MEETING, seat, unseen
from tests.unit.application.hall import CONTENT, MUTE_ALL, SILENT, UNMUTE_ALL, Hall, outcomes


def test_hosts_and_cohosts_are_spared_by_default() -> None:
    hall = Hall()
    answer = hall.done("alice", MUTE_ALL)
    assert answer.status == "applied"
    assert outcomes(answer) == {
        "alice": "spared", "hugo": "spared", "cora": "spared", "bob": "applied", "carol": "applied"
    }  # fmt: skip
    assert hall.bits("bob") == hall.bits("carol") == SILENT
    assert hall.bits("alice") == hall.bits("cora") == EVERYTHING


def test_one_small_write_and_three_entries() -> None:
    hall = Hall()
    people = dict(hall.ledger.users)
    answer = hall.done("alice", MUTE_ALL)
    assert [e.type for e in hall.entries()] == [DECIDED, CAPABILITIES_CHANGED, MEETING_CHANGED]
    assert {e.change_id for e in hall.entries()} == {answer.change_id}
    assert {k: u.rules for k, u in hall.ledger.users.items()} == {k: u.rules for k, u in people.items()}
    assert {k: u.revision for k, u in hall.ledger.users.items()} == {k: u.revision for k, u in people.items()}


def test_except_spares_users_attendees_and_roles() -> None:
    hall = Hall(
        roles={"alice": "host", "pat": "presenter", "bob": "participant", "carol": "participant", "dan": "viewer"}
    )
    command = MuteEverybody(
        spared_roles=("presenter",), spared_users=("bob",), spared_attendees=(seat("carol"),), reason="exam"
    )
    assert outcomes(hall.done("alice", command)) == {
        "alice": "applied", "pat": "spared", "bob": "spared", "carol": "spared", "dan": "unchanged"
    }  # fmt: skip
    assert hall.bits("alice") == SILENT, "hosts are spared by default only"


def test_an_excepted_attendee_whom_nobody_knows_is_told_and_the_others_are_muted() -> None:
    hall = Hall()
    answer = hall.done("alice", MuteEverybody(spared_attendees=(seat("nobody"), seat("carol"))), key="k")
    assert answer.unknown == (seat("nobody"),)
    assert outcomes(answer)["carol"] == "spared"
    assert hall.bits("bob") == SILENT
    again = hall.done("alice", MuteEverybody(spared_attendees=(seat("nobody"), seat("carol"))), key="k")
    assert (again.replayed, again.unknown) == (True, (seat("nobody"),))


def test_an_excepted_attendee_of_whom_only_chime_knows_is_spared() -> None:
    """Their event was lost, or has not come yet."""
    hall = Hall()
    hall.chime.rooms[MEETING].seats[seat("newt")] = unseen("newt")
    hall.turn("newt", EVERYTHING)
    answer = hall.done("alice", MuteEverybody(spared_attendees=(seat("newt"),)))
    assert (answer.unknown, outcomes(answer)["newt"]) == ((), "spared")
    assert hall.bits("newt") == EVERYTHING
    assert hall.bits("bob") == SILENT


def test_an_excepted_recorder_is_left_out() -> None:
    hall = Hall()
    hall.comes("aws:recorder")
    answer = hall.done("alice", MuteEverybody(spared_attendees=(seat("aws:recorder"),)))
    assert answer.unknown == ()
    assert hall.bits("bob") == SILENT


def test_if_chime_cannot_be_asked_whom_the_ledger_lacks_is_unknown() -> None:
    hall = Hall()
    hall.chime_refuses()
    answer = hall.done("alice", MuteEverybody(spared_attendees=(seat("newt"),)))
    assert (answer.status, answer.unknown) == ("pending", (seat("newt"),))


def test_a_stranger_learns_nothing_of_excepted_attendees() -> None:
    hall = Hall()
    assert hall.denied("bob", MuteEverybody(spared_attendees=(seat("nobody"),))).code == "not-permitted"
    assert hall.chime.calls == []


def test_a_role_that_there_is_not_cannot_be_excepted() -> None:
    hall = Hall()
    refused = hall.denied("alice", MuteEverybody(spared_roles=("king",)))
    assert (refused.code, refused.pointer) == ("invalid-request", "/except/roles")
    assert hall.chime.calls == []


def test_a_cohost_never_touches_hosts_even_if_she_spares_nobody() -> None:
    hall = Hall()
    reached = outcomes(hall.done("cora", MuteEverybody(spared_roles=())))
    assert (reached["alice"], reached["hugo"], reached["cora"]) == ("spared", "spared", "applied")
    assert hall.bits("alice") == EVERYTHING
    assert hall.bits("cora") == SILENT
    reached = outcomes(hall.done("alice", MuteEverybody(spared_roles=())))
    assert (reached["alice"], reached["hugo"]) == ("applied", "applied"), "a host may"


def test_who_may() -> None:
    hall = Hall()
    assert hall.denied("bob", MUTE_ALL).code == "not-permitted"
    [refusal] = hall.entries()
    assert (refusal.type, refusal.extra["verdict"]) == (DECIDED, "refused")
    assert hall.denied("mallory", UNMUTE_ALL).code == "not-permitted"
    assert len(hall.entries()) == 1, "a nobody leaves no trace"
    assert hall.done(ADMIN, MUTE_ALL).status == "applied"


def test_content_and_audio_are_two_mute_alls() -> None:
    hall = Hall()
    hall.done("alice", MuteEverybody(media=(Medium.AUDIO, Medium.CONTENT)))
    assert hall.held("bob") == {"audio": "Receive", "video": "SendReceive", "content": "Receive"}
    hall.done("alice", UNMUTE_ALL)
    assert hall.held("bob") == {"audio": "SendReceive", "video": "SendReceive", "content": "Receive"}
    hall.done("alice", MUTE_ALL)
    assert hall.held("bob") == {"audio": "Receive", "video": "SendReceive", "content": "Receive"}


def test_what_each_had_of_his_own_survives_both() -> None:
    hall = Hall()
    hall.answered("alice", Mute(reason="noise"), "bob")
    hall.answered("alice", SetCapabilities({Medium.VIDEO: of_word(Medium.VIDEO, "Receive")}), "carol")
    own = {user: hall.user(user).rules for user in hall.roles}
    reached = outcomes(hall.done("alice", MUTE_ALL))
    assert (reached["bob"], reached["carol"]) == ("unchanged", "applied")
    answer = hall.done("alice", UNMUTE_ALL)
    assert outcomes(answer) == {u: "applied" if u == "carol" else "unchanged" for u in hall.roles}
    assert {user: hall.user(user).rules for user in hall.roles} == own
    assert hall.bits("bob") == SILENT
    assert hall.held("carol") == {"audio": "SendReceive", "video": "Receive", "content": "SendReceive"}


def test_unmuting_one_spares_him_until_the_next_mute_all() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    assert hall.answered("alice", Unmute(), "bob").status == "applied"
    assert (hall.bits("bob"), hall.bits("carol")) == (EVERYTHING, SILENT)
    hall.done("alice", MuteEverybody(media=CONTENT))
    assert Capabilities.SEND_AUDIO in hall.bits("bob"), "another medium is another mute-all"
    hall.done("alice", MUTE_ALL)
    assert Capabilities.SEND_AUDIO not in hall.bits("bob")


def test_nobody_frees_himself_unless_the_mute_all_says_so() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    refused = hall.refused("bob", Unmute(), "bob")
    assert refused.code == "capability-unavailable"
    assert [(limit["by"], limit["liftableBy"]) for limit in refused.limits] == [("mute-all", "host")]
    hall.done("alice", MuteEverybody(liftable_by=LiftableBy.SELF))
    assert hall.answered("bob", Unmute(), "bob").status == "applied"
    assert (hall.bits("bob"), hall.bits("carol")) == (EVERYTHING, SILENT)
    assert hall.refused("carol", Unmute(), "bob").code == "not-permitted"


def test_a_mute_of_one_who_is_silent_already_is_a_rule_of_his_own() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    answer = hall.answered("alice", Mute(), "bob")
    assert answer.status == "applied"
    assert "already-silent" in answer.effects
    hall.done("alice", UNMUTE_ALL)
    assert (hall.bits("bob"), hall.bits("carol")) == (SILENT, EVERYTHING)


def test_what_was_not_granted_is_not_given() -> None:
    hall = Hall()
    hall.comes("zoe", capabilities=EVERYTHING & ~Capabilities.SEND_VIDEO)
    hall.done("alice", MUTE_ALL)
    assert Capabilities.SEND_AUDIO not in hall.bits("zoe")
    hall.done("alice", UNMUTE_ALL)
    assert hall.bits("zoe") == EVERYTHING & ~Capabilities.SEND_VIDEO


def test_who_has_left_meanwhile_is_gone_and_no_error() -> None:
    hall = Hall(roles={"alice": "host", "bob": "participant"})
    hall.chime.before = [lambda: hall.goes("bob")]
    answer = hall.done("alice", MUTE_ALL)
    assert (answer.status, outcomes(answer)["bob"]) == ("applied", "gone")
    assert hall.user("bob").seats[seat("bob")].gone


def test_who_left_before_a_batch_reached_him_is_gone() -> None:
    hall = Hall()
    hall.comes("dan")
    hall.chime.before = [lambda: hall.goes("bob")]
    reached = outcomes(hall.done("alice", MUTE_ALL))
    assert (reached["bob"], reached["carol"], reached["dan"]) == ("gone", "applied", "applied")
    assert hall.bits("dan") == SILENT


def test_pipelines_are_excluded() -> None:
    hall = Hall()
    recorder = "aws:MediaPipeline-1"
    hall.comes(recorder)
    answer = hall.done("alice", MUTE_ALL)
    assert recorder not in outcomes(answer)
    assert hall.bits(recorder) == EVERYTHING
    [batch] = hall.chime.orders()
    assert seat(recorder) in batch.excluded


def test_unmute_all_where_nothing_is_muted_is_unchanged() -> None:
    hall = Hall()
    answer = hall.done("alice", UNMUTE_ALL)
    assert (answer.status, answer.outcomes) == ("unchanged", ())
    assert hall.chime.orders() == []
    assert hall.entries() == []


def test_all_seats_of_a_person() -> None:
    hall = Hall()
    hall.comes("bob", 2)
    hall.done("alice", MUTE_ALL)
    assert hall.bits("bob") == hall.bits("bob", 2) == SILENT
