"""What is answered when the ledger's answer to a write was lost: never that nothing was decided, if something was."""

from collections.abc import Callable, Sequence

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.change import Change
from moderation.domain.commands import Consent, Mute, RaiseHand, SetMeeting, Unmute
from moderation.domain.entry import DECIDED
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import Clause, LedgerUnavailableError, LedgerUnreachableError

from tests.memory.moderated_meeting import MEETING
from tests.unit.application.hall import MUTE_ALL, Stage

FOR_LONG = 1000
"""More attempts than the time for one commit allows."""


@pytest.fixture
def stage() -> Stage:
    return Stage()


def changes(stage: Stage, command: str) -> list[Change]:
    return [change for change in stage.ledger.changes.values() if change.command == command]


def then_contended(stage: Stage) -> Callable[[Sequence[Clause]], None]:
    """The first attempt is written and its answer lost; all others run into somebody else's."""
    transact, seen = stage.ledger.transact, [0]

    def attempt(clauses: Sequence[Clause]) -> None:
        seen[0] += 1
        if seen[0] > 1:
            stage.ledger.contend(1)
        transact(clauses)

    stage.ledger.fail(1, done=True)
    return attempt


def test_every_answer_is_lost_but_the_change_is_there(stage: Stage) -> None:
    stage.ledger.fail(FOR_LONG, done=True)
    outcome = stage.ask("alice", Mute(), "bob")
    assert isinstance(outcome, Answer), outcome
    assert (outcome.status, [outcome.change_id]) == ("pending", [c.id for c in changes(stage, "mute")])


def test_one_lost_answer_and_then_contention(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.ledger, "transact", then_contended(stage))
    outcome = stage.ask("alice", Mute(), "bob")
    assert isinstance(outcome, Answer), outcome
    assert outcome.change_id == changes(stage, "mute")[0].id


def test_the_same_for_the_whole_meeting(stage: Stage) -> None:
    stage.ledger.fail(FOR_LONG, done=True)
    outcome = stage.say("alice", MUTE_ALL)
    assert isinstance(outcome, Answer), outcome
    assert outcome.change_id == changes(stage, "mute-all")[0].id


def test_the_read_back_is_repeated_if_it_fails(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    read, failures = stage.ledger.change, [LedgerUnavailableError()]

    def change(meeting_id: str, change_id: str) -> Change | None:
        if failures:
            raise failures.pop()
        return read(meeting_id, change_id)

    monkeypatch.setattr(stage.ledger, "change", change)
    stage.ledger.fail(1, done=True)
    outcome = stage.ask("alice", Mute(), "bob")
    assert isinstance(outcome, Answer), outcome
    assert outcome.status == "applied"


def test_what_may_still_be_written_is_unknown_and_named(stage: Stage) -> None:
    """Not one attempt was written, but any of them may arrive yet."""
    stage.ledger.fail(FOR_LONG, done=False)
    outcome = stage.ask("alice", Mute(), "bob")
    assert isinstance(outcome, Refused)
    assert outcome.code == "outcome-unknown"
    assert outcome.change_id is not None
    assert not changes(stage, "mute")


def test_what_cannot_be_read_back_is_unknown_and_named(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(*_: str) -> Change | None:
        raise LedgerUnavailableError

    monkeypatch.setattr(stage.ledger, "change", change)
    stage.ledger.fail(FOR_LONG, done=True)
    outcome = stage.ask("alice", Mute(), "bob")
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.change_id) == ("outcome-unknown", changes(stage, "mute")[0].id)


def test_repeated_with_its_key_it_makes_one_change(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.ledger, "change", lambda *_: None)
    stage.ledger.fail(FOR_LONG, done=True)
    first = stage.ask("alice", Mute(), "bob", key="k", fingerprint="f")
    assert isinstance(first, Refused)
    assert first.code == "outcome-unknown"
    stage.ledger.fail(0, done=True)
    monkeypatch.undo()
    again = stage.ask("alice", Mute(), "bob", key="k", fingerprint="f")
    assert isinstance(again, Answer), again
    assert again.change_id == first.change_id
    assert again.replayed


def test_a_ledger_that_was_never_reached_is_busy(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def transact(_: Sequence[Clause]) -> None:
        raise LedgerUnreachableError

    monkeypatch.setattr(stage.ledger, "transact", transact)
    assert stage.refused("alice", Mute(), "bob").code == "busy"


def test_contention_alone_is_contended(stage: Stage) -> None:
    stage.ledger.contend(FOR_LONG)
    assert stage.refused("alice", Mute(), "bob").code == "contended"


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_refusal_is_told_once(stage: Stage, lost: int) -> None:
    stage.ledger.fail(lost, done=True)
    assert stage.refused("bob", Mute(), "carol", key="k", fingerprint="f").code == "not-permitted"
    assert [e.extra["verdict"] for e in stage.entries(DECIDED)] == ["refused"]


def test_a_hand_is_raised_once(stage: Stage) -> None:
    stage.ledger.fail(1, done=True)
    assert stage.answered("bob", RaiseHand(), "bob").status == "applied"
    assert len(stage.entries("Hand Raised")) == 1


def test_a_hand_of_unknown_outcome_is_not_called_busy(stage: Stage) -> None:
    stage.ledger.fail(FOR_LONG, done=True)
    assert stage.refused("bob", RaiseHand(), "bob").code == "outcome-unknown"


@pytest.mark.parametrize("accept", [True, False])
def test_the_answer_to_a_request_to_unmute(stage: Stage, accept: bool) -> None:
    stage.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    stage.answered("alice", Mute(), "bob")
    asked = stage.answered("alice", Unmute(), "bob").change_id or ""
    stage.ledger.fail(FOR_LONG, done=True)
    outcome = stage.ask_user("bob", Consent(asked, accept), "bob")
    assert isinstance(outcome, Answer), outcome
    assert (outcome.status, outcome.change_id) == ("pending", asked)
    stage.ledger.fail(0, done=True)
    stage.reconcile(60)
    assert stage.ledger.changes[MEETING, asked].status == ("applied" if accept else "declined")


@pytest.mark.parametrize("accept", [True, False])
def test_an_answer_to_a_request_that_may_not_have_been_written_is_unknown(stage: Stage, accept: bool) -> None:
    """The change is stored, but as it waited for the answer."""
    stage.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    stage.answered("alice", Mute(), "bob")
    asked = stage.answered("alice", Unmute(), "bob").change_id or ""
    stage.ledger.fail(FOR_LONG, done=False)
    outcome = stage.ask_user("bob", Consent(asked, accept), "bob")
    assert isinstance(outcome, Refused), outcome
    assert (outcome.code, outcome.change_id) == ("outcome-unknown", asked)


def test_one_failed_read_is_repeated(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    load, failures = stage.ledger.load, [LedgerUnavailableError()]

    def loading(*asked: object, **how: object) -> object:
        if failures:
            raise failures.pop()
        return load(*asked, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(stage.ledger, "load", loading)
    assert stage.answered("alice", Unmute(), "bob").status == "unchanged"
    assert not failures
