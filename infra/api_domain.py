"""Puts the REST API behind a domain of the customer's own."""

from aws_cdk import CfnOutput
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from constructs import Construct

from infra.domain import Domain


def domain_url(scope: Construct, domain: Domain, api: apigatewayv2.HttpApi, stage: apigatewayv2.CfnStage) -> str | None:
    """Puts the API behind the domain; returns its address there, None if the domain is not this stack's."""
    if domain.name is None or domain.certificate_arn is None:
        return None
    own = apigatewayv2.CfnDomainName(
        scope,
        "Domain",
        domain_name=domain.name,
        domain_name_configurations=[
            apigatewayv2.CfnDomainName.DomainNameConfigurationProperty(
                certificate_arn=domain.certificate_arn, endpoint_type="REGIONAL", security_policy="TLS_1_2"
            )
        ],
    )
    mapping = apigatewayv2.CfnApiMapping(
        scope,
        "Mapping",
        api_id=api.api_id,
        domain_name=own.ref,
        stage=stage.ref,
        api_mapping_key=domain.mapping_key,
    )
    mapping.add_resource_dependency(stage)
    target = CfnOutput(
        scope,
        "DomainTarget",
        description=f"What the DNS record of {domain.name} points to (CNAME or alias)",
        value=own.attr_regional_domain_name,
    )
    target.override_logical_id("DomainTarget")
    return f"https://{domain.name}" + (f"/{domain.mapping_key}" if domain.mapping_key else "")
