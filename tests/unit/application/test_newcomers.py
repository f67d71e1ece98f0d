"""Newcomers: admitted before they have a seat, bound before they have a token, or found by what Chime tells."""

import pytest
from moderation.application.requests import Answer, Outcome, Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.commands import Admit, Bind, Mute, SetCapabilities, SetMeeting
from moderation.domain.entry import DECIDED

from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, Hall

CHIME_WORDS = {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"}


def admit(hall: Hall, people: dict[str, str | None], who: Actor = ADMIN, **how: object) -> Outcome:
    return hall.gavel.perform(Request(MEETING, who, Admit(people), **how))  # type: ignore[arg-type]


def admitted(hall: Hall, people: dict[str, str | None], **how: object) -> Answer:
    outcome = admit(hall, people, **how)  # type: ignore[arg-type]
    assert isinstance(outcome, Answer), outcome
    return outcome


def test_a_hundred_people_at_once() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    people: dict[str, str | None] = {f"user-{n}": None for n in range(100)}
    hosts = hall.meeting().hosts
    answer = admitted(hall, {**people, "user-7": "host", "user-98": "host"})
    assert answer.outcomes is not None
    assert [item["externalUserId"] for item in answer.outcomes] == list(people)
    assert {item["externalUserId"]: item["capabilities"] for item in answer.outcomes} == {
        user: dict.fromkeys(CHIME_WORDS, "SendReceive") if user in ("user-7", "user-98") else CHIME_WORDS
        for user in people
    }
    assert all(item["admitted"] is True for item in answer.outcomes)
    assert hall.meeting().hosts == hosts + 2
    assert hall.chime.calls[-1].operation != "order"


def test_admitting_again_writes_nothing() -> None:
    hall = Hall()
    people: dict[str, str | None] = {"zoe": "viewer", "yan": None}
    first = admitted(hall, people)
    before = (dict(hall.ledger.users), dict(hall.ledger.meetings), list(hall.ledger.entries))
    assert admitted(hall, people).outcomes == first.outcomes
    assert (hall.ledger.users, hall.ledger.meetings, hall.ledger.entries) == before


def test_the_same_key_gets_the_same_people() -> None:
    hall = Hall()
    first = admitted(hall, {"zoe": "viewer"}, key="k", fingerprint="f")
    hall.done("alice", MUTE_ALL)
    again = admitted(hall, {"zoe": "viewer"}, key="k", fingerprint="f")
    assert (again.replayed, again.outcomes) == (True, first.outcomes)


def test_a_dry_run_of_admissions() -> None:
    hall = Hall()
    before = (dict(hall.ledger.users), list(hall.ledger.entries))
    assert admitted(hall, {"zoe": None}, dry_run=True, key="k").status == "dry-run"
    assert (hall.ledger.users, hall.ledger.entries, hall.ledger.keys) == (*before, {})


def test_who_may_admit_and_to_what() -> None:
    hall = Hall()
    for outcome in (
        admit(hall, {"zoe": None}, Actor(ActorKind.USER, "alice")),
        admit(hall, {"zoe": "king"}),
    ):
        assert not isinstance(outcome, Answer)
        assert outcome.code in ("not-permitted", "invalid-request")


def test_what_is_answered_is_no_grant() -> None:
    """Created with what the rules said then, he gets back what was withheld when the rules give it."""
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    admitted(hall, {"zoe": None})
    hall.comes("zoe", capabilities=SILENT)
    hall.gavel.presence.on_joined(MEETING, seat("zoe"))
    assert hall.chime.orders()[-1].attendee_id != seat("zoe"), "nothing leaked, nothing to order"
    hall.done("alice", UNMUTE_ALL)
    assert hall.bits("zoe") == EVERYTHING


def test_modes_bind_whoever_is_admitted() -> None:
    hall = Hall()
    hall.done("alice", SetMeeting(mode="audience"))
    answer = admitted(hall, {"zoe": None})
    assert answer.outcomes is not None
    assert answer.outcomes[0]["capabilities"] == dict.fromkeys(CHIME_WORDS, "Receive")


def test_a_seat_is_bound_before_its_token_is_handed_out() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    admitted(hall, {"zoe": None})
    hall.comes("zoe")
    answer = hall.answered(ADMIN, Bind(), "zoe")
    assert answer.status == "applied"
    assert hall.bits("zoe") == SILENT
    assert answer.subject["attendeeId"] == seat("zoe")
    assert hall.answered(ADMIN, Bind(), "zoe").status == "unchanged"
    assert hall.refused("alice", Bind(), "zoe").code == "not-permitted"


def test_a_seat_that_has_it_all_is_written_too() -> None:
    hall = Hall()
    hall.comes("zoe")
    orders = len(hall.chime.orders())
    assert hall.answered(ADMIN, Bind(), "zoe").status == "unchanged"
    assert seat("zoe") in hall.user("zoe").seats
    assert hall.ledger.seats[MEETING, seat("zoe")] == "zoe"
    assert len(hall.chime.orders()) == orders


def test_strangers_are_bound_and_what_is_said_twice_or_late_changes_nothing() -> None:
    hall = Hall()
    hall.done("alice", MUTE_ALL)
    attendee = hall.comes("zoe")
    hall.gavel.presence.on_capabilities_updated(MEETING, attendee)
    assert hall.bits("zoe") == SILENT
    before = (dict(hall.ledger.users), list(hall.ledger.entries), len(hall.chime.orders()))
    for _ in range(2):
        hall.gavel.presence.on_joined(MEETING, attendee)
        hall.gavel.presence.on_capabilities_updated(MEETING, attendee)
        hall.another_process().presence.on_joined(MEETING, attendee)
    assert (hall.ledger.users, hall.ledger.entries, len(hall.chime.orders())) == before


def test_who_was_created_and_deleted_before_the_event_came() -> None:
    hall = Hall()
    hall.gavel.presence.on_joined(MEETING, seat("zoe"))
    hall.gavel.presence.on_capabilities_updated(MEETING, seat("zoe"))
    assert hall.entries() == []


def test_leaving_and_coming_back_frees_nobody() -> None:
    """bigbluebutton #6653, jicofo #952."""
    hall = Hall()
    hall.answered("alice", Mute(), "bob")
    hall.goes("bob")
    hall.gavel.presence.on_joined(MEETING, hall.comes("bob", 1))
    assert hall.bits("bob", 1) == SILENT
    hall.answered("alice", SetCapabilities({Medium.AUDIO: of_word(Medium.AUDIO, "SendReceive")}), "bob", number=1)
    assert hall.bits("bob", 1) == EVERYTHING


def test_who_was_muted_before_he_came_is_silent_from_the_start() -> None:
    hall = Hall()
    hall.ask_user("alice", Mute(reason="as agreed"), "zoe")
    hall.gavel.presence.on_joined(MEETING, hall.comes("zoe"))
    assert hall.bits("zoe") == SILENT


def test_one_who_comes_with_less_keeps_that() -> None:
    hall = Hall()
    hall.done("alice", SetMeeting(mode="presentation"))
    narrow = RECEIVING & ~Capabilities.RECEIVE_CONTENT
    hall.gavel.presence.on_joined(MEETING, hall.comes("zoe", capabilities=narrow))
    hall.done("alice", SetMeeting(mode="open"))
    assert hall.bits("zoe") == narrow


def test_whoever_comes_during_a_mute_all_gets_everything_back_at_its_end() -> None:
    """He slips in between roster and batch: what Chime shows of him then is our own batch's doing, not his grant."""
    hall = Hall()

    def between() -> None:
        hall.chime.before = []
        hall.comes("zoe")

    hall.chime.before = [between]
    hall.done("alice", MUTE_ALL)
    assert hall.bits("zoe") == SILENT
    hall.gavel.presence.on_joined(MEETING, seat("zoe"))
    hall.done("alice", UNMUTE_ALL)
    assert hall.bits("zoe") == EVERYTHING


@pytest.mark.parametrize("told_at_once", [False, True])
def test_whoever_slips_between_roster_and_batches_is_found_by_the_second_look(told_at_once: bool) -> None:
    """He is reached by each batch, the narrowest last, and no event need come."""
    hall = Hall(roles={"alice": "host", **dict.fromkeys(["p1", "p2", "p3", "p4", "p5"], "participant")})
    for user in ("p4", "p5"):
        hall.answered("alice", Mute(media=(Medium.VIDEO,)), user)

    def between() -> None:
        hall.comes("zoe")

    def event() -> None:
        if told_at_once:
            hall.another_process().presence.on_joined(MEETING, seat("zoe"))

    hall.chime.before = [between]
    hall.chime.after = [None, event]
    answer = hall.done("alice", MUTE_ALL)
    assert hall.bits("zoe") == SILENT
    assert "zoe" in [o["externalUserId"] for o in answer.outcomes or ()]
    hall.done("alice", UNMUTE_ALL)
    assert hall.bits("zoe") == EVERYTHING


def test_an_admission_is_one_line_of_history() -> None:
    hall = Hall()
    admitted(hall, {"zoe": None, "yan": "viewer"})
    [entry] = hall.entries(DECIDED)
    assert (entry.command, entry.actor.kind) == ("admit-users", "admin")
