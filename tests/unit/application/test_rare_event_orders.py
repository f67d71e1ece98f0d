"""Rare orders of events, and the safeguard that each needs."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from moderation.application.requests import Answer, Request
from moderation.domain.capability import EVERYTHING, Capabilities, LiftableBy, Medium
from moderation.domain.commands import MeetingCommand, Mute, Remove, SetMeeting, Unmute
from moderation.domain.entry import CAPABILITIES_CHANGED, DRIFT_FOUND
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import (
    ChangeKept,
    ChangeOpened,
    ChimeAttendee,
    Clause,
    ConditionFailedError,
    Due,
    Loaded,
    MeetingRevised,
    OutcomeUnknownError,
    UserRevised,
    Wakeup,
)

from tests.memory.moderated_meeting import MEETING, ROLES, attendee_of
from tests.unit.application.commanded_meeting import (
    MUTE_ALL,
    RECEIVING,
    SILENT,
    UNMUTE_ALL,
    CommandedMeeting,
    Died,
    by,
    dies,
    just_before,
    not_now,
    notes_attendees,
    unknown,
)

BOTH = (Medium.AUDIO, Medium.VIDEO)
UNSEEN = EVERYTHING & ~Capabilities.SEND_VIDEO


def from_elsewhere(meeting: CommandedMeeting, who: str, command: MeetingCommand) -> None:
    meeting.another_process().perform(Request(MEETING, by(who), command))


@pytest.mark.parametrize("of_all", [False, True])
def test_a_call_of_unknown_outcome_is_remembered_when_the_lease_is_released(of_all: bool) -> None:
    """It takes effect after the change was overruled: until no call can be alive, Chime is looked at again."""
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    if of_all:
        meeting.done("alice", MUTE_ALL)
        meeting.answered("alice", Unmute(), "bob")
        meeting.answered("bob", Mute(), "bob")
    meeting.chime.before = [unknown, *[not_now] * 1000]
    widened = meeting.done("alice", UNMUTE_ALL) if of_all else meeting.answered("alice", Unmute(), "bob")
    assert widened.status == "pending"
    meeting.chime_recovers()
    overruled = meeting.done("hugo", MUTE_ALL) if of_all else meeting.answered("hugo", Mute(), "bob")
    assert overruled.status == "applied"
    meeting.reconcile(3)
    assert meeting.ledger.changes[MEETING, widened.change_id or ""].status == "superseded"
    meeting.drifts("bob", EVERYTHING)
    meeting.reconcile(30)
    assert meeting.bits("bob") == SILENT


def test_a_call_of_unknown_outcome_is_remembered_while_an_answer_is_awaited() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    meeting.answered("alice", Mute(BOTH), "bob")
    meeting.chime.before = [unknown]
    asked = meeting.answered("alice", Unmute(BOTH), "bob")
    assert (asked.status, asked.awaiting) == ("pending", "consent")
    assert meeting.held("bob")["video"] == "SendReceive"
    assert meeting.answered("hugo", Mute((Medium.VIDEO,)), "bob").status == "applied"
    meeting.drifts("bob", EVERYTHING & ~Capabilities.SEND_AUDIO)
    meeting.reconcile(31)
    assert meeting.held("bob")["video"] == "Receive"


def test_a_decision_that_was_committed_after_all_is_not_carried_out_by_the_next_one() -> None:
    """The first change's lease is running, and its transaction was reported as lost: two processes would apply
    different rules.
    """
    meeting = CommandedMeeting()
    transact = meeting.ledger.transact

    def late(clauses: Sequence[Clause]) -> None:
        transact(clauses)
        if any(isinstance(clause, ChangeOpened) for clause in clauses):
            meeting.ledger.transact = transact  # type: ignore[method-assign]
            raise ConditionFailedError([clause for clause in clauses if isinstance(clause, UserRevised)])

    meeting.ledger.transact = late  # type: ignore[method-assign]
    answer = meeting.answered("alice", Mute(), "bob")
    assert answer.status == "pending"
    assert meeting.chime.updates() == []
    meeting.reconcile(46)
    assert meeting.bits("bob") == SILENT
    assert meeting.ledger.changes[MEETING, answer.change_id or ""].status == "applied"
    assert len(meeting.chime.updates()) == 1


@pytest.mark.parametrize("is_noted", [True, False])
def test_drift_is_put_right_by_the_rules_of_the_moment(is_noted: bool) -> None:
    """A mute-all comes between the look at Chime and the commit: by the rules that were read bob would be heard. That
    the mute-all has muted them need not be noted yet.
    """
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute((Medium.VIDEO,)), "bob")
    meeting.clock.pass_by(61)
    meeting.drifts("bob", EVERYTHING)

    def silenced() -> None:
        if not is_noted:
            just_before(meeting, notes_attendees, dies)
        with nullcontext() if is_noted else pytest.raises(Died):
            from_elsewhere(meeting, "hugo", MUTE_ALL)

    just_before(
        meeting,
        lambda clauses: any(isinstance(c, ChangeOpened) and c.change.command == "bind" for c in clauses),
        silenced,
    )
    meeting.chime.calls.clear()
    meeting.gavel.chime_events.compare(meeting.stored())
    assert meeting.stored().rules.mute_alls
    given = [c.capabilities for c in meeting.chime.updates() if c.attendee_id == attendee_of("bob") and c.capabilities]
    assert all(Capabilities.SEND_AUDIO not in capabilities for capabilities in given)
    assert meeting.bits("bob") == SILENT & UNSEEN


def drifts(meeting: CommandedMeeting) -> None:
    meeting.drifts("bob", SILENT)


def is_over(meeting: CommandedMeeting) -> None:
    drifts(meeting)
    meeting.gavel.chime_events.compare(meeting.stored())
    meeting.drifts("bob", EVERYTHING)


@pytest.mark.parametrize("happens", [drifts, is_over])
def test_of_drift_nothing_is_noted_by_rules_that_are_not_in_force_any_more(
    happens: Callable[[CommandedMeeting], None],
) -> None:
    """A mute-all comes between the look at Chime and the note. Its own notes are still to come."""
    meeting = CommandedMeeting()
    meeting.clock.pass_by(61)
    happens(meeting)
    found = len(meeting.entries(DRIFT_FOUND))

    def muted() -> None:
        just_before(meeting, notes_attendees, dies)
        with pytest.raises(Died):
            from_elsewhere(meeting, "hugo", MUTE_ALL)

    before = meeting.user("bob").attendees
    just_before(meeting, notes_attendees, muted)
    meeting.gavel.chime_events.compare(meeting.stored())
    assert meeting.stored().rules.mute_alls
    assert (meeting.user("bob").attendees, len(meeting.entries(DRIFT_FOUND))) == (before, found)


def test_what_was_reached_is_noted_only_while_the_meeting_stands() -> None:
    """Another meeting's change is committed and noted before the first one's note, which would be wrong by then."""
    meeting = CommandedMeeting()

    def is_note(clauses: Sequence[Clause]) -> bool:
        is_closed = any(isinstance(c, ChangeKept) and not c.change.is_open for c in clauses)
        return notes_attendees(clauses) and not is_closed

    untrue: list[str] = []
    transact = meeting.ledger.transact

    def watched(clauses: Sequence[Clause]) -> None:
        transact(clauses)
        if not meeting.stored().rules.mute_alls and is_note(clauses):
            known = {user: meeting.user(user).attendees[attendee_of(user)].known for user in ("bob", "carol")}
            untrue.extend(user for user, said in known.items() if said not in (None, meeting.bits(user)))

    meeting.ledger.transact = watched  # type: ignore[method-assign]
    just_before(meeting, is_note, lambda: from_elsewhere(meeting, "hugo", UNMUTE_ALL))
    assert meeting.done("alice", MUTE_ALL).status == "superseded"
    assert meeting.bits("bob") == EVERYTHING
    assert untrue == []


def test_what_can_not_be_noted_with_it_keeps_no_change_waiting() -> None:
    """One attendee of bob's was reached; before it is noted, the meeting has moved on."""
    meeting = CommandedMeeting()
    meeting.comes("bob", 1)
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("bob", 1))
    meeting.chime.before = [None, *[not_now] * 1000]
    just_before(
        meeting,
        notes_attendees,
        lambda: from_elsewhere(meeting, "hugo", SetMeeting(default_role="viewer")),
    )
    change = meeting.ledger.changes[MEETING, meeting.answered("alice", Mute(), "bob").change_id or ""]
    assert meeting.stored().rules.default_role == "viewer"
    assert change.lease is not None
    assert change.lease.is_released
    assert change.notes_count_from is not None, "what was noted before counts no more"


@pytest.mark.parametrize("others", [(), ("dave", "erin", "frank")])
def test_before_all_are_opened_who_was_muted_since_is_looked_at(others: tuple[str, ...]) -> None:
    """bob's order takes two seconds; carol's comes after it, and hugo has muted carol meanwhile. With others who need
    the same, both orders are of many attendees.
    """
    meeting = CommandedMeeting(roles=ROLES | dict.fromkeys(others, "participant"))
    for user in ("carol", *others[:1]):
        meeting.answered("alice", Mute((Medium.VIDEO,)), user)
    meeting.done("alice", MUTE_ALL)
    heard: list[bool] = []
    write = meeting.chime.write

    def writes(meeting_id: str, attendee: ChimeAttendee, capabilities: Capabilities) -> None:
        write(meeting_id, attendee, capabilities)
        heard.append(attendee.user_id == "carol" and Capabilities.SEND_AUDIO in capabilities)

    def slowly() -> None:
        meeting.chime.after = []
        meeting.another_process().perform(Request(MEETING, by("hugo"), Mute(), attendee_id=attendee_of("carol")))
        meeting.clock.pass_by(2)

    meeting.chime.write = writes  # type: ignore[method-assign]
    meeting.chime.after = [slowly]
    meeting.done("alice", UNMUTE_ALL)
    assert meeting.bits("bob") == EVERYTHING
    assert not any(heard)


def test_who_agreed_and_is_not_heard_because_the_meeting_was_changed_is_not_said_to_be() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.answered("alice", Mute(), "bob")
    asked = meeting.answered("alice", Unmute(), "bob").change_id
    meeting.chime_refuses()
    meeting.consents("bob")
    mode = meeting.done("hugo", SetMeeting(mode="audience"))
    meeting.chime_recovers()
    meeting.reconcile(5)
    assert not meeting.heard("bob")
    assert (meeting.change(asked).status, meeting.change(asked).superseded_by) == ("superseded", mode.change_id)


def test_a_wake_up_that_comes_early_takes_nothing_over() -> None:
    meeting = CommandedMeeting()
    meeting.chime_refuses()
    answer = meeting.answered("alice", Mute(), "bob")
    meeting.chime_recovers()
    meeting.chime.calls.clear()
    before = meeting.ledger.changes[MEETING, answer.change_id or ""]
    assert before.next_attempt_at is not None
    assert before.next_attempt_at > meeting.clock.now()
    report = meeting.another_process().reconciler.on_wakeup(Wakeup(MEETING, change_id=answer.change_id))
    assert (report.taken, report.left, meeting.chime.calls) == (0, 0, [])
    assert meeting.ledger.changes[MEETING, answer.change_id or ""] == before


def test_what_the_index_shows_as_due_still_is_left_to_its_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index lags behind the table: the change was taken over meanwhile, and is due only when that lease is over."""
    meeting = CommandedMeeting()
    meeting.chime_refuses()
    change_id = meeting.answered("alice", Mute(), "bob").change_id or ""
    meeting.chime_recovers()
    meeting.chime.calls.clear()
    before, now = meeting.ledger.changes[MEETING, change_id], meeting.clock.now()
    lagging = [Due(now - timedelta(seconds=1), MEETING, change_id)]
    monkeypatch.setattr(meeting.ledger, "due", lambda until, limit: lagging)
    report = meeting.another_process().reconciler.run(now + timedelta(minutes=1))
    assert (report.changes, report.faults, meeting.chime.updates()) == ([], [], [])
    assert meeting.ledger.changes[MEETING, change_id] == before


def test_who_waits_in_the_lobby_sees_no_change_that_is_about_them() -> None:
    """They have no role in the meeting yet, so the policies show them nothing of it."""
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.admits("dora")
    outcome = meeting.ask_user("alice", Mute(reason="talks too much"), "dora")
    change_id = getattr(outcome, "change_id", None)
    assert isinstance(meeting.gavel.change(MEETING, by("alice"), change_id or ""), dict)
    assert not isinstance(meeting.gavel.change(MEETING, by("dora"), change_id or ""), dict)


def test_a_frozen_function_opens_no_microphone_that_was_muted_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the notes bob is heard, for a mute of unknown outcome never took effect. They unmute themselves, and before
    that function calls Chime, it freezes and another host mutes bob, and it cannot read the rules again.
    """
    meeting = CommandedMeeting()
    meeting.chime.before = [dies]
    with pytest.raises(Died):
        meeting.answered("hugo", Mute(liftable_by=LiftableBy.SELF), "bob")
    transact = meeting.ledger.transact

    def then_freezes(clauses: Sequence[Clause]) -> None:
        monkeypatch.undo()
        transact(clauses)
        meeting.clock.pass_by(2)
        meeting.answered("hugo", Mute(), "bob")
        meeting.cannot_load_once()

    monkeypatch.setattr(meeting.ledger, "transact", then_freezes)
    meeting.chime.calls.clear()
    meeting.answered("bob", Unmute(), "bob")
    assert not [
        call for call in meeting.chime.updates() if Capabilities.SEND_AUDIO in (call.capabilities or EVERYTHING)
    ]
    assert not meeting.heard("bob")


def test_a_note_that_comes_late_has_nothing_told_twice() -> None:
    """The function that has set the capabilities of bob's new attendee is stopped before it notes that. The mode gives
    bob more, by a batch whose answer is lost; that change is looked at again after the late note.
    """
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(mode="audio-only"))
    answers: list[Answer] = []

    def meanwhile() -> None:
        meeting.chime.after = [unknown]
        answers.append(meeting.done("alice", SetMeeting(mode="open")))
        meeting.clock.pass_by(75)

    just_before(meeting, notes_attendees, meanwhile)
    meeting.another_process().chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    meeting.reconcile(5)
    assert [answer.status for answer in answers] == ["applied"]
    told = [entry for entry in meeting.entries(CAPABILITIES_CHANGED) if entry.change_id == answers[0].change_id]
    attendees = [each["attendeeId"] for entry in told for each in cast("list[Any]", entry.detail["attendees"])]
    assert sorted(attendees) == sorted({attendee_of("bob"), attendee_of("bob", 1), attendee_of("carol")})


def test_rules_read_in_two_parts_are_confirmed_before_any_call() -> None:
    """The mute's function reads the meeting before a registration closes the mode and makes bob a presenter, and bob
    after it. By the notes its call would narrow, because nobody could note that bob's camera is closed.
    """
    meeting = CommandedMeeting()
    meeting.chime.after = [dies]
    with pytest.raises(Died):
        meeting.done("alice", SetMeeting(mode="presentation"))
    was, load, loads = meeting.stored(), meeting.ledger.load, list[str]()

    def torn(meeting_id: str, *rest: Any, **more: Any) -> Loaded:
        loads.append(meeting_id)
        found = load(meeting_id, *rest, **more)
        return replace(found, meeting=was) if len(loads) == 2 else found

    def is_registered() -> None:
        rules, bob = replace(was.rules, mode="audio-only"), meeting.user("bob")
        presenter = replace(bob, rules=replace(bob.rules, role="presenter"), revision=bob.revision + 1)
        closed = replace(was, rules=rules, revision=was.revision + 1)
        meeting.ledger.transact([MeetingRevised(closed, was.revision), UserRevised(MEETING, presenter, bob.revision)])
        meeting.ledger.load = torn  # type: ignore[method-assign]
        not_now()

    meeting.chime.before = [is_registered]
    meeting.chime.calls.clear()
    meeting.answered("alice", Mute(), "bob")
    assert len(loads) > 2
    assert all(call.capabilities == RECEIVING for call in meeting.chime.updates())


def test_a_call_whose_answer_is_read_late_is_no_proof_of_what_chime_has_by_then() -> None:
    """The first call to mute bob has no answer, and undoes the second one, whose answer is read after a long halt.
    Another function notes bob meanwhile, so the change is applied again before it settles.
    """
    meeting = CommandedMeeting()

    def meanwhile() -> None:
        meeting.drifts("bob", EVERYTHING)
        meeting.notes_elsewhere("bob", SILENT)

    meeting.chime.before, meeting.chime.after = [unknown], [lambda: meeting.clock.pass_by(46)]
    just_before(meeting, notes_attendees, meanwhile)
    meeting.answered("alice", Mute(), "bob")
    meeting.reconcile(15)
    assert meeting.bits("bob") == SILENT


def test_a_repeated_removal_says_nothing_of_the_rules_of_others() -> None:
    """While everybody is unmuted, Chime throttles the removal of carol, and another host mutes bob."""
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.chime.before = [dies]
    with pytest.raises(Died):
        meeting.answered("hugo", Remove(), "carol")

    def another_mutes() -> None:
        meeting.another_process().perform(Request(MEETING, by("hugo"), Mute(), attendee_id=attendee_of("bob")))
        meeting.clock.pass_by(2)
        not_now()

    meeting.chime.before = [another_mutes]
    meeting.chime.calls.clear()
    meeting.done("alice", UNMUTE_ALL)
    assert not meeting.inside("carol")
    assert all(call.capabilities == SILENT for call in meeting.chime.updates())


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_function_that_was_frozen_notes_nothing_of_what_it_has_seen_before(
    monkeypatch: pytest.MonkeyPatch, is_changed: bool
) -> None:
    """Its first call has no answer. The rule ends, the next call gives bob their microphone back, and the function
    stands still while it reads the answer. Meanwhile the end of the rule is noted, the meeting may be changed, and
    the first call takes effect.
    """
    meeting = CommandedMeeting()
    update = meeting.chime.update

    def frozen(meeting_id: str, attendee_id: str, wanted: Capabilities) -> Capabilities:
        answer = update(meeting_id, attendee_id, wanted)
        another = meeting.another_process()
        another.reconciler.on_wakeup(Wakeup(MEETING, user_id="bob"))
        if is_changed:
            another.perform(Request(MEETING, by("hugo"), SetMeeting(lobby=True)))
        meeting.drifts("bob", SILENT)
        meeting.clock.pass_by(76)
        return answer

    def gone_by() -> None:
        meeting.clock.pass_by(4)
        monkeypatch.setattr(meeting.chime, "update", frozen)
        raise OutcomeUnknownError

    meeting.chime.before = [gone_by]
    meeting.answered("alice", Mute(seconds=2), "bob")
    monkeypatch.undo()
    for _ in range(3):
        meeting.reconcile(60)
    assert meeting.bits("bob") == EVERYTHING


def test_a_mute_all_whose_function_was_frozen_notes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = CommandedMeeting()
    update_except = meeting.chime.update_except

    def frozen(meeting_id: str, excluded: Sequence[str], wanted: Capabilities) -> None:
        update_except(meeting_id, excluded, wanted)
        meeting.clock.pass_by(76)

    with monkeypatch.context() as patched:
        patched.setattr(meeting.chime, "update_except", frozen)
        answer = meeting.done("alice", MUTE_ALL)
    assert (answer.status, [each.known for each in meeting.user("bob").present]) == ("pending", [EVERYTHING])
    meeting.reconcile(60)
    assert meeting.change(answer.change_id).status == "applied"
    assert [each.known for each in meeting.user("bob").present] == [SILENT]


def test_a_note_of_another_function_that_came_during_a_call_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer to the call is read late, and no time is left to apply what another host has commanded meanwhile."""
    meeting = CommandedMeeting()
    update = meeting.chime.update

    def read_late(meeting_id: str, attendee_id: str, wanted: Capabilities) -> Capabilities:
        answer = update(meeting_id, attendee_id, wanted)
        meeting.clock.pass_by(1)
        from_elsewhere(meeting, "hugo", SetMeeting(mode="presentation"))
        meeting.clock.pass_by(11)
        return answer

    monkeypatch.setattr(meeting.chime, "update", read_late)
    assert meeting.answered("alice", Mute(), "bob").status == "pending"
    assert [each.known for each in meeting.user("bob").present] == [RECEIVING] == [meeting.bits("bob")]
