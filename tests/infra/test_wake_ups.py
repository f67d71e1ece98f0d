"""A wake-up that is too far away for SQS is sent on, hop by hop: Lambda must not take that for a runaway loop."""

import heapq
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from moderation.adapters.sqs import LONGEST_DELAY, SqsWakeupScheduler
from moderation.bootstrap import Gavel
from moderation.domain.commands import Mute
from moderation.ports import Wakeup

from tests.infra.conftest import Template
from tests.infra.resources import function
from tests.memory.clock import START, Clock
from tests.memory.moderated_meeting import ModeratedMeeting

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MOST_HOPS = 16
"""Of one lineage, then Lambda stops the function: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"""
A_DAY = 86_400
RECONCILER = "reconciler.handler.handler"


class Queue:
    """Delays messages on a virtual clock, and knows how many invocations each has behind it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[tuple[datetime, int, int, str]] = []
        self.sent = 0
        self.hops = 0

    def send_message(self, **message: Any) -> None:
        assert 0 <= message["DelaySeconds"] <= LONGEST_DELAY
        self.sent += 1
        due = self._clock.now() + timedelta(seconds=message["DelaySeconds"])
        heapq.heappush(self._waiting, (due, self.sent, self.hops, message["MessageBody"]))

    def receive(self) -> str | None:
        """The next message, when its time has come; what the function sends next is one hop further."""
        if not self._waiting:
            return None
        due, _, hops, body = heapq.heappop(self._waiting)
        self._clock.time = max(self._clock.time, due)
        self.hops = hops + 1
        return body


def walk(recursive_loop: str) -> tuple[ModeratedMeeting, Queue]:
    """A mute of 24 hours, ended by wake-ups alone, under Lambda's rule."""
    meeting = ModeratedMeeting()
    queue = Queue(meeting.clock)
    gavel = meeting.gavel = Gavel(
        replace(meeting.ports, wakeups=SqsWakeupScheduler(cast("SQSClient", queue), "https://queue"))
    )
    meeting.answered("alice", Mute(seconds=A_DAY), "bob")
    while (body := queue.receive()) is not None:
        if queue.hops > MOST_HOPS and recursive_loop != "Allow":
            continue  # stopped before the function runs, until the dead-letter queue has the message
        said: dict[str, Any] = json.loads(body)
        gavel.reconciler.on_wakeup(Wakeup(said["meetingId"], said["changeId"], said["userId"]))
    return meeting, queue


def test_a_mute_of_a_day_ends_to_the_second(default: Template) -> None:
    meeting, queue = walk(function(default, RECONCILER).get("RecursiveLoop", "Terminate"))
    assert queue.sent >= A_DAY // LONGEST_DELAY
    assert meeting.held("bob")["audio"] == "SendReceive"
    (ended,) = [entry for entry in meeting.entries("Attendee Capabilities Changed") if entry.command == "expire"]
    assert timedelta(0) <= ended.occurred_at - (START + timedelta(seconds=A_DAY)) < timedelta(seconds=2)


def test_the_rule_would_cut_it_off() -> None:
    """The other test means something only if the walk obeys the rule."""
    meeting, queue = walk("Terminate")
    assert queue.sent == MOST_HOPS + 1
    assert meeting.held("bob")["audio"] == "Receive"


def test_no_other_function_may_loop(default: Template) -> None:
    loops = {
        each["Properties"]["Handler"]
        for each in default["Resources"].values()
        if each["Type"] == "AWS::Lambda::Function" and "RecursiveLoop" in each["Properties"]
    }
    assert loops == {RECONCILER}
