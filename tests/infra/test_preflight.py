"""What `make deploy` and its kin find out before they build anything."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.config import JWT, LAMBDA
from infra.packaging import bundle
from infra.tools import cdk
from infra.tools.issuer import lacks_key
from infra.tools.preflight import BOOTSTRAP_VERSION, Plan, problems

REGION = "eu-central-1"
DEPLOY = Plan("deploy", "prod", REGION)


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Uses neither profile nor credentials nor Region of the machine that runs the tests."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.fixture
def account() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def bootstrapped(account: None) -> None:
    client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String")


def client(service: Any) -> Any:
    return boto3.client(service, region_name=REGION)


def test_an_emulator_is_never_taken_for_an_account() -> None:
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}
    (found,) = problems(DEPLOY, environment)
    assert "`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3` is set" in found
    assert "unset AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3" in found


@pytest.mark.parametrize(
    ("environment", "words"),
    [({}, "`AWS_PROFILE` is not set"), ({"AWS_PROFILE": "gone"}, "`AWS_PROFILE` is `gone`")],
)
def test_without_credentials_the_profile_is_named(
    environment: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (found,) = problems(DEPLOY, environment)
    assert words in found
    assert "no valid credentials of an AWS account" in found


def test_without_a_region_it_says_how_to_name_one() -> None:
    (found,) = problems(Plan("deploy", "prod", None), {})
    assert "`make deploy REGION=eu-central-1`" in found


def test_a_region_without_chime_is_refused() -> None:
    (found,) = problems(Plan("deploy", "prod", "eu-west-1"), {})
    assert "no control plane in `eu-west-1`" in found


@pytest.mark.usefixtures("account")
def test_an_account_that_is_not_bootstrapped_is_found() -> None:
    (found,) = problems(DEPLOY, {})
    assert "`make bootstrap REGION=eu-central-1`" in found
    assert list(problems(Plan("bootstrap", "prod", REGION), {})) == []


@pytest.mark.usefixtures("bootstrapped")
def test_an_account_that_is_ready_has_no_problems() -> None:
    assert [list(problems(Plan(action, "prod", REGION), {})) for action in ("deploy", "diff", "destroy")] == [
        [],
        [],
        [],
    ]


@pytest.mark.usefixtures("bootstrapped")
def test_foreign_rules_on_the_bus_are_named_before_it_is_destroyed() -> None:
    events = client("events")
    events.create_event_bus(Name="gavel-dev")
    own = {"EventBusName": "gavel-dev", "Name": "own", "EventPattern": {"source": ["school"]}}
    template = json.dumps({"Resources": {"Own": {"Type": "AWS::Events::Rule", "Properties": own}}})
    client("cloudformation").create_stack(StackName="gavel-dev", TemplateBody=template)
    destroy = Plan("destroy", "dev", REGION)
    assert list(problems(destroy, {})) == []
    events.put_rule(Name="audit", EventBusName="gavel-dev", EventPattern='{"source": ["gavel"]}')
    (found,) = problems(destroy, {})
    assert "others made these on `gavel-dev`: audit." in found
    assert "aws events delete-rule --event-bus-name gavel-dev --name NAME" in found
    assert list(problems(Plan("deploy", "dev", REGION), {})) == []


@pytest.mark.parametrize(
    ("keys", "refused_by"),
    [
        ([{"kty": "EC", "use": "sig"}], {JWT}),
        ([{"kty": "EC"}, {"kty": "RSA", "use": "enc"}], {JWT}),
        ([{"kty": "EC"}, {"kty": "RSA"}], set()),
        ([{"kty": "OKP"}], {JWT, LAMBDA}),
        ([], set()),
    ],
)
@pytest.mark.usefixtures("bootstrapped")
def test_an_issuer_without_keys_that_are_taken_is_refused_with_the_reason(
    keys: list[dict[str, str]], refused_by: set[str]
) -> None:
    with issuer(keys) as url:
        for authorizer in (JWT, LAMBDA):
            found = list(problems(Plan("deploy", "prod", REGION, url, authorizer), {}))
            assert bool(found) is (authorizer in refused_by)
            assert all("every token would be answered 401" in reason for reason in found)
            assert all(("`authorizer` to `lambda`" in reason) is (authorizer == JWT) for reason in found)
        assert list(problems(Plan("destroy", "prod", REGION, url), {})) == []


def test_an_issuer_that_can_not_be_asked_is_not_judged() -> None:
    assert lacks_key("https://127.0.0.1:1", JWT) is None


def test_the_plan_is_made_of_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[Plan] = []

    def noted(plan: Plan) -> list[str]:
        plans.append(plan)
        return ["no"]

    monkeypatch.setattr(cdk, "problems", noted)
    cdk.main(["deploy", "--stage", "dev", "-c", "jwtIssuer=https://x.example.com", "-c", "authorizer=lambda"])
    cdk.main(["diff", "--region", REGION])
    assert plans == [Plan("deploy", "dev", None, "https://x.example.com", LAMBDA), Plan("diff", "prod", REGION)]


def test_the_context_is_that_of_the_file_and_of_the_words() -> None:
    context = cdk.context_of(["--require-approval", "never", "-c", "stage=dev", "--context=region=eu-west-2"])
    assert (context["stage"], context["region"], context["retentionDays"]) == ("dev", "eu-west-2", 30)


@pytest.mark.parametrize("action", ["deploy", "diff", "destroy", "bootstrap"])
def test_nothing_is_built_or_run_where_there_is_a_problem(
    action: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def run(*_: object) -> int:
        ran.append("cdk")
        return 0

    monkeypatch.setattr(cdk, "cdk", run)
    monkeypatch.setattr(bundle, "bundle", lambda _: ran.append("bundle"))
    assert cdk.main([action, "--region", REGION]) == 1
    assert "AWS_PROFILE" in capsys.readouterr().err
    assert ran == []


def issuer(keys: list[dict[str, str]]) -> Any:
    """Serves a discovery document and these keys while the block lasts."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            jwks = f"http://127.0.0.1:{server.server_port}/keys"
            body = json.dumps({"keys": keys} if self.path == "/keys" else {"jwks_uri": jwks}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
            pass

    class Running:
        def __enter__(self) -> str:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            return f"http://127.0.0.1:{server.server_port}"

        def __exit__(self, *_: object) -> None:
            server.shutdown()
            server.server_close()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    return Running()
