"""`externalMeetingId`: every live registered meeting of that name."""

from dataclasses import replace
from itertools import count

import pytest
from moderation.application.requests import Outcome, Refused, Request
from moderation.domain.commands import Register
from moderation.ports import LedgerUnavailableError

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, seat

from .door import EXTERNAL, Door, triggered

SECOND, ENDED = (MEETING.replace("1", digit) for digit in "23")


def several() -> Door:
    """Three meetings of one name, one of which is over."""
    scene = ModeratedMeeting()
    for meeting_id in (SECOND, ENDED):
        scene.chime.open(meeting_id, {seat("bob", number): "bob" for number in (1,)})
        scene.gavel.perform(Request(meeting_id, ADMIN, Register()))
        meeting = scene.ledger.meetings[meeting_id]
        ended_at = scene.surroundings.now() if meeting_id == ENDED else None
        scene.ledger.meetings[meeting_id] = replace(meeting, external_id=EXTERNAL, ended_at=ended_at)
    return Door(scene)


def muted(door: Door) -> list[str]:
    return [meeting_id for meeting_id, meeting in door.scene.ledger.meetings.items() if meeting.rules.mute_alls]


def test_all_that_live() -> None:
    door = several()
    assert door.send("mute-all", externalMeetingId=EXTERNAL) == []
    assert muted(door) == [MEETING, SECOND]
    assert [entry.meeting_id for entry in door.scene.entries("Moderation Decided")] == [MEETING, SECOND]


def test_no_such_name(capsys: pytest.CaptureFixture[str]) -> None:
    door = several()
    assert door.send("mute-all", externalMeetingId="another") == []
    assert muted(door) == []
    assert "meeting-not-found" in capsys.readouterr().out


def test_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are served at once, and once."""
    door, calls = several(), count()
    perform = door.gavel.perform

    def failing(request: Request) -> Outcome:
        if next(calls) == 0:
            raise ZeroDivisionError
        return perform(request)

    monkeypatch.setattr(door.gavel, "perform", failing)
    assert door.send("mute-all", externalMeetingId=EXTERNAL) == ["0"]
    assert muted(door) == [SECOND]
    assert door.send("mute-all", externalMeetingId=EXTERNAL) == []
    assert muted(door) == [MEETING, SECOND]
    assert len(door.scene.entries("Moderation Decided")) == 2


def test_the_name_cannot_be_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    door = several()

    def unavailable(external_id: str) -> list[str]:
        raise LedgerUnavailableError

    monkeypatch.setattr(door.scene.ledger, "meetings_named", unavailable)
    assert door.send("mute-all", externalMeetingId=EXTERNAL) == ["0"]


@pytest.mark.parametrize("code", ["busy", "contended"])
def test_what_may_work_yet_comes_again(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door()
    monkeypatch.setattr(door.gavel, "perform", lambda request: Refused(code, "not now"))
    assert door.send("mute-all", meetingId=MEETING) == ["0"]
    assert door.scene.entries() == []


def test_only_what_failed_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door()
    perform = door.gavel.perform

    def failing(request: Request) -> Outcome:
        return Refused("busy", "not now") if request.user_id == "bob" else perform(request)

    monkeypatch.setattr(door.gavel, "perform", failing)
    bodies = [
        triggered({"command": "mute", **whom}, user)
        for user in ("carol", "bob", "cora")
        for whom in [{"meetingId": MEETING, "externalUserId": user}]
    ]
    assert door(*bodies) == ["1"]
    assert [door.scene.held(user)["audio"] for user in ("carol", "bob", "cora")] == [
        "Receive",
        "SendReceive",
        "Receive",
    ]
