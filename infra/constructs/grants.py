"""The grants of a function that applies changes. They match the calls that `lambdas/moderation` makes."""

from aws_cdk import Acknowledgment, Aws, Validations
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from .ledger import Ledger
from .wakeups import WakeupQueue

ATTENDEE_ACTIONS = ("chime:DeleteAttendee", "chime:GetAttendee", "chime:UpdateAttendeeCapabilities")
WHOLE_MEETING_ACTIONS = ("chime:BatchUpdateAttendeeCapabilitiesExcept", "chime:DeleteMeeting", "chime:ListAttendees")
MEETING_ACTIONS = ("chime:GetMeeting",)


def moderation_grants(
    ledger: Ledger, wakeups: WakeupQueue, *, whole_meeting: bool = True, meetings: bool = False
) -> list[iam.PolicyStatement]:
    """The grants to load, commit, apply, settle and schedule a wake-up.

    Without `whole_meeting` the function may update single attendees only. `meetings` lets it read whether a meeting
    exists.
    """
    chime = [*ATTENDEE_ACTIONS]
    chime += WHOLE_MEETING_ACTIONS if whole_meeting else ()
    chime += MEETING_ACTIONS if meetings else ()
    return [
        # A transaction needs the actions of its items: IAM has no action for transactions.
        iam.PolicyStatement(
            actions=[
                "dynamodb:BatchGetItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                *(["dynamodb:Query"] if whole_meeting else []),
                "dynamodb:UpdateItem",
            ],
            resources=[ledger.table.table_arn],
        ),
        # All of these take the ARN of a meeting and no narrower one; which meetings exist is known only while they run.
        # AWS documents ARNs of meetings with a Region on one page and without one on another: `*` matches both.
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonchime.html
        iam.PolicyStatement(
            actions=sorted(chime),
            resources=[f"arn:{Aws.PARTITION}:chime:*:{Aws.ACCOUNT_ID}:meeting/*"],
        ),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[wakeups.queue.queue_arn]),
    ]


def explain_any_meeting(role: IConstruct) -> None:
    """Acknowledges the only wildcard in these grants."""
    Validations.of(role).acknowledge(
        Acknowledgment(
            id="AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:chime:*:<AWS::AccountId>:meeting/*]",
            reason="Any meeting of this account: which ones exist is known only while they run. AWS documents "
            "ARNs both with a Region and without one.",
        )
    )
