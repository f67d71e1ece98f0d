"""Encryption at rest: AWS's own keys, or with `customerManagedKey` one key of the customer's account for everything."""

from typing import TypedDict

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.configuration import Configuration

KEY_ACTIONS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""What a function needs to read and write a table and queues under the key."""


class QueueEncryption(TypedDict, total=False):
    encryption: sqs.QueueEncryption
    encryption_master_key: kms.IKey


def customer_key(scope: Construct, configuration: Configuration) -> kms.IKey | None:
    """The stack's one key; None if AWS's own keys are used."""
    if not configuration.customer_managed_key:
        return None
    stack = Stack.of(scope)
    found = stack.node.try_find_child("Key")
    return found if isinstance(found, kms.Key) else _key(stack, configuration)


def queue_encryption(scope: Construct, configuration: Configuration) -> QueueEncryption:
    key = customer_key(scope, configuration)
    if key is None:
        return {"encryption": sqs.QueueEncryption.SQS_MANAGED}
    return {"encryption": sqs.QueueEncryption.KMS, "encryption_master_key": key}


def key_grants(scope: Construct, configuration: Configuration) -> list[iam.PolicyStatement]:
    """The functions' share."""
    key = customer_key(scope, configuration)
    return [] if key is None else [iam.PolicyStatement(actions=list(KEY_ACTIONS), resources=[key.key_arn])]


def _key(stack: Stack, configuration: Configuration) -> kms.Key:
    """Kept when the stack is deleted: without it the table that stays could not be read."""
    key = kms.Key(
        stack,
        "Key",
        description=f"Gavel ({configuration.stage}): table, queues, logs and alarms",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    here = {"aws:SourceAccount": Aws.ACCOUNT_ID}
    groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:*"
    for service, conditions in {
        # Rules send to the queues, alarms to the topic: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        "events.amazonaws.com": {"StringEquals": here},
        "cloudwatch.amazonaws.com": {"StringEquals": here},
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        f"logs.{Aws.REGION}.amazonaws.com": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    }.items():
        key.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                principals=[iam.ServicePrincipal(service)],
                resources=["*"],  # in a key's policy: this key
                conditions=conditions,
            )
        )
    return key
