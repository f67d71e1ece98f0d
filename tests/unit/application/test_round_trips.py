"""The reads and calls of a warm function for one change, and what it never takes from its cache."""

from collections.abc import Collection, Mapping, Sequence

import pytest
from moderation.application.requests import Answer, Request
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.commands import Mute, Register, Unmute
from moderation.ports import Clause, Loaded, Wakeup

from tests.memory.ledger import MemoryLedger
from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting


class Counting(MemoryLedger):
    """Records its calls, one line for each round trip."""

    def __init__(self) -> None:
        super().__init__()
        self.trips: list[str] = []

    def load(
        self, meeting_id: str, users: Collection[str] = (), attendees: Collection[str] = (), key: str | None = None
    ) -> Loaded:
        self.trips.append("load")
        return super().load(meeting_id, users, attendees, key)

    def attendees_after(self, meeting_id: str, after: str, limit: int) -> Mapping[str, str]:
        self.trips.append("attendees")
        return super().attendees_after(meeting_id, after, limit)

    def transact(self, clauses: Sequence[Clause]) -> None:
        self.trips.append("transact")
        super().transact(clauses)


def counted(monkeypatch: pytest.MonkeyPatch) -> tuple[ModeratedMeeting, Counting]:
    """A meeting whose ledger counts its calls."""
    monkeypatch.setattr("tests.memory.moderated_meeting.DescribedLedger", Counting)
    meeting = ModeratedMeeting()
    assert isinstance(meeting.ledger, Counting)
    return meeting, meeting.ledger


def test_a_warm_change_takes_four_round_trips(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, ledger = counted(monkeypatch)
    meeting.answered("alice", Mute(), "bob")
    meeting.chime.calls.clear()
    ledger.trips.clear()
    meeting.answered("alice", Unmute(), "bob")
    assert ledger.trips == ["transact", "load", "transact"]
    assert [call.operation for call in meeting.chime.calls] == ["update"]


def test_a_cold_change_takes_five_once_its_attendee_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, ledger = counted(monkeypatch)
    ledger.trips.clear()
    assert isinstance(meeting.ask_user("alice", Mute(), "bob"), Answer)
    assert ledger.trips == ["load", "transact", "load", "transact"]
    assert len(meeting.chime.calls) == 1


def test_what_commits_nothing_never_rests_on_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, ledger = counted(monkeypatch)
    meeting.answered("alice", Mute(), "bob")
    ledger.trips.clear()
    assert meeting.answered("alice", Mute(), "bob").status == "unchanged"
    assert meeting.answered("alice", Unmute(), "bob", dry_run=True).status == "dry-run"
    assert meeting.refused("carol", Unmute(), "bob").code == "not-permitted"
    assert ledger.trips.count("load") == 3


def test_a_lost_race_shows_what_moved_and_costs_one_more_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, ledger = counted(monkeypatch)
    meeting.answered("alice", Mute(), "bob")
    other = meeting.another_process()
    other.perform(Request(MEETING, ADMIN, Mute(reason="exam"), user_id="bob"))
    ledger.trips.clear()
    meeting.answered("alice", Unmute(), "bob")
    assert ledger.trips == ["transact", "transact", "load", "transact"]
    assert meeting.bits("bob") == EVERYTHING


def test_a_warm_function_refuses_a_revoked_host_at_once() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("hugo", Mute(), "bob")
    revoked = {**meeting.roles, "hugo": "participant"}
    etag = f"m{meeting.stored().revision}"
    outcome = meeting.another_process().perform(Request(MEETING, ADMIN, Register(roles=revoked), if_match=etag))
    assert isinstance(outcome, Answer)
    assert meeting.refused("hugo", Unmute(), "bob").code == "not-permitted"
    assert meeting.bits("bob") == EVERYTHING & ~Capabilities.SEND_AUDIO


def test_a_meeting_that_is_due_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, ledger = counted(monkeypatch)
    ledger.trips.clear()
    assert meeting.gavel.reconciler.on_wakeup(Wakeup(MEETING)).taken == 1
    assert ledger.trips == []


def test_a_page_of_attendees_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than the page shows whether there is a next one."""
    meeting, ledger = counted(monkeypatch)
    ledger.trips.clear()
    page = meeting.gavel.attendees(MEETING, ADMIN, limit=2, after=None)
    assert isinstance(page, dict)
    assert page["nextToken"] is not None
    assert ledger.trips.count("attendees") == 1
