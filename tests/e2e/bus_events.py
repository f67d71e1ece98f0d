"""The queue that receives every event on the bus, read like a subscriber: at least once, deduplicated by `entryId`."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.e2e.deadline import SLOWER

Json = dict[str, Any]

DECIDED = "Moderation Decided"
CHANGED = "Attendee Capabilities Changed"


class BusEvents:
    """One reader for the whole stack. Events that it read for one test are kept for the others."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._lock = threading.Lock()
        self.bodies: list[str] = []
        """The messages as they came, for tests of what must not be in them."""
        self._events: dict[str, Json] = {}

    def of(self, meeting_id: str, change_id: str | None = None) -> list[Json]:
        """The events received so far of a meeting, or of one change."""
        return [
            event
            for event in list(self._events.values())
            if event["detail"]["meetingId"] == meeting_id and change_id in (None, event["detail"]["changeId"])
        ]

    def everything(self) -> list[Json]:
        """All events that are or were on the queue."""
        while self._take():
            pass
        return list(self._events.values())

    def until(self, meeting_id: str, condition: Callable[[list[Json]], bool], seconds: float = 10) -> list[Json]:
        """The meeting's events once the condition holds for them."""
        deadline = time.monotonic() + seconds * SLOWER
        while not condition(found := self.of(meeting_id)):
            assert time.monotonic() < deadline, f"in {seconds * SLOWER:.0f} s no more came than {kinds(found)}"
            self._take()
        return found

    def until_changed(self, meeting_id: str, change_id: str, seconds: float = 10) -> list[Json]:
        """The events of one change, once Chime has it."""
        self.until(meeting_id, lambda _: CHANGED in kinds(self.of(meeting_id, change_id)), seconds)
        return self.of(meeting_id, change_id)

    def _take(self) -> int:
        with self._lock:
            answer = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            messages = answer.get("Messages", [])
            for message in messages:
                self.bodies.append(message["Body"])
                event = json.loads(message["Body"])
                if event["source"] == "gavel":
                    self._events[event["detail"]["entryId"]] = event
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
            return len(messages)


def kinds(events: list[Json]) -> list[str]:
    return [event["detail-type"] for event in events]
