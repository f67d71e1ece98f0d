"""The hosts' console on the web: a private bucket behind CloudFront. Off by default (`console` in the context)."""

from collections.abc import Mapping
from typing import cast

from aws_cdk import Acknowledgment, CfnElement, Duration, RemovalPolicy, Stack, Token, Validations
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct, IConstruct

from infra import page
from infra.configuration import Configuration
from infra.function import log_group

DEPLOYER = "Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C"
"""What CDK calls its function that copies files; one for a stack."""
COPYING = ("GetObject*", "GetBucket*", "List*", "DeleteObject*", "Abort*")


class Console(Construct):
    """Where the pages are. `publish` puts them there once it is known whom they talk to."""

    def __init__(self, scope: Construct, name: str, configuration: Configuration) -> None:
        super().__init__(scope, name)
        self._configuration = configuration
        # CloudFront's own things are the account's, not a Region's: the same stage may be in two Regions.
        self._unique = f"{configuration.named('gavel')}-{Stack.of(self).region}"
        self._bucket = self._files()
        self._distribution = self._edge()
        self.origin = f"https://{self._distribution.distribution_domain_name}"

    def publish(self, api_url: str, live_url: str, hosted_sign_in: Mapping[str, str] | None) -> None:
        """The files, `config.json`, and in each page the only origins that it may talk to."""
        config: dict[str, object] = {"apiUrl": api_url}
        talks_to = [api_url, _origin(live_url)]
        if hosted_sign_in:
            config["hostedSignIn"] = dict(hosted_sign_in)
            talks_to.append(hosted_sign_in["domain"])
        deployment.BucketDeployment(
            self,
            "Pages",
            destination_bucket=self._bucket,
            sources=[
                deployment.Source.asset(str(page.DIRECTORY), exclude=["*.html", "*.d.ts", "tsconfig.json"]),
                *(deployment.Source.data(name, page.narrowed(name, *talks_to)) for name in page.PAGES),
                deployment.Source.json_data("config.json", config),
            ],
            # A page and its modules are of one version: nobody keeps them without asking whether they are new.
            cache_control=[deployment.CacheControl.no_cache()],
            retain_on_delete=False,
            log_group=log_group(self, "Log", self._configuration, "console-deployment"),
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
                    # Which of them: each page says so. The API's address depends on this one by CORS.
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
        """CDK's own function, which copies the files at a deployment and never runs otherwise."""
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


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])


def _accept(construct: IConstruct, **reasons: str) -> None:
    Validations.of(construct).acknowledge(*(Acknowledgment(id=rule, reason=why) for rule, why in reasons.items()))
