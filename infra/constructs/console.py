"""The hosts' console on the web: a private bucket behind CloudFront. Off by default (`console` in the context)."""

from collections.abc import Mapping
from typing import cast

from aws_cdk import Acknowledgment, CfnElement, Duration, RemovalPolicy, Stack, Token, Validations
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct, IConstruct

from ..config import Config
from ..files import CONSOLE
from ..resources import page
from ..resources.function import log_group

DEPLOYER = "Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C"
"""The construct id of CDK's function that copies files to a bucket. A stack has one."""
COPYING = ("GetObject*", "GetBucket*", "List*", "DeleteObject*", "Abort*")


class Console(Construct):
    """The bucket and the distribution of the pages. `publish` copies them once the API's addresses are known."""

    def __init__(self, scope: Construct, name: str, config: Config) -> None:
        super().__init__(scope, name)
        self._config = config
        # Names at CloudFront are unique in the account, not in the Region: one stage may be in two Regions.
        self._unique = f"{config.named('gavel')}-{Stack.of(self).region}"
        self._bucket = self._files()
        self._distribution = self._edge()
        self.origin = f"https://{self._distribution.distribution_domain_name}"

    def publish(self, api_url: str, live_url: str, hosted_sign_in: Mapping[str, str] | None) -> None:
        """Copies the files and a `config.json`. Each page is narrowed to the origins that it may connect to."""
        config: dict[str, object] = {"apiUrl": api_url}
        talks_to = [page.origin_of(api_url), page.origin_of(live_url)]
        if hosted_sign_in:
            config["hostedSignIn"] = dict(hosted_sign_in)
            talks_to.append(hosted_sign_in["domain"])
        deployment.BucketDeployment(
            self,
            "Pages",
            destination_bucket=self._bucket,
            sources=[
                deployment.Source.asset(str(CONSOLE), exclude=["*.html", "*.d.ts", "tsconfig.json"]),
                *(deployment.Source.data(name, page.narrowed(name, *talks_to)) for name in page.PAGES),
                deployment.Source.json_data("config.json", config),
            ],
            # A page and its modules must have one version, so browsers ask each time whether there is a newer one.
            cache_control=[deployment.CacheControl.no_cache()],
            retain_on_delete=False,
            log_group=log_group(self, "Log", self._config, "console-deployment"),
        )
        self._explain_deployer()

    def _files(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Files",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        _accept(
            bucket,
            **{"AwsSolutions-S1": "Public files of a public project, which CloudFront alone reads: nothing to log."},
        )
        return bucket

    def _edge(self) -> cloudfront.Distribution:
        distribution = cloudfront.Distribution(
            self,
            "Edge",
            comment="Gavel: the hosts' console",
            default_root_object="index.html",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(
                    self._bucket,
                    origin_access_control=cloudfront.S3OriginAccessControl(
                        self, "Access", origin_access_control_name=self._unique
                    ),
                ),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                response_headers_policy=self._headers(),
            ),
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        )
        _accept(
            distribution,
            **{
                "AwsSolutions-CFR1": "Hosts may be anywhere.",
                "AwsSolutions-CFR2": "Static files without a secret; a firewall is billed by the month.",
                "AwsSolutions-CFR3": "Static files: who does what in a meeting is in the API's log and the history.",
                "AwsSolutions-CFR4": "CloudFront's own certificate sets the protocol; a name of one's own would too.",
            },
        )
        return distribution

    def _headers(self) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            response_headers_policy_name=self._unique,
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    # `publish` narrows each page to its API, whose address depends on this distribution by CORS.
                    content_security_policy=page.content_security_policy("https:", "wss:"),
                    override=True,
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=True, override=True
                ),
            ),
        )

    def _explain_deployer(self) -> None:
        """Acknowledges the findings of cdk-nag about CDK's own function, which runs at deployments only."""
        stack = Stack.of(self)
        region = "<AWS::Region>" if Token.is_unresolved(stack.region) else stack.region
        files = stack.get_logical_id(cast("CfnElement", self._bucket.node.default_child))
        found = [
            "AwsSolutions-L1",
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
            *(f"AwsSolutions-IAM5[Action::s3:{action}]" for action in COPYING),
            f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-{region}/*]",
            f"AwsSolutions-IAM5[Resource::<{files}.Arn>/*]",
        ]
        why = "CDK's, for a deployment alone: from the bucket that the CLI uploads to, to the one of these files."
        _accept(stack.node.find_child(DEPLOYER), **dict.fromkeys(found, why))


def _accept(construct: IConstruct, **reasons: str) -> None:
    Validations.of(construct).acknowledge(*(Acknowledgment(id=rule, reason=why) for rule, why in reasons.items()))
