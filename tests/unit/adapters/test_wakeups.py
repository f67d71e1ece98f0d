"""Wake-ups as messages of SQS: what a lost connection costs, and how far ahead one goes."""

import json
from datetime import timedelta
from typing import Any, cast

import pytest
from botocore.exceptions import ConnectionClosedError
from moderation.adapters.retries import ATTEMPTS
from moderation.adapters.sqs import LONGEST_DELAY, SqsWakeupScheduler
from moderation.ports import Wakeup

WAKEUP = Wakeup("meeting", "change", "bob")


class Queue:
    """Loses the connection of the next calls."""

    def __init__(self, lost: int) -> None:
        self._lost = lost
        self.taken: list[dict[str, Any]] = []

    def send_message(self, **message: Any) -> None:
        if self._lost:
            self._lost -= 1
            raise ConnectionClosedError(endpoint_url="https://queue")
        self.taken.append(message)


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.adapters.retries.random", lambda: 0)


def schedule(queue: Queue, seconds: float) -> None:
    SqsWakeupScheduler(cast("Any", queue), "https://queue").schedule(WAKEUP, timedelta(seconds=seconds))


def test_a_lost_connection_costs_no_wakeup() -> None:
    queue = Queue(lost=ATTEMPTS - 1)
    schedule(queue, 2)
    [message] = queue.taken
    assert json.loads(message["MessageBody"]) == {"meetingId": "meeting", "changeId": "change", "userId": "bob"}


def test_one_that_cannot_be_sent_is_said_and_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The minute's tick finds what is due."""
    queue = Queue(lost=ATTEMPTS)
    schedule(queue, 2)
    assert queue.taken == []
    assert "ConnectionClosedError" in capsys.readouterr().out


@pytest.mark.parametrize(("after", "delay"), [(-5, 0), (0.2, 1), (60, 60), (LONGEST_DELAY + 1, LONGEST_DELAY)])
def test_one_comes_at_its_time_or_as_late_as_sqs_can(after: float, delay: int) -> None:
    queue = Queue(lost=0)
    schedule(queue, after)
    assert queue.taken[0]["DelaySeconds"] == delay
