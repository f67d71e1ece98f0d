"""`python -m local.events`: prints the events of the bus, one JSON document each.

The events stay in the queue for other readers. `--follow` prints the events from now on, until Ctrl-C.
"""

import argparse
import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from local.aws import client

Json = dict[str, Any]
Wanted = Callable[[Json], bool]
HIDDEN_FOR = 60
"""Seconds for which an event that was read is hidden while the rest is read."""
AT_ONCE = 10


def peek(sqs: Any, queue_url: str, seconds: int) -> list[Json]:
    """All events in the queue, oldest first, which stay in it. `seconds`: how long to wait for the first one."""
    read: dict[str, Json] = {}
    while fresh := [m for m in _received(sqs, queue_url, 0 if read else seconds) if m["MessageId"] not in read]:
        read |= {message["MessageId"]: message for message in fresh}
    for message in read.values():
        sqs.change_message_visibility(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    events = [json.loads(message["Body"]) for message in read.values()]
    return sorted(events, key=lambda event: str(event["detail"].get("entryId")))


def follow(sqs: Any, queue_url: str) -> Iterator[Json]:
    """The events that arrive in a queue for this reader alone."""
    while True:
        for message in _received(sqs, queue_url, seconds=1):
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            yield json.loads(message["Body"])


@contextmanager
def subscription(sqs: Any, events: Any, bus: str) -> Iterator[str]:
    """A queue that receives every event of the bus for the length of the `with` block."""
    name = f"gavel-follow-{uuid.uuid4()}"
    queue_url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": [{"prefix": ""}]})
    events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern, State="ENABLED")
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "follow", "Arn": arn}])
    try:
        yield queue_url
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["follow"])
        events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=queue_url)


def matching(type_: str | None, meeting: str | None) -> Wanted:
    return lambda event: type_ in (None, event["detail-type"]) and meeting in (None, event["detail"].get("meetingId"))


def _received(sqs: Any, queue_url: str, seconds: int) -> list[Json]:
    answer = sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=AT_ONCE, WaitTimeSeconds=seconds, VisibilityTimeout=HIDDEN_FOR
    )
    return list(answer.get("Messages", []))


def _show(events: Iterator[Json] | list[Json], wanted: Wanted) -> None:
    for event in events:
        if wanted(event):
            print(json.dumps(event, indent=2), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.events", description=__doc__)
    parser.add_argument("--follow", action="store_true", help="show what comes from now on")
    parser.add_argument("--type", help="only events of this detail-type, like `Moderation Decided`")
    parser.add_argument("--meeting", help="only events of this MeetingId")
    parser.add_argument("--seconds", type=int, default=5, choices=range(21), metavar="0..20", help="wait for the first")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """The command line. Reads the variables that `make run` wrote to `.local/env`."""
    chosen = _parser().parse_args(arguments)
    names = ("AWS_ENDPOINT_URL", "GAVEL_EVENTS_QUEUE_URL", "GAVEL_BUS")
    if missing := [name for name in names if name not in os.environ]:
        print(f"`{missing[0]}` is not set: `source .local/env` first", file=sys.stderr)
        return 1
    endpoint_url, queue_url, bus = (os.environ[name] for name in names)
    wanted, sqs = matching(chosen.type, chosen.meeting), client("sqs", endpoint_url)
    if not chosen.follow:
        _show(peek(sqs, queue_url, chosen.seconds), wanted)
        return 0
    with subscription(sqs, client("events", endpoint_url), bus) as own_url:
        try:
            _show(follow(sqs, own_url), wanted)
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
