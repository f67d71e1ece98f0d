"""Queues: encrypted, over TLS only, with a dead-letter queue that has an alarm."""

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from ..config import Config
from .encryption import queue_encryption

MOST_DAYS = 14
"""The longest time that SQS keeps a message."""


def dead_letter_queue(scope: Construct, config: Config) -> sqs.Queue:
    """The queue of messages that could not be processed. They name users, so they are kept no longer than the ledger's
    entries.
    """
    queue = sqs.Queue(
        scope,
        "DeadLetters",
        **queue_encryption(scope),
        enforce_ssl=True,
        retention_period=Duration.days(min(MOST_DAYS, config.retention_days)),
    )
    Validations.of(queue).acknowledge(
        Acknowledgment(id="AwsSolutions-SQS3", reason="This is the dead-letter queue; it needs none of its own.")
    )
    return queue
