"""The reconciler's events: scheduled runs and wake-ups, each of which may come twice, late or malformed."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from moderation.application.background.reconciler import Report
from moderation.ports import Wakeup
from reconciler import handler as function

from tests.memory.clock import START
from tests.telemetry import CONTEXT, lines


class Reconciler:
    def __init__(self) -> None:
        self.asked: list[Any] = []

    def run(self, deadline: Any) -> Report:
        self.asked.append(deadline)
        return Report(taken=2)

    def on_wakeup(self, reminder: Wakeup) -> Report:
        if reminder.change_id == "broken":
            raise RuntimeError
        self.asked.append(reminder)
        return Report()


@pytest.fixture
def reconciler(monkeypatch: pytest.MonkeyPatch) -> Reconciler:
    stand_in = Reconciler()
    monkeypatch.setattr(function, "reconciler", lambda: stand_in)
    monkeypatch.setattr(function, "clock", lambda: SimpleNamespace(now=lambda: START))
    return stand_in


def record(number: int, body: str) -> dict[str, str]:
    return {"messageId": str(number), "body": body}


def test_a_tick_runs_for_less_than_a_minute(reconciler: Reconciler, capsys: pytest.CaptureFixture[str]) -> None:
    assert function.handler({"source": "aws.events"}, CONTEXT) == {}
    assert reconciler.asked == [START + function.RUN]
    assert lines(capsys.readouterr().out)[0]["taken"] == 2


def test_reminders_name_a_change_a_user_or_the_meeting(reconciler: Reconciler) -> None:
    bodies = [
        {"meetingId": "m", "changeId": "c", "userId": None},
        {"meetingId": "m", "userId": "bob"},
        {"meetingId": "m"},
    ]
    records = [record(number, json.dumps(body)) for number, body in enumerate(bodies)]
    assert function.handler({"Records": records}, CONTEXT) == {"batchItemFailures": []}
    assert reconciler.asked == [Wakeup("m", "c"), Wakeup("m", None, "bob"), Wakeup("m")]


def test_one_that_fails_comes_again_alone(reconciler: Reconciler) -> None:
    records = [
        record(1, json.dumps({"meetingId": "m", "changeId": "broken"})),
        record(2, json.dumps({"meetingId": "m", "changeId": "c"})),
        record(3, "no json"),
    ]
    failures = function.handler({"Records": records}, CONTEXT)["batchItemFailures"]
    assert [failure["itemIdentifier"] for failure in failures] == ["1", "3"]
    assert reconciler.asked == [Wakeup("m", "c")]
