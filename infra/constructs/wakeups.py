"""The queue of wake-ups for the reconciler."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from ..config import Config
from ..resources.encryption import queue_encryption
from ..resources.queues import dead_letter_queue


class WakeupQueue(Construct):
    """Messages that wake the reconciler when a change is due, precise to about a second.

    A lost message does no harm: every minute the reconciler reads all records that are due.
    """

    def __init__(self, scope: Construct, name: str, config: Config, *, handled_within: Duration) -> None:
        super().__init__(scope, name)
        self.dead_letters = dead_letter_queue(self, config)
        self.queue = sqs.Queue(
            self,
            "Queue",
            **queue_encryption(self),
            enforce_ssl=True,
            retention_period=Duration.days(1),  # no meeting lives longer
            # Six times the function's time-out: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            visibility_timeout=Duration.seconds(6 * handled_within.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=5),
        )
