"""For functions that are built on Powertools for AWS Lambda: `pip install "gavel-client[powertools]"`.

`@event_parser(model=GavelEvent)` takes the events of `gavel_client.events` as they are, with EventBridge's envelope.
"""

from typing import Any

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from pydantic import Json

from .events import GavelEvent

ENTRY_ID = "detail.entryId"
"""Where an event has what tells whether it came before."""


class GavelSqsRecord(SqsRecordModel):
    """A message of a queue between EventBridge and the function: `BatchProcessor(EventType.SQS, GavelSqsRecord)`."""

    body: Json[GavelEvent]


def once_per_entry(**settings: Any) -> IdempotencyConfig:
    """For `@idempotent`: an event that comes twice is processed once. `settings` are those of `IdempotencyConfig`."""
    return IdempotencyConfig(event_key_jmespath=ENTRY_ID, raise_on_no_idempotency_key=True, **settings)
