"""A call that Chime did not take is repeated only while the rules still give it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from moderation.application.requests import Answer, Request
from moderation.domain.capability import EVERYTHING, Capabilities, Medium
from moderation.domain.commands import Ban, Command, GrantFloor, Mute, SetMeeting, Unban, Unmute
from moderation.domain.meeting import User
from moderation.ports import (
    Budget,
    ChimeAttendee,
    ChimeRetryableError,
    LedgerUnavailableError,
    Loaded,
)

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.unit.application.commanded_meeting import (
    MUTE_ALL,
    SILENT,
    UNMUTE_ALL,
    CommandedMeeting,
    by,
    just_before,
    notes_attendees,
)


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def meanwhile(meeting: CommandedMeeting, command: Command, *, on_bob: bool = True) -> list[bool]:
    """While Chime refuses for some seconds, hugo commands through another process and is answered `applied`. Returns,
    for each write to bob's attendee since, whether it made them audible.
    """
    other, wrote, write = meeting.another_process(), list[bool](), meeting.chime.write

    def refuses() -> None:
        meeting.clock.pass_by(1)
        raise ChimeRetryableError

    def commands() -> None:
        waiting, meeting.chime.before = meeting.chime.before, []
        request = Request(MEETING, by("hugo"), command, attendee_id=attendee_of("bob") if on_bob else None)
        outcome = other.perform(request)
        assert isinstance(outcome, Answer), outcome
        assert outcome.status == "applied"
        meeting.chime.before = waiting
        wrote.clear()
        refuses()

    def writes(meeting_id: str, attendee: ChimeAttendee, capabilities: Capabilities) -> None:
        write(meeting_id, attendee, capabilities)
        wrote.append(meeting.heard("bob"))

    meeting.chime.write = writes  # type: ignore[method-assign]
    meeting.chime.before = [refuses, commands, refuses, refuses]
    return wrote


@pytest.mark.parametrize(("command", "on_bob"), [(Mute(), True), (MUTE_ALL, False)])
def test_an_unmute_that_waits_is_overruled_by_a_newer_mute(
    meeting: CommandedMeeting, command: Command, on_bob: bool
) -> None:
    meeting.answered("alice", Mute(), "bob")
    wrote = meanwhile(meeting, command, on_bob=on_bob)
    meeting.ask("alice", Unmute(), "bob")
    assert not any(wrote)
    assert not meeting.heard("bob")


@pytest.mark.parametrize(("command", "on_bob"), [(Mute(), True), (MUTE_ALL, False)])
def test_an_unmute_all_that_waits_opens_nobody_who_was_muted_since(
    meeting: CommandedMeeting, command: Command, on_bob: bool
) -> None:
    meeting.done("alice", MUTE_ALL)
    wrote = meanwhile(meeting, command, on_bob=on_bob)
    meeting.say("alice", UNMUTE_ALL)
    assert not any(wrote)
    assert not meeting.heard("bob")


def test_a_turn_that_is_over_before_chime_takes_it_opens_nothing(meeting: CommandedMeeting) -> None:
    """The floor ends by itself, so no rules have changed."""
    meeting.done("alice", MUTE_ALL)
    wrote, write = list[bool](), meeting.chime.write

    def refuses() -> None:
        meeting.clock.pass_by(6)
        raise ChimeRetryableError

    def writes(meeting_id: str, attendee: ChimeAttendee, capabilities: Capabilities) -> None:
        write(meeting_id, attendee, capabilities)
        wrote.append(meeting.heard("bob"))

    meeting.chime.write = writes  # type: ignore[method-assign]
    meeting.chime.before = [refuses]
    meeting.answered("alice", GrantFloor(5, exclusive=True), "bob")
    meeting.reconcile(1)
    assert not any(wrote)
    assert not meeting.heard("bob")


def test_a_removal_that_waits_spares_who_was_let_back(meeting: CommandedMeeting) -> None:
    meanwhile(meeting, Unban())
    meeting.ask("alice", Ban(), "bob")
    assert meeting.inside("bob")


def test_a_removal_by_a_change_of_the_meeting_that_waits_spares_who_was_let_back(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    assert meeting.answered("hugo", Ban(), "bob").status == "pending"
    meeting.chime_recovers()
    meanwhile(meeting, Unban())
    assert meeting.done("alice", SetMeeting(mode="presentation")).status == "applied"
    assert meeting.inside("bob")


def test_a_ban_that_was_lifted_within_the_second_removes_nobody(meeting: CommandedMeeting) -> None:
    def lifted() -> None:
        meeting.chime.before = []
        meeting.another_process().perform(Request(MEETING, by("hugo"), Unban(), user_id="bob"))
        raise ChimeRetryableError

    meeting.chime.before = [lifted]
    meeting.ask("alice", Ban(), "bob")
    assert meeting.inside("bob")


def commands_meanwhile(meeting: CommandedMeeting, command: Command) -> None:
    """Chime takes the next call two seconds late, and hugo commands meanwhile, through another process."""

    def commands() -> None:
        meeting.chime.before = []
        meeting.another_process().perform(Request(MEETING, by("hugo"), command, attendee_id=attendee_of("bob")))
        meeting.clock.pass_by(2)

    meeting.chime.before = [commands]


def test_no_second_attendee_is_set_by_rules_older_than_a_second(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the notes as they were, that call only narrows."""
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    for command in (Mute(), Unmute()):
        meeting.answered("alice", command, "bob")
    write, cameras = meeting.chime.write, dict[str, list[bool]]()

    def writes(meeting_id: str, attendee: ChimeAttendee, capabilities: Capabilities) -> None:
        write(meeting_id, attendee, capabilities)
        cameras.setdefault(attendee.attendee_id, []).append(Capabilities.SEND_VIDEO in capabilities)

    monkeypatch.setattr(meeting.chime, "write", writes)
    commands_meanwhile(meeting, Mute((Medium.VIDEO,)))
    assert meeting.answered("alice", Mute(), "bob").status == "applied"
    assert sorted(map(any, cameras.values())) == [False, True], "nobody can stop the call that is on its way"
    assert [meeting.bits("bob", number) for number in (0, 1)] == [SILENT & ~Capabilities.SEND_VIDEO] * 2


def test_no_second_attendee_is_removed_by_rules_older_than_a_second(meeting: CommandedMeeting) -> None:
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    commands_meanwhile(meeting, Unban())
    meeting.ask("alice", Ban(), "bob")
    assert sorted([meeting.inside("bob"), meeting.inside("bob", 1)]) == [False, True]


def test_rules_are_read_after_the_budget_has_let_a_call_through(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting.answered("alice", Mute(), "bob")
    meeting.chime_refuses()
    assert meeting.answered("alice", Unmute(), "bob").status == "pending"
    meeting.chime_recovers()
    take, heard, write = meeting.ledger.acquire_background_calls, list[bool](), meeting.chime.write

    def takes_its_time(count: int, now: datetime, budget: Budget = Budget.CALLS) -> bool:
        if budget is Budget.CALLS and meeting.user("bob").revision == revision:
            meeting.another_process().perform(Request(MEETING, by("hugo"), Mute(), attendee_id=attendee_of("bob")))
            meeting.clock.pass_by(2)
        return take(count, now, budget)

    def writes(meeting_id: str, attendee: ChimeAttendee, capabilities: Capabilities) -> None:
        write(meeting_id, attendee, capabilities)
        heard.append(meeting.heard("bob"))

    revision = meeting.user("bob").revision
    monkeypatch.setattr(meeting.ledger, "acquire_background_calls", takes_its_time)
    monkeypatch.setattr(meeting.chime, "write", writes)
    meeting.reconcile(20)
    assert heard
    assert not any(heard)


def refuse_once_then_lose_the_ledger(meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chime refuses the next call two seconds later, and from then on the ledger cannot be read."""

    def refuses() -> None:
        meeting.clock.pass_by(2)
        monkeypatch.setattr(meeting.ledger, "load", unavailable)
        raise ChimeRetryableError

    meeting.chime.before = [refuses]


def unavailable(*_: object, **__: object) -> None:
    raise LedgerUnavailableError


def test_what_cannot_be_checked_opens_nothing(meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting.answered("alice", Mute(), "bob")
    refuse_once_then_lose_the_ledger(meeting, monkeypatch)
    assert meeting.answered("alice", Unmute(), "bob").status == "pending"
    assert not meeting.heard("bob")


def test_a_mute_is_pursued_whether_or_not_the_ledger_can_be_read(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_once_then_lose_the_ledger(meeting, monkeypatch)
    assert meeting.answered("alice", Mute(), "bob").status == "applied"
    assert not meeting.heard("bob")


def two_batches_with_a_pause(seconds: float) -> CommandedMeeting:
    """A mode that takes something from participants and something else from viewers: one batch for each role. The
    first one takes its time.
    """
    roles = {"alice": "host", "bob": "participant", "carol": "participant", "val": "viewer", "vera": "viewer"}
    meeting = CommandedMeeting(roles=roles)
    meeting.clock.pass_by(2)  # what Chime shows is newer than the notes, by any clock
    for user in ("val", "vera"):
        meeting.drifts(user, EVERYTHING)
    meeting.chime.calls.clear()
    meeting.chime.after = [lambda: meeting.clock.pass_by(seconds)]
    return meeting


def batches(meeting: CommandedMeeting) -> list[Capabilities | None]:
    return [call.capabilities for call in meeting.chime.calls if call.operation == "update_except"]


def test_a_batch_that_narrows_is_pursued_whether_or_not_the_ledger_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = two_batches_with_a_pause(2)
    wait = meeting.chime.after[0]

    def waits_and_loses_the_ledger() -> None:
        assert wait is not None
        wait()
        monkeypatch.setattr(meeting.ledger, "all_users", unavailable)

    meeting.chime.after = [waits_and_loses_the_ledger]
    assert meeting.done("alice", SetMeeting(mode="audio-only")).status == "pending"
    assert len(batches(meeting)) == 2
    assert not meeting.heard("val")
    assert Capabilities.SEND_VIDEO not in meeting.bits("bob")


@pytest.mark.parametrize(("seconds", "reads"), [(0, 2), (2, 3)])
def test_rules_that_were_just_read_are_not_read_again_before_a_batch(
    monkeypatch: pytest.MonkeyPatch, seconds: float, reads: int
) -> None:
    meeting, reads_of_all = two_batches_with_a_pause(seconds), list[str]()
    read = meeting.ledger.all_users

    def reading(meeting_id: str) -> Mapping[str, User]:
        reads_of_all.append(meeting_id)
        return read(meeting_id)

    monkeypatch.setattr(meeting.ledger, "all_users", reading)
    assert meeting.done("alice", SetMeeting(mode="audio-only")).status == "applied"
    assert (len(batches(meeting)), len(reads_of_all)) == (2, reads)


def test_a_call_that_is_taken_at_once_costs_no_read_of_the_user(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting.answered("alice", Mute(), "bob")
    loads: list[object] = []
    load = meeting.ledger.load

    def loading(*asked: object, **how: object) -> object:
        loads.append(asked)
        return load(*asked, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(meeting.ledger, "load", loading)
    assert meeting.answered("alice", Unmute(), "bob").status == "applied"
    assert loads == [(MEETING,)]


def test_a_user_and_a_meeting_of_different_moments_open_nothing(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While bob's camera is blocked, they are muted, and then the mode opens. What is read again has bob as they were
    before, beside the meeting as it is after: neither rules nor a mode let them be heard at any time.
    """
    meeting.done("alice", SetMeeting(mode="presentation"))
    assert not meeting.heard("bob")
    load, write = meeting.ledger.load, meeting.chime.write
    heard: list[bool] = []

    def before_the_note() -> None:
        was = meeting.user("bob")
        meeting.answered("hugo", Mute(), "bob")
        meeting.done("hugo", SetMeeting(mode="open"))
        monkeypatch.setattr(meeting.ledger, "load", lambda *about, **how: mixed(was, *about, **how))

    def mixed(was: User, *about: Any, **how: Any) -> Loaded:
        monkeypatch.setattr(meeting.ledger, "load", load)
        return replace(load(*about, **how), users={"bob": was})

    def writes(meeting_id: str, attendee: ChimeAttendee, capabilities: Capabilities) -> None:
        write(meeting_id, attendee, capabilities)
        heard.append(meeting.heard("bob"))

    just_before(meeting, notes_attendees, before_the_note)
    monkeypatch.setattr(meeting.chime, "write", writes)
    meeting.answered("alice", Mute((Medium.VIDEO,)), "bob")
    assert not any(heard)
    assert not meeting.heard("bob")
