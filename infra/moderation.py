"""What the moderator needs, whichever door it stands behind: the twin of `lambdas/moderation`."""

from aws_cdk import Acknowledgment, Aws, Validations
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from infra.ledger import Ledger
from infra.queues import WakeupQueue

ON_ONE_SEAT = ("chime:DeleteAttendee", "chime:GetAttendee", "chime:UpdateAttendeeCapabilities")
ON_EVERYBODY = ("chime:BatchUpdateAttendeeCapabilitiesExcept", "chime:DeleteMeeting", "chime:ListAttendees")
ON_MEETINGS = ("chime:GetMeeting",)


def moderator_grants(
    ledger: Ledger, wakeups: WakeupQueue, *, everybody: bool = True, meetings: bool = False
) -> list[iam.PolicyStatement]:
    """To load, commit, order, settle, and remind; `everybody` False where one seat at a time is all that is ordered,
    `meetings` True where it is asked whether there is such a meeting.
    """
    chime = [*ON_ONE_SEAT, *(ON_EVERYBODY if everybody else ()), *(ON_MEETINGS if meetings else ())]
    return [
        # A transaction needs the actions of its items, there is no action of its own.
        iam.PolicyStatement(
            actions=[
                "dynamodb:BatchGetItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                *(["dynamodb:Query"] if everybody else []),
                "dynamodb:UpdateItem",
            ],
            resources=[ledger.table.table_arn],
        ),
        # All of these take the ARN of a meeting and no narrower one; which meetings exist is known only while they run.
        # One page of AWS's has meetings with a Region in their ARN, another without one: `*` matches both.
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonchime.html
        iam.PolicyStatement(
            actions=sorted(chime),
            resources=[f"arn:{Aws.PARTITION}:chime:*:{Aws.ACCOUNT_ID}:meeting/*"],
        ),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[wakeups.queue.queue_arn]),
    ]


def explain_any_meeting(role: IConstruct) -> None:
    """The one wildcard among the moderator's grants."""
    Validations.of(role).acknowledge(
        Acknowledgment(
            id="AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:chime:*:<AWS::AccountId>:meeting/*]",
            reason="Any meeting of this account: which ones exist is known only while they run. AWS documents "
            "ARNs both with a Region and without one.",
        )
    )
