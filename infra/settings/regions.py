"""The Regions that a stack may be deployed to, and the services that some of them lack."""

# The Regions with a control plane for Amazon Chime SDK meetings. botocore builds a host name for any Region.
# https://docs.aws.amazon.com/chime-sdk/latest/dg/sdk-available-regions.html
CONTROL_REGIONS = (
    "us-east-1", "us-west-2", "af-south-1", "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1",
    "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-west-2", "il-central-1", "us-gov-east-1", "us-gov-west-1",
)  # fmt: skip
WITHOUT_SCHEMAS = ("il-central-1",)
"""Regions without a schema registry of EventBridge: CloudFormation does not know `AWS::EventSchemas::*` there."""


def is_govcloud(region: str | None) -> bool:
    return bool(region) and str(region).startswith("us-gov-")
