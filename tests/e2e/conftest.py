"""One local stack for all tests of this directory, in one worker of pytest-xdist."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.bundle import SOURCES
from local.aws import client
from local.stack import LocalStack
from tests.e2e.caller import Web
from tests.e2e.deadline import until
from tests.e2e.light import light_bundle
from tests.e2e.remote import EXAM_APP, EventCommandSupport
from tests.e2e.scene import EVERYTHING, MUTED, ModeratedMeeting, Theatre
from tests.e2e.simulator import Simulator
from tests.e2e.tap import Tap

HERE = Path(__file__).parent
LAST = "test_no_join_token"
EXAM_APP_MODERATES = f"""
@id("exam-app-may-moderate")
permit (
  principal == Service::"{EXAM_APP}",
  action in [Action::"moderate-person", Action::"moderate-meeting", Action::"end"],
  resource
);
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stack is one group; what looks at the traces of all other tests comes last."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("local-stack"))
    items.sort(key=lambda item: item.path.stem == LAST)


@pytest.fixture(scope="session")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As shipped, and one source of events may moderate, which no source may unless it is named."""
    directory = tmp_path_factory.mktemp("policies")
    for shipped in (SOURCES / "moderation" / "adapters" / "cedar").glob("*.cedar*"):
        shutil.copy(shipped, directory)
    (directory / "exam-app.cedar").write_text(EXAM_APP_MODERATES)
    return directory


@pytest.fixture(scope="session")
def theatre(policies: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    asset, environment = light_bundle(tmp_path_factory.mktemp("bundle"))
    context = {"policyDirectory": str(policies)}
    with LocalStack(asset=asset, function_environment=environment, context=context) as stack:
        web, simulator = Web(stack.api_url), Simulator(stack.chime_url)
        sqs = client("sqs", stack.aws_endpoint_url)
        try:
            yield Theatre(stack, web, simulator, Tap(sqs, stack.events_queue_url))
        finally:
            web.close()
            simulator.close()
            sqs.close()


@pytest.fixture
def scene(theatre: Theatre) -> ModeratedMeeting:
    """`alice` is the host, `bob` and `carol` participants, `victor` a viewer; the mode is `open`."""
    return theatre.scene()


@pytest.fixture(scope="session")
def remote(theatre: Theatre) -> Iterator[EventCommandSupport]:
    """With every function behind the queues woken up: deadlines of seconds are none for twelve cold starts."""
    found = EventCommandSupport(theatre.stack)
    try:
        scene = theatre.scene()
        found.command({"command": "mute-all", "meetingId": scene.meeting_id, "durationSeconds": 10})
        until(lambda: scene.has("bob") == MUTED, 60, "a command is carried out")
        until(lambda: scene.has("bob") == EVERYTHING, 75, "and ends by itself")
        yield found
    finally:
        found.close()
