"""A function that tells users what a moderator changed for them."""

import os
from collections.abc import Callable, Iterator
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from gavel_client.events import Event
from gavel_client.models import AttendeeCapabilitiesChanged, AttendeeRemoved
from gavel_client.powertools import GavelSqsRecord

logger = Logger(service="notices")
Send = Callable[[str, str], None]
"""Takes the ExternalUserId and a text: a push message, a chat, a mail."""


def notices(event: Event) -> Iterator[tuple[str, str]]:
    """Who is told what."""
    match event:
        case AttendeeCapabilitiesChanged(detail=detail):
            because = f": {detail.reason}" if detail.reason else ""
            for attendee in detail.attendees:
                was_open, is_open = "Send" in attendee.before.audio, "Send" in attendee.after.audio
                if was_open != is_open:
                    yield attendee.external_user_id, f"You may {'speak' if is_open else 'not speak now'}{because}"
        case AttendeeRemoved(detail=detail):
            for removed in detail.attendees:
                yield removed.external_user_id, "You were removed from the meeting"


class Notices:
    """The function. `send` delivers one notice."""

    def __init__(self, send: Send, table: str, client: Any = None) -> None:
        self._send = send
        self._processor = BatchProcessor(EventType.SQS, model=GavelSqsRecord)
        seen = DynamoDBPersistenceLayer(table, boto3_client=client)
        self._config = IdempotencyConfig()
        self._once = idempotent_function(
            self._tell, data_keyword_argument="entry_id", persistence_store=seen, config=self._config
        )

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        self._config.register_lambda_context(context)
        return process_partial_response(event, self._record, self._processor, context)

    def _record(self, record: GavelSqsRecord) -> None:
        self._once(entry_id=record.body.detail.entry_id, event=record.body)

    def _tell(self, entry_id: str, event: Event) -> None:
        for user, text in notices(event):
            self._send(user, text)
        logger.info("notices sent", entry_id=entry_id)


def log(user: str, text: str) -> None:
    """Instead of a push message."""
    logger.info(text, personal=user)


class Handler:
    """The entry point `notices.handler`: the function is made with the first event."""

    def __init__(self) -> None:
        self._notices: Notices | None = None

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        self._notices = self._notices or Notices(log, os.environ["NOTICES_SEEN"])
        return self._notices(event, context)


handler = Handler()
