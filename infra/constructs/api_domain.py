"""A domain of the customer's own in front of the REST API."""

from aws_cdk import CfnOutput
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from constructs import Construct

from ..config import Config


class ApiDomain(Construct):
    """The API mapping, on a domain that exists or on a new one; `url` is where callers then reach the API."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        config: Config,
        *,
        api: apigatewayv2.IHttpApi,
        stage: apigatewayv2.CfnStage,
        existing: apigatewayv2.IDomainName | None,
    ) -> None:
        super().__init__(scope, name)
        domain = existing.name if existing else self._domain(config)
        mapping = apigatewayv2.CfnApiMapping(
            self,
            "Mapping",
            api_id=api.api_id,
            domain_name=domain,
            stage=stage.ref,
            api_mapping_key=config.mapping_key,
        )
        mapping.add_resource_dependency(stage)
        below = f"/{config.mapping_key}" if config.mapping_key else ""
        self.url = f"https://{existing.name if existing else config.domain_name}{below}"

    def _domain(self, config: Config) -> str:
        """A new domain, and an output with what its DNS record points to. Returns CloudFormation's reference to it."""
        own = apigatewayv2.CfnDomainName(
            self,
            "Name",
            domain_name=str(config.domain_name),
            domain_name_configurations=[
                apigatewayv2.CfnDomainName.DomainNameConfigurationProperty(
                    certificate_arn=config.certificate_arn, endpoint_type="REGIONAL", security_policy="TLS_1_2"
                )
            ],
        )
        target = CfnOutput(
            self,
            "Target",
            description=f"What the DNS record of {config.domain_name} points to (CNAME or alias)",
            value=own.attr_regional_domain_name,
        )
        target.override_logical_id("DomainTarget")
        return own.ref
