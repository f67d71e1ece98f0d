"""The answer to a command after the ledger's answer to a write was lost: never that nothing was decided, if something
was.
"""

from collections.abc import Callable, Sequence

import pytest
from moderation.application.requests import Answer, Refused
from moderation.domain.change import Change
from moderation.domain.commands import Consent, Mute, RaiseHand, SetMeeting, Unmute
from moderation.domain.entry import DECIDED
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import Clause, LedgerUnavailableError, LedgerUnreachableError

from tests.memory.moderated_meeting import MEETING
from tests.unit.application.commanded_meeting import MUTE_ALL, CommandedMeeting

FOR_LONG = 1000
"""More attempts than the time for one commit allows."""


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def changes(meeting: CommandedMeeting, command: str) -> list[Change]:
    return [change for change in meeting.ledger.changes.values() if change.command == command]


def then_contended(meeting: CommandedMeeting) -> Callable[[Sequence[Clause]], None]:
    """The first attempt is written and its answer lost; all others contend with another transaction."""
    transact, seen = meeting.ledger.transact, [0]

    def attempt(clauses: Sequence[Clause]) -> None:
        seen[0] += 1
        if seen[0] > 1:
            meeting.ledger.contend(1)
        transact(clauses)

    meeting.ledger.fail(1, done=True)
    return attempt


def test_every_answer_is_lost_but_the_change_is_there(meeting: CommandedMeeting) -> None:
    meeting.ledger.fail(FOR_LONG, done=True)
    outcome = meeting.ask("alice", Mute(), "bob")
    assert isinstance(outcome, Answer), outcome
    assert (outcome.status, [outcome.change_id]) == ("pending", [c.id for c in changes(meeting, "mute")])


def test_one_lost_answer_and_then_contention(meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting.ledger, "transact", then_contended(meeting))
    outcome = meeting.ask("alice", Mute(), "bob")
    assert isinstance(outcome, Answer), outcome
    assert outcome.change_id == changes(meeting, "mute")[0].id


def test_the_same_for_the_whole_meeting(meeting: CommandedMeeting) -> None:
    meeting.ledger.fail(FOR_LONG, done=True)
    outcome = meeting.say("alice", MUTE_ALL)
    assert isinstance(outcome, Answer), outcome
    assert outcome.change_id == changes(meeting, "mute-all")[0].id


def test_the_read_back_is_repeated_if_it_fails(meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    read, failures = meeting.ledger.change, [LedgerUnavailableError()]

    def change(meeting_id: str, change_id: str) -> Change | None:
        if failures:
            raise failures.pop()
        return read(meeting_id, change_id)

    monkeypatch.setattr(meeting.ledger, "change", change)
    meeting.ledger.fail(1, done=True)
    outcome = meeting.ask("alice", Mute(), "bob")
    assert isinstance(outcome, Answer), outcome
    assert outcome.status == "applied"


def test_what_may_still_be_written_is_unknown_and_named(meeting: CommandedMeeting) -> None:
    """No attempt was written, but any of them may still arrive."""
    meeting.ledger.fail(FOR_LONG, done=False)
    outcome = meeting.ask("alice", Mute(), "bob")
    assert isinstance(outcome, Refused)
    assert outcome.code == "outcome-unknown"
    assert outcome.change_id is not None
    assert not changes(meeting, "mute")


def test_what_cannot_be_read_back_is_unknown_and_named(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(*_: str) -> Change | None:
        raise LedgerUnavailableError

    monkeypatch.setattr(meeting.ledger, "change", change)
    meeting.ledger.fail(FOR_LONG, done=True)
    outcome = meeting.ask("alice", Mute(), "bob")
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.change_id) == ("outcome-unknown", changes(meeting, "mute")[0].id)


def test_repeated_with_its_key_it_makes_one_change(meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting.ledger, "change", lambda *_: None)
    meeting.ledger.fail(FOR_LONG, done=True)
    first = meeting.ask("alice", Mute(), "bob", key="k", fingerprint="f")
    assert isinstance(first, Refused)
    assert first.code == "outcome-unknown"
    meeting.ledger.fail(0, done=True)
    monkeypatch.undo()
    again = meeting.ask("alice", Mute(), "bob", key="k", fingerprint="f")
    assert isinstance(again, Answer), again
    assert again.change_id == first.change_id
    assert again.replayed


def test_a_ledger_that_was_never_reached_is_busy(meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    def transact(_: Sequence[Clause]) -> None:
        raise LedgerUnreachableError

    monkeypatch.setattr(meeting.ledger, "transact", transact)
    assert meeting.refused("alice", Mute(), "bob").code == "busy"
    assert meeting.refused("bob", Mute(), "carol").code == "busy", "a refusal that no entry tells of is no answer"


def test_contention_alone_is_contended(meeting: CommandedMeeting) -> None:
    meeting.ledger.contend(FOR_LONG)
    assert meeting.refused("alice", Mute(), "bob").code == "contended"


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_refusal_is_told_once(meeting: CommandedMeeting, lost: int) -> None:
    meeting.ledger.fail(lost, done=True)
    assert meeting.refused("bob", Mute(), "carol", key="k", fingerprint="f").code == "not-permitted"
    assert [e.extra["verdict"] for e in meeting.entries(DECIDED)] == ["refused"]


def test_a_hand_is_raised_once(meeting: CommandedMeeting) -> None:
    meeting.ledger.fail(1, done=True)
    assert meeting.answered("bob", RaiseHand(), "bob").status == "applied"
    assert len(meeting.entries("Hand Raised")) == 1


def test_a_hand_of_unknown_outcome_is_not_called_busy(meeting: CommandedMeeting) -> None:
    meeting.ledger.fail(FOR_LONG, done=True)
    assert meeting.refused("bob", RaiseHand(), "bob").code == "outcome-unknown"


@pytest.mark.parametrize("accept", [True, False])
def test_the_answer_to_a_request_to_unmute(meeting: CommandedMeeting, accept: bool) -> None:
    meeting.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    meeting.answered("alice", Mute(), "bob")
    asked = meeting.answered("alice", Unmute(), "bob").change_id or ""
    meeting.ledger.fail(FOR_LONG, done=True)
    outcome = meeting.ask_user("bob", Consent(asked, accept), "bob")
    assert isinstance(outcome, Answer), outcome
    assert (outcome.status, outcome.change_id) == ("pending", asked)
    meeting.ledger.fail(0, done=True)
    meeting.reconcile(60)
    assert meeting.ledger.changes[MEETING, asked].status == ("applied" if accept else "declined")


@pytest.mark.parametrize("accept", [True, False])
def test_an_answer_to_a_request_that_may_not_have_been_written_is_unknown(
    meeting: CommandedMeeting, accept: bool
) -> None:
    """The change is stored as it waited for the answer."""
    meeting.done("alice", SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    meeting.answered("alice", Mute(), "bob")
    asked = meeting.answered("alice", Unmute(), "bob").change_id or ""
    meeting.ledger.fail(FOR_LONG, done=False)
    outcome = meeting.ask_user("bob", Consent(asked, accept), "bob")
    assert isinstance(outcome, Refused), outcome
    assert (outcome.code, outcome.change_id) == ("outcome-unknown", asked)


def test_one_failed_read_is_repeated(meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    load, failures = meeting.ledger.load, [LedgerUnavailableError()]

    def loading(*asked: object, **how: object) -> object:
        if failures:
            raise failures.pop()
        return load(*asked, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(meeting.ledger, "load", loading)
    assert meeting.answered("alice", Unmute(), "bob").status == "unchanged"
    assert not failures
