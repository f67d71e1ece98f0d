"""One stage of Gavel as a CloudFormation stack of its own."""

from aws_cdk import Environment, Stack
from constructs import Construct

from infra.config import Config
from infra.gavel import Gavel
from infra.packaging.asset import function_asset
from infra.resources.outputs import write_outputs


class GavelStack(Stack):
    """The construct `Gavel` with its outputs, which are also SSM parameters."""

    def __init__(self, scope: Construct, config: Config) -> None:
        super().__init__(
            scope,
            config.named("gavel"),
            description="Gavel: moderation of Amazon Chime SDK meetings",
            env=Environment(region=config.region) if config.region else None,
            analytics_reporting=False,
        )
        built = {"asset_directory": function_asset(config), "policy_directory": None}
        self.gavel = Gavel(self, "Gavel", config.model_copy(update=built))
        write_outputs(self, config, self.gavel.outputs())
