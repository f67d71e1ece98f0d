"""Wake-ups as delayed SQS messages, precise to about a second."""

import json
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ..ports import Wakeup
from ..telemetry import write
from .retries import retried

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_DELAY = 900
"""The longest delay of a message in SQS, in seconds."""


class SqsWakeupScheduler:
    """The port `WakeupScheduler` on a queue."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def schedule(self, wakeup: Wakeup, after: timedelta) -> None:
        """Schedules the wake-up.

        One beyond the longest delay comes early, and is then scheduled again. A lost one does no harm: every minute the
        reconciler processes everything that is due.
        """
        delay = min(max(ceil(after.total_seconds()), 0), LONGEST_DELAY)
        body = json.dumps({"meetingId": wakeup.meeting_id, "changeId": wakeup.change_id, "userId": wakeup.user_id})
        try:
            retried(lambda: self._client.send_message(QueueUrl=self._queue_url, DelaySeconds=delay, MessageBody=body))
        except (BotoCoreError, ClientError) as error:
            write("WARNING", "wake-up not sent", exception=type(error).__name__)
