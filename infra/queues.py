"""Queues as all of Gavel's are: encrypted, over TLS only, and nothing that fails is lost unseen."""

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.configuration import Configuration
from infra.encryption import queue_encryption

MOST_DAYS = 14
"""That SQS keeps a message."""


def dead_letter_queue(scope: Construct, configuration: Configuration) -> sqs.Queue:
    """Where messages end that could not be worked off. They name people, so they stay no longer than all else that
    does, and no longer than SQS keeps any.
    """
    queue = sqs.Queue(
        scope,
        "Undeliverable",
        **queue_encryption(scope, configuration),
        enforce_ssl=not configuration.is_local,  # the emulator listens on 127.0.0.1, without TLS
        retention_period=Duration.days(min(MOST_DAYS, configuration.retention_days)),
    )
    Validations.of(queue).acknowledge(
        Acknowledgment(id="AwsSolutions-SQS3", reason="This is the dead-letter queue; it needs none of its own.")
    )
    return queue


class WakeupQueue(Construct):
    """Messages that wake the reconciler when a change falls due, precise to about a second.

    Losing one does no harm: the reconciler looks through what is due every minute.
    """

    def __init__(self, scope: Construct, name: str, configuration: Configuration, *, handled_within: Duration) -> None:
        super().__init__(scope, name)
        self.undeliverable = dead_letter_queue(self, configuration)
        self.queue = sqs.Queue(
            self,
            "Queue",
            **queue_encryption(self, configuration),
            enforce_ssl=not configuration.is_local,
            retention_period=Duration.days(1),  # no meeting lives longer
            # Six times the function's time-out: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            visibility_timeout=Duration.seconds(6 * handled_within.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.undeliverable, max_receive_count=5),
        )
