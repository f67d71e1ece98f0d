"""Reminders as delayed SQS messages, precise to about a second."""

import json
from collections.abc import Callable
from datetime import timedelta
from math import ceil
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..ports import Wakeup
from ..telemetry import write
from .retries import retried

LONGEST_DELAY = 900
"""Seconds; SQS delays no message longer."""


class SqsWakeupScheduler:
    """`client` is asked for when there is something to remind of: most deeds last until somebody lifts them."""

    def __init__(self, client: Callable[[], Any], queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def schedule(self, wakeup: Wakeup, after: timedelta) -> None:
        """What is too far away comes early, and is then reminded of again. A reminder that can't be sent is no loss:
        the reconciler looks through what is due every minute.
        """
        message = {
            "QueueUrl": self._queue_url,
            "DelaySeconds": min(max(ceil(after.total_seconds()), 0), LONGEST_DELAY),
            "MessageBody": json.dumps(
                {"meetingId": wakeup.meeting_id, "changeId": wakeup.change_id, "userId": wakeup.user_id}
            ),
        }
        try:
            retried(lambda: self._client().send_message(**message))
        except (BotoCoreError, ClientError) as error:
            write("WARNING", "reminder not sent", exception=type(error).__name__)
