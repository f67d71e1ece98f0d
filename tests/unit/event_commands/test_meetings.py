"""`externalMeetingId`: every live registered meeting of that name."""

from dataclasses import replace
from itertools import count

import pytest
from moderation.application.requests import Outcome, Refused, Request
from moderation.domain.commands import Register
from moderation.ports import LedgerUnavailableError

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, attendee_of

from .command_queue import EXTERNAL, CommandQueue, triggered

SECOND, ENDED = (MEETING.replace("1", digit) for digit in "23")


def several() -> CommandQueue:
    """Three meetings of one name, one of which is over."""
    meeting = ModeratedMeeting()
    for meeting_id in (SECOND, ENDED):
        meeting.chime.open(meeting_id, {attendee_of("bob", number): "bob" for number in (1,)})
        meeting.gavel.perform(Request(meeting_id, ADMIN, Register()))
        found = meeting.ledger.meetings[meeting_id]
        ended_at = meeting.clock.now() if meeting_id == ENDED else None
        meeting.ledger.meetings[meeting_id] = replace(found, external_id=EXTERNAL, ended_at=ended_at)
    return CommandQueue(meeting)


def muted(queue: CommandQueue) -> list[str]:
    return [meeting_id for meeting_id, found in queue.meeting.ledger.meetings.items() if found.rules.mute_alls]


def test_all_that_live() -> None:
    queue = several()
    assert queue.send("mute-all", externalMeetingId=EXTERNAL) == []
    assert muted(queue) == [MEETING, SECOND]
    assert [entry.meeting_id for entry in queue.meeting.entries("Moderation Decided")] == [MEETING, SECOND]


def test_no_such_name(capsys: pytest.CaptureFixture[str]) -> None:
    queue = several()
    assert queue.send("mute-all", externalMeetingId="another") == []
    assert muted(queue) == []
    assert "meeting-not-found" in capsys.readouterr().out


def test_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are served at once, and once."""
    queue, calls = several(), count()
    perform = queue.gavel.perform

    def failing(request: Request) -> Outcome:
        if next(calls) == 0:
            raise ZeroDivisionError
        return perform(request)

    monkeypatch.setattr(queue.gavel, "perform", failing)
    assert queue.send("mute-all", externalMeetingId=EXTERNAL) == ["0"]
    assert muted(queue) == [SECOND]
    assert queue.send("mute-all", externalMeetingId=EXTERNAL) == []
    assert muted(queue) == [MEETING, SECOND]
    assert len(queue.meeting.entries("Moderation Decided")) == 2


def test_the_name_cannot_be_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = several()

    def unavailable(external_id: str) -> list[str]:
        raise LedgerUnavailableError

    monkeypatch.setattr(queue.meeting.ledger, "meetings_named", unavailable)
    assert queue.send("mute-all", externalMeetingId=EXTERNAL) == ["0"]


@pytest.mark.parametrize("code", ["busy", "contended"])
def test_what_may_work_yet_comes_again(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = CommandQueue()
    monkeypatch.setattr(queue.gavel, "perform", lambda request: Refused(code, "not now"))
    assert queue.send("mute-all", meetingId=MEETING) == ["0"]
    assert queue.meeting.entries() == []


def test_only_what_failed_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = CommandQueue()
    perform = queue.gavel.perform

    def failing(request: Request) -> Outcome:
        return Refused("busy", "not now") if request.user_id == "bob" else perform(request)

    monkeypatch.setattr(queue.gavel, "perform", failing)
    bodies = [
        triggered({"command": "mute", **target}, user)
        for user in ("carol", "bob", "cora")
        for target in [{"meetingId": MEETING, "externalUserId": user}]
    ]
    assert queue(*bodies) == ["1"]
    assert [queue.meeting.held(user)["audio"] for user in ("carol", "bob", "cora")] == [
        "Receive",
        "SendReceive",
        "Receive",
    ]
