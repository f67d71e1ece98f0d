"""Encryption at rest: AWS's own keys, or with `customerManagedKey` one key of the customer's account for everything."""

from typing import TypedDict, cast

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from ..config import Config

KEY_ACTIONS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""The actions with which a function reads and writes the table and queues under the key."""


KEY = "gavel:key"
"""The context key under which constructs find the KMS key."""


class QueueEncryption(TypedDict, total=False):
    encryption: sqs.QueueEncryption
    encryption_master_key: kms.IKey


def use_key(scope: Construct, config: Config, key: kms.IKey | None) -> None:
    """Encrypts everything below the scope with the key, or with a new one if the configuration says so."""
    if key is None and config.customer_managed_key:
        # The key is made beside the scope: context can be set only while a scope has no children.
        key = _key(cast("Construct", scope.node.scope), f"{scope.node.id}Key", config)
    if key is not None:
        _permit_services(key)
        scope.node.set_context(KEY, key)


def customer_key(scope: Construct) -> kms.IKey | None:
    """The KMS key of this scope; `None` if it uses AWS's own keys."""
    found: kms.IKey | None = scope.node.try_get_context(KEY)
    return found


def queue_encryption(scope: Construct) -> QueueEncryption:
    key = customer_key(scope)
    if key is None:
        return {"encryption": sqs.QueueEncryption.SQS_MANAGED}
    return {"encryption": sqs.QueueEncryption.KMS, "encryption_master_key": key}


def key_grants(scope: Construct) -> list[iam.PolicyStatement]:
    """The grants of a function to use the key."""
    key = customer_key(scope)
    return [] if key is None else [iam.PolicyStatement(actions=list(KEY_ACTIONS), resources=[key.key_arn])]


def _key(scope: Construct, name: str, config: Config) -> kms.Key:
    """A new key. It is kept when the stack is deleted: without it the table, which is kept too, could not be read."""
    return kms.Key(
        scope,
        name,
        description=f"Gavel ({config.stage}): table, queues, logs and alarms",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )


def _permit_services(key: kms.IKey) -> None:
    """Lets EventBridge rules, alarms and logs of this account use the key. CDK cannot change the policy of a key from
    another app; its owner has to.
    """
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
