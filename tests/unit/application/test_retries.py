"""A call that Chime did not take is repeated only while the rules still want it."""

import pytest
from moderation.application.requests import Answer, Request
from moderation.domain.capability import Capabilities
from moderation.domain.commands import Ban, Command, GrantFloor, Mute, Unban, Unmute
from moderation.ports import ChimeRetryableError, LedgerUnavailableError, SeatInChime

from tests.memory.moderated_meeting import MEETING, seat
from tests.unit.application.hall import MUTE_ALL, UNMUTE_ALL, Stage, by


@pytest.fixture
def stage() -> Stage:
    return Stage()


def meanwhile(stage: Stage, command: Command, *, on_bob: bool = True) -> list[bool]:
    """While Chime refuses for some seconds, hugo commands through another process and is answered `applied`. Returns,
    for each write to bob's seat since, whether he could be heard by it.
    """
    other, wrote, write = stage.another_process(), list[bool](), stage.chime.write

    def refuses() -> None:
        stage.surroundings.pass_by(1)
        raise ChimeRetryableError

    def commands() -> None:
        waiting, stage.chime.before = stage.chime.before, []
        request = Request(MEETING, by("hugo"), command, attendee_id=seat("bob") if on_bob else None)
        outcome = other.perform(request)
        assert isinstance(outcome, Answer), outcome
        assert outcome.status == "applied"
        stage.chime.before = waiting
        wrote.clear()
        refuses()

    def writes(meeting_id: str, seat: SeatInChime, capabilities: Capabilities) -> None:
        write(meeting_id, seat, capabilities)
        wrote.append(stage.heard("bob"))

    stage.chime.write = writes  # type: ignore[method-assign]
    stage.chime.before = [refuses, commands, refuses, refuses]
    return wrote


@pytest.mark.parametrize(("command", "on_bob"), [(Mute(), True), (MUTE_ALL, False)])
def test_an_unmute_that_waits_is_overruled_by_a_newer_mute(stage: Stage, command: Command, on_bob: bool) -> None:
    stage.answered("alice", Mute(), "bob")
    wrote = meanwhile(stage, command, on_bob=on_bob)
    stage.ask("alice", Unmute(), "bob")
    assert not any(wrote)
    assert not stage.heard("bob")


@pytest.mark.parametrize(("command", "on_bob"), [(Mute(), True), (MUTE_ALL, False)])
def test_an_unmute_all_that_waits_opens_nobody_who_was_muted_since(
    stage: Stage, command: Command, on_bob: bool
) -> None:
    stage.done("alice", MUTE_ALL)
    wrote = meanwhile(stage, command, on_bob=on_bob)
    stage.say("alice", UNMUTE_ALL)
    assert not any(wrote)
    assert not stage.heard("bob")


def test_a_turn_that_is_over_before_chime_takes_it_opens_nothing(stage: Stage) -> None:
    """It ends by itself, so nobody's rules have moved."""
    stage.done("alice", MUTE_ALL)
    wrote, write = list[bool](), stage.chime.write

    def refuses() -> None:
        stage.surroundings.pass_by(6)
        raise ChimeRetryableError

    def writes(meeting_id: str, seat: SeatInChime, capabilities: Capabilities) -> None:
        write(meeting_id, seat, capabilities)
        wrote.append(stage.heard("bob"))

    stage.chime.write = writes  # type: ignore[method-assign]
    stage.chime.before = [refuses]
    stage.answered("alice", GrantFloor(5, exclusive=True), "bob")
    stage.reconcile(1)
    assert not any(wrote)
    assert not stage.heard("bob")


def test_a_removal_that_waits_spares_who_was_let_back(stage: Stage) -> None:
    meanwhile(stage, Unban())
    stage.ask("alice", Ban(), "bob")
    assert stage.inside("bob")


def test_a_ban_that_was_lifted_within_the_second_removes_nobody(stage: Stage) -> None:
    def lifted() -> None:
        stage.chime.before = []
        stage.another_process().perform(Request(MEETING, by("hugo"), Unban(), user_id="bob"))
        raise ChimeRetryableError

    stage.chime.before = [lifted]
    stage.ask("alice", Ban(), "bob")
    assert stage.inside("bob")


def refuse_once_then_lose_the_ledger(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chime turns the next call away two seconds later, and from then on the ledger can't be read."""

    def refuses() -> None:
        stage.surroundings.pass_by(2)
        monkeypatch.setattr(stage.ledger, "load", unavailable)
        raise ChimeRetryableError

    def unavailable(*_: object, **__: object) -> None:
        raise LedgerUnavailableError

    stage.chime.before = [refuses]


def test_what_cannot_be_checked_opens_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.answered("alice", Mute(), "bob")
    refuse_once_then_lose_the_ledger(stage, monkeypatch)
    assert stage.answered("alice", Unmute(), "bob").status == "pending"
    assert not stage.heard("bob")


def test_a_mute_is_pursued_whether_or_not_the_ledger_can_be_read(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_once_then_lose_the_ledger(stage, monkeypatch)
    assert stage.answered("alice", Mute(), "bob").status == "applied"
    assert not stage.heard("bob")


def test_a_call_that_is_taken_at_once_costs_no_read_of_the_user(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.answered("alice", Mute(), "bob")
    loads: list[object] = []
    load = stage.ledger.load

    def loading(*asked: object, **how: object) -> object:
        loads.append(asked)
        return load(*asked, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(stage.ledger, "load", loading)
    assert stage.answered("alice", Unmute(), "bob").status == "applied"
    assert loads == [(MEETING,)]
