"""Newcomers: admitted before they have an attendee, bound before they have a JoinToken, or announced by an event."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from moderation.application.requests import Answer, Outcome, Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.change import CALL_LIFE
from moderation.domain.commands import Admit, Bind, MeetingCommand, Mute, SetCapabilities, SetMeeting
from moderation.domain.entry import DECIDED
from moderation.ports import (
    BatchesRecorded,
    ChimeAttendee,
    Clause,
    LedgerUnavailableError,
    MeetingRevised,
    TransactionContentionError,
)

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import (
    MUTE_ALL,
    RECEIVING,
    SILENT,
    UNMUTE_ALL,
    CommandedMeeting,
    Died,
    dies,
    unknown,
)

CHIME_WORDS = {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"}


def admit(meeting: CommandedMeeting, users: dict[str, str | None], who: Actor = ADMIN, **how: object) -> Outcome:
    return meeting.gavel.perform(Request(MEETING, who, Admit(users), **how))  # type: ignore[arg-type]


def admitted(meeting: CommandedMeeting, users: dict[str, str | None], **how: object) -> Answer:
    outcome = admit(meeting, users, **how)  # type: ignore[arg-type]
    assert isinstance(outcome, Answer), outcome
    return outcome


def test_a_hundred_users_at_once() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    users: dict[str, str | None] = {f"user-{n}": None for n in range(100)}
    hosts = meeting.stored().hosts
    answer = admitted(meeting, {**users, "user-7": "host", "user-98": "host"})
    assert answer.outcomes is not None
    assert [item["externalUserId"] for item in answer.outcomes] == list(users)
    assert {item["externalUserId"]: item["capabilities"] for item in answer.outcomes} == {
        user: dict.fromkeys(CHIME_WORDS, "SendReceive") if user in ("user-7", "user-98") else CHIME_WORDS
        for user in users
    }
    assert all(item["admitted"] is True for item in answer.outcomes)
    assert meeting.stored().hosts == hosts + 2
    assert meeting.chime.calls[-1].operation != "update"


def test_admitting_again_writes_nothing() -> None:
    meeting = CommandedMeeting()
    users: dict[str, str | None] = {"zoe": "viewer", "yan": None}
    first = admitted(meeting, users)
    before = (dict(meeting.ledger.users), dict(meeting.ledger.meetings), list(meeting.ledger.entries))
    assert admitted(meeting, users).outcomes == first.outcomes
    assert (meeting.ledger.users, meeting.ledger.meetings, meeting.ledger.entries) == before


def test_the_same_key_gets_the_same_users() -> None:
    meeting = CommandedMeeting()
    first = admitted(meeting, {"zoe": "viewer"}, key="k", fingerprint="f")
    meeting.done("alice", MUTE_ALL)
    again = admitted(meeting, {"zoe": "viewer"}, key="k", fingerprint="f")
    assert (again.replayed, again.outcomes) == (True, first.outcomes)


def test_a_dry_run_of_admissions() -> None:
    meeting = CommandedMeeting()
    before = (dict(meeting.ledger.users), list(meeting.ledger.entries))
    assert admitted(meeting, {"zoe": None}, dry_run=True, key="k").status == "dry-run"
    assert (meeting.ledger.users, meeting.ledger.entries, meeting.ledger.keys) == (*before, {})


def test_who_may_admit_and_to_what() -> None:
    meeting = CommandedMeeting()
    for outcome in (
        admit(meeting, {"zoe": None}, Actor(ActorKind.USER, "alice")),
        admit(meeting, {"zoe": "king"}),
    ):
        assert not isinstance(outcome, Answer)
        assert outcome.code in ("not-permitted", "invalid-request")


def test_what_is_answered_is_no_grant() -> None:
    """Created with what the rules gave then, the attendee gets the rest when the rules give it."""
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    admitted(meeting, {"zoe": None})
    meeting.comes("zoe", capabilities=SILENT)
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("zoe"))
    assert meeting.chime.updates()[-1].attendee_id != attendee_of("zoe"), "nothing leaked, nothing to order"
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("zoe") == EVERYTHING


def test_modes_bind_admitted_users() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(mode="audience"))
    answer = admitted(meeting, {"zoe": None})
    assert answer.outcomes is not None
    assert answer.outcomes[0]["capabilities"] == dict.fromkeys(CHIME_WORDS, "Receive")


def test_an_attendee_is_bound_before_its_token_is_handed_out() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    admitted(meeting, {"zoe": None})
    meeting.comes("zoe")
    answer = meeting.answered(ADMIN, Bind(), "zoe")
    assert answer.status == "applied"
    assert meeting.bits("zoe") == SILENT
    assert answer.subject["attendeeId"] == attendee_of("zoe")
    assert meeting.answered(ADMIN, Bind(), "zoe").status == "unchanged"
    assert meeting.refused("alice", Bind(), "zoe").code == "not-permitted"


def test_an_attendee_that_has_it_all_is_written_too() -> None:
    meeting = CommandedMeeting()
    meeting.comes("zoe")
    orders = len(meeting.chime.updates())
    assert meeting.answered(ADMIN, Bind(), "zoe").status == "unchanged"
    assert attendee_of("zoe") in meeting.user("zoe").attendees
    assert meeting.ledger.attendees[MEETING, attendee_of("zoe")] == "zoe"
    assert len(meeting.chime.updates()) == orders


def test_strangers_are_bound_and_what_is_said_twice_or_late_changes_nothing() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    attendee = meeting.comes("zoe")
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee)
    assert meeting.bits("zoe") == SILENT
    before = (dict(meeting.ledger.users), list(meeting.ledger.entries), len(meeting.chime.updates()))
    for _ in range(2):
        meeting.gavel.chime_events.on_joined(MEETING, attendee)
        meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee)
        meeting.another_process().chime_events.on_joined(MEETING, attendee)
    assert (meeting.ledger.users, meeting.ledger.entries, len(meeting.chime.updates())) == before


def test_who_was_created_and_deleted_before_the_event_came() -> None:
    meeting = CommandedMeeting()
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("zoe"))
    meeting.gavel.chime_events.on_capabilities_updated(MEETING, attendee_of("zoe"))
    assert meeting.entries() == []


def test_leaving_and_coming_back_frees_nobody() -> None:
    """bigbluebutton #6653, jicofo #952."""
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.goes("bob")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    assert meeting.bits("bob", 1) == SILENT
    meeting.answered("alice", SetCapabilities({Medium.AUDIO: of_word(Medium.AUDIO, "SendReceive")}), "bob", number=1)
    assert meeting.bits("bob", 1) == EVERYTHING


def test_a_user_muted_before_joining_is_silent_from_the_start() -> None:
    meeting = CommandedMeeting()
    meeting.ask_user("alice", Mute(reason="as agreed"), "zoe")
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("zoe"))
    assert meeting.bits("zoe") == SILENT


def test_one_who_comes_with_less_keeps_that() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(mode="presentation"))
    narrow = RECEIVING & ~Capabilities.RECEIVE_CONTENT
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("zoe", capabilities=narrow))
    meeting.done("alice", SetMeeting(mode="open"))
    assert meeting.bits("zoe") == narrow


def test_a_newcomer_during_a_mute_all_gets_everything_back_at_its_end() -> None:
    """The attendee joins between roster and batch: what Chime shows then comes from the batch, and is no grant."""
    meeting = CommandedMeeting()

    def between() -> None:
        meeting.chime.before = []
        meeting.comes("zoe")

    meeting.chime.before = [between]
    meeting.done("alice", MUTE_ALL)
    assert meeting.bits("zoe") == SILENT
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("zoe"))
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("zoe") == EVERYTHING


@pytest.mark.parametrize("told_at_once", [False, True])
def test_a_newcomer_between_roster_and_batches_is_found_by_the_second_look(told_at_once: bool) -> None:
    """Each batch reaches the attendee, the narrowest last, without any event."""
    meeting = CommandedMeeting(roles={"alice": "host", **dict.fromkeys(["p1", "p2", "p3", "p4", "p5"], "participant")})
    for user in ("p4", "p5"):
        meeting.answered("alice", Mute(media=(Medium.VIDEO,)), user)

    def between() -> None:
        meeting.comes("zoe")

    def event() -> None:
        if told_at_once:
            meeting.another_process().chime_events.on_joined(MEETING, attendee_of("zoe"))

    meeting.chime.before = [between]
    meeting.chime.after = [None, event]
    answer = meeting.done("alice", MUTE_ALL)
    assert meeting.bits("zoe") == SILENT
    assert "zoe" in [o["externalUserId"] for o in answer.outcomes or ()]
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("zoe") == EVERYTHING


def zoe_joins(meeting: CommandedMeeting) -> Callable[[], None]:
    def joins() -> None:
        meeting.comes("zoe")

    return joins


def two_with_and_two_without_video() -> CommandedMeeting:
    """A mute-all makes two batches: first for those with video, then for those whose video is muted already."""
    meeting = CommandedMeeting(roles={"alice": "host", **dict.fromkeys(["p1", "p2", "p3", "p4"], "participant")})
    for user in ("p3", "p4"):
        meeting.answered("alice", Mute(media=(Medium.VIDEO,)), user)
    return meeting


def test_what_a_batch_of_unknown_outcome_left_is_no_grant() -> None:
    """zoe joins between the batches. The answer to the second is lost, so the roster is read anew."""
    meeting = two_with_and_two_without_video()
    meeting.chime.before = [None, zoe_joins(meeting)]
    meeting.chime.after = [None, unknown]
    meeting.done("alice", MUTE_ALL)
    assert meeting.bits("zoe") == SILENT
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("zoe") == EVERYTHING


@pytest.mark.parametrize("minutes", [1, 60])
def test_what_a_batch_left_whose_function_died_is_no_grant(minutes: int) -> None:
    """zoe joins between the batches, and the first to see them is the function that handles the event. It may be long
    until another one takes the change over.
    """
    meeting = two_with_and_two_without_video()
    meeting.chime.before = [None, zoe_joins(meeting)]
    meeting.chime.after = [None, dies]
    with pytest.raises(Died):
        meeting.done("alice", MUTE_ALL)
    meeting.clock.pass_by(minutes * 60 - 1)
    meeting.another_process().chime_events.on_joined(MEETING, attendee_of("zoe"))
    meeting.reconcile(1)
    assert meeting.bits("zoe") == SILENT
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("zoe") == EVERYTHING


def test_what_the_batch_of_an_earlier_change_left_is_no_grant() -> None:
    """The function of the mute-all dies after its batch, and zoe is seen once everybody is unmuted."""
    meeting = CommandedMeeting()
    meeting.chime.before = [zoe_joins(meeting)]
    meeting.chime.after = [dies]
    with pytest.raises(Died):
        meeting.done("alice", MUTE_ALL)
    assert meeting.bits("zoe") == SILENT
    meeting.another_process()
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("zoe") == EVERYTHING


def test_what_was_recorded_of_batches_is_read_once_for_all_who_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, reads = CommandedMeeting(), list[str]()
    read = meeting.ledger.recorded_batches

    def reading(meeting_id: str) -> Collection[Capabilities]:
        reads.append(meeting_id)
        return read(meeting_id)

    monkeypatch.setattr(meeting.ledger, "recorded_batches", reading)
    for user in ("zoe", "yan", "xia"):
        meeting.comes(user, capabilities=RECEIVING)
    meeting.done("alice", MUTE_ALL)
    assert reads == [MEETING]
    meeting.done("alice", UNMUTE_ALL)
    assert [meeting.bits(user) for user in ("zoe", "yan", "xia")] == [RECEIVING] * 3


@pytest.mark.parametrize("until", [MUTE_ALL, UNMUTE_ALL, SetMeeting(frozen=True)])
def test_who_comes_with_what_a_batch_gave_keeps_that_once_the_change_is_applied(until: MeetingCommand) -> None:
    meeting = CommandedMeeting()
    assert meeting.done("alice", MUTE_ALL).status == "applied"
    meeting.done("alice", until)
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("zoe", capabilities=SILENT))
    assert meeting.bits("zoe") == SILENT
    meeting.done("alice", SetMeeting(frozen=False))
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("zoe") == SILENT


def test_a_batch_of_unknown_outcome_is_recorded_until_it_can_take_effect_no_more() -> None:
    meeting = CommandedMeeting()
    meeting.chime.before = [unknown]
    assert meeting.done("alice", MUTE_ALL).status == "applied"
    assert set(meeting.ledger.recorded_batches(MEETING)) == {SILENT}
    meeting.reconcile(CALL_LIFE.total_seconds() + 1)
    assert not meeting.ledger.recorded_batches(MEETING)


@pytest.mark.parametrize("failure", [LedgerUnavailableError, TransactionContentionError])
def test_what_narrows_does_not_wait_for_the_record_of_its_batches(failure: type[Exception]) -> None:
    meeting = CommandedMeeting()
    transact = meeting.ledger.transact

    def not_recording(clauses: Sequence[Clause]) -> None:
        if any(isinstance(clause, BatchesRecorded) for clause in clauses):
            raise failure
        transact(clauses)

    meeting.ledger.transact = not_recording  # type: ignore[method-assign]
    began = meeting.clock.now()
    assert meeting.done("alice", SetMeeting(mode="presentation")).status == "applied"
    assert meeting.clock.now() - began < timedelta(seconds=3)
    assert [meeting.bits(user) for user in ("bob", "carol")] == [RECEIVING] * 2
    assert meeting.done("alice", SetMeeting(mode="audio-only")).status == "pending"
    assert [meeting.bits(user) for user in ("bob", "carol")] == [RECEIVING] * 2


def test_a_batch_that_narrows_does_not_wait_for_the_record_whatever_else_the_change_gives() -> None:
    """The mode closes the presenters' cameras and opens the participants' microphones, in one batch."""
    presenters, participants = ["s1", "s2"], ["p1", "p2"]
    roles = {**dict.fromkeys(presenters, "presenter"), **dict.fromkeys(participants, "participant")}
    meeting = CommandedMeeting(roles={"alice": "host", **roles})
    meeting.done("alice", SetMeeting(mode="presentation"))
    transact = meeting.ledger.transact

    def commits(clauses: Sequence[Clause]) -> None:
        transact(clauses)
        meeting.ledger.fail(1000, done=False)

    meeting.ledger.transact = commits  # type: ignore[method-assign]
    meeting.done("alice", SetMeeting(mode="audio-only"))
    heard = RECEIVING | Capabilities.SEND_AUDIO
    assert [meeting.bits(user) for user in (*presenters, *participants)] == [heard] * 4


def test_a_join_that_became_one_of_the_whole_meeting_ends_its_record() -> None:
    """zoe has ten attendees, the meeting is changed while they are updated together, and nine leave before they are."""
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(mode="presentation"))
    meeting.chime_refuses()
    for number in range(10):
        meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("zoe", number))
    roster = meeting.chime.roster

    def changed(meeting_id: str) -> Sequence[ChimeAttendee]:
        meeting.chime.roster = roster  # type: ignore[method-assign]
        found = meeting.stored()
        meeting.ledger.transact([MeetingRevised(replace(found, revision=found.revision + 1), found.revision)])
        return roster(meeting_id)

    meeting.chime.roster = changed  # type: ignore[method-assign]
    meeting.reconcile(60)
    assert set(meeting.ledger.recorded_batches(MEETING)) == {RECEIVING}
    meeting.chime_recovers()
    for number in range(1, 10):
        meeting.goes("zoe", number)
        meeting.gavel.chime_events.on_deleted(MEETING, attendee_of("zoe", number))
    for _ in range(3):
        meeting.reconcile(60)
    assert meeting.bits("zoe") == RECEIVING
    assert not meeting.ledger.recorded_batches(MEETING)


def test_an_admission_is_one_line_of_history() -> None:
    meeting = CommandedMeeting()
    admitted(meeting, {"zoe": None, "yan": "viewer"})
    [entry] = meeting.entries(DECIDED)
    assert (entry.command, entry.actor.kind) == ("admit-users", "admin")
