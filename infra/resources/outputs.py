"""The outputs of a deployed stack, and the same values as SSM parameters for other stacks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aws_cdk import Aws, CfnMapping, CfnOutput, Stack
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from ..config import Config


@dataclass(frozen=True)
class Output:
    """`name` is the output's key; the parameter's name is `/gavel/<name in lower case, with dashes>`."""

    name: str
    value: str
    description: str


def write_outputs(stack: Stack, config: Config, outputs: Iterable[Output]) -> None:
    for output in outputs:
        written = CfnOutput(stack, f"Output{output.name}", value=output.value, description=output.description)
        written.override_logical_id(output.name)
        ssm.CfnParameter(
            stack,
            f"Parameter{output.name}",
            name=parameter_name(config, output.name),
            type="String",
            value=output.value,
            description=output.description,
        )


def parameter_name(config: Config, output: str) -> str:
    return f"/{config.named('gavel')}/{re.sub(r'(?<!^)(?=[A-Z])', '-', output).lower()}"


def dashboard_url(scope: Construct, name: str) -> str:
    console = by_partition(scope, "ConsoleHost", aws="console.aws.amazon.com", gov="console.amazonaws-us-gov.com")
    region = Stack.of(scope).region
    return f"https://{region}.{console}/cloudwatch/home?region={region}#dashboards/dashboard/{name}"


def by_partition(scope: Construct, name: str, *, aws: str, gov: str) -> str:
    """A text with another value in AWS GovCloud."""
    mapping = CfnMapping(scope, name, mapping={"aws": {"is": aws}, "aws-us-gov": {"is": gov}})
    return mapping.find_in_map(Aws.PARTITION, "is")
