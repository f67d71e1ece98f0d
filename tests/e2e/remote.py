"""Events as other people's software sends them, and the queues that they go through."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from local.aws import ACCOUNT, REGION, client
from local.stack import LocalStack

Json = dict[str, Any]

EXAM_APP = "exam.app"
"""The source that the tests' policies permit to moderate."""
COMMAND_SOURCE = "school.app"
"""What `commandSources` names: no policy of the tests does."""
COMMAND = "Moderation Command"
INBOX = "GavelEventCommandsInboxQueue"
UNDELIVERABLE = "GavelEventCommandsInboxDeadLetters"
WAKEUPS = "GavelWakeupsQueue"


def envelope(detail: Json, source: str = EXAM_APP) -> Json:
    """A command as EventBridge hands it to the inbox's queue: the id is what a second delivery has in common."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": COMMAND,
        "source": source,
        "account": ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [],
        "detail": detail,
    }


class EventCommandSupport:
    def __init__(self, stack: LocalStack) -> None:
        self._bus = stack.bus
        self._events = client("events", stack.aws_endpoint_url)
        self._sqs = client("sqs", stack.aws_endpoint_url)

    def close(self) -> None:
        self._events.close()
        self._sqs.close()

    def command(self, detail: Json, source: str = EXAM_APP) -> None:
        """On the bus that commands are for."""
        self._put(EventBusName=self._bus, Source=source, DetailType=COMMAND, Detail=json.dumps(detail))

    def happened(self, kind: str, detail: Json, source: str = "school") -> None:
        """On the account's default bus, by somebody who knows nothing of Gavel."""
        self._put(Source=source, DetailType=kind, Detail=json.dumps(detail))

    def deliver(self, *events: Json) -> None:
        """What EventBridge may do twice."""
        for event in events:
            self._sqs.send_message(QueueUrl=self._url(INBOX), MessageBody=json.dumps(event))

    def is_through(self) -> bool:
        """Whether no command waits, is being carried out, or waits to be tried again."""
        return not self._left(INBOX)

    def undeliverable(self) -> int:
        return self._left(UNDELIVERABLE)

    def lose_wakeups(self) -> int:
        """Those that are under way, as SQS never would; the promise holds all the same. Returns how many."""
        under_way = self._left(WAKEUPS)
        self._sqs.purge_queue(QueueUrl=self._url(WAKEUPS))
        assert self._left(WAKEUPS) == 0
        return under_way

    def _put(self, **entry: str) -> None:
        assert self._events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def _left(self, queue: str) -> int:
        names = [f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")]
        found = self._sqs.get_queue_attributes(QueueUrl=self._url(queue), AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def _url(self, queue: str) -> str:
        """CloudFormation adds a hash to the construct's name."""
        [url] = [url for url in self._sqs.list_queues()["QueueUrls"] if f"-{queue}" in url]
        return str(url)
