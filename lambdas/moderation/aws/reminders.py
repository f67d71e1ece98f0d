"""Reminders as delayed SQS messages, precise to about a second."""

import json
from datetime import timedelta
from math import ceil
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

LONGEST_DELAY = 900
"""Seconds; SQS delays no message longer."""


class SqsReminders:
    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def remind(self, meeting_id: str, change_id: str, after: timedelta) -> None:
        """A reminder that can't be sent is no loss: the reconciler looks through what is due every minute."""
        try:
            self._client.send_message(
                QueueUrl=self._queue_url,
                DelaySeconds=min(ceil(after.total_seconds()), LONGEST_DELAY),
                MessageBody=json.dumps({"meetingId": meeting_id, "changeId": change_id}),
            )
        except (BotoCoreError, ClientError) as error:
            print(json.dumps({"level": "WARNING", "message": "reminder not sent", "error": type(error).__name__}))
