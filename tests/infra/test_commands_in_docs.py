"""What docs tell operators to type is there: commands of the AWS CLI, outputs of the stack, routes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import Session

from tests.infra.conftest import Synthesis
from tests.unit.host_api.operations import OPERATIONS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FIRST_HOUR = ROOT / "docs" / "getting-started.md"
OF_EVERY_COMMAND = {"query", "output", "region", "profile"}
NO_OPERATIONS = {("sso", "login"), ("logs", "tail"), ("configure", "sso"), ("cloudformation", "deploy")}
"""What the CLI does by itself."""
WITHOUT_VALUE = {"permanent", "no-permanent"}
AN_ID = "2847961f-0000-4000-8000-000000000000"


def shell(page: Path) -> Iterator[str]:
    """Lines of the blocks, with those that go on joined; and what stands between backticks in the text."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`(aws [^`]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def aws_commands(page: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Service, operation and the names of the options."""
    for line in shell(page):
        for service, operation, rest in re.findall(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)([^|]*)", line):
            yield service, operation, re.findall(r"(?<=\s--)[a-z-]+", rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_aws_cli_has_these_commands_and_options(page: Path) -> None:
    session = Session()
    for service, operation, options in aws_commands(page):
        if (service, operation) in NO_OPERATIONS:
            continue
        model = session.get_service_model(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        assert operation in operations, f"aws {service} {operation}"
        shape = model.operation_model(operations[operation]).input_shape
        members = {xform_name(name, "-") for name in (shape.members if shape else {})}
        left = set(options) - members - OF_EVERY_COMMAND - WITHOUT_VALUE
        assert not left, f"aws {service} {operation}: {left}"


def test_commands_of_the_first_hour_say_all_that_they_must() -> None:
    session, seen = Session(), 0
    for service, operation, options in aws_commands(FIRST_HOUR):
        if (service, operation) in NO_OPERATIONS:
            continue
        model = session.get_service_model(service)
        [name] = [each for each in model.operation_names if xform_name(each, "-") == operation]
        shape = model.operation_model(name).input_shape
        required = {xform_name(member, "-") for member in (shape.required_members if shape else [])}
        assert required <= set(options), f"aws {service} {operation}"
        seen += 1
    assert seen > 10


def test_outputs_of_the_first_hour_are_outputs(synthesis: Synthesis) -> None:
    named = set(re.findall(r"\$\(output (\w+)\)", FIRST_HOUR.read_text()))
    assert {"ApiUrl", "TokenUrl", "UserPoolId", "HostsClientId", "BackEndClientId", "BusName"} <= named
    assert named <= synthesis.template({})["Outputs"].keys()


def test_requests_of_the_first_hour_have_routes() -> None:
    asked = []
    for line in shell(FIRST_HOUR):
        if not line.startswith("admin "):
            continue
        words = shlex.split(line.partition("|")[0])
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        path = re.sub(r"\$[A-Z]+", AN_ID, next(w for w in words if w.startswith("$API")).removeprefix("$API"))
        [operation] = [each for each in OPERATIONS if each.method == method and each.fits(path)]
        asked.append(operation.path)
    assert {"/meetings/{meetingId}", "/meetings/{meetingId}/history"} < set(asked)
