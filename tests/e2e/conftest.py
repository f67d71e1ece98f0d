"""One local stack for all tests of this directory, in one worker of pytest-xdist."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aws import client
from local.stack import LocalStack
from tests.e2e.bus_events import BusEvents
from tests.e2e.caller import Web
from tests.e2e.deadline import until
from tests.e2e.light import light_bundle
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack
from tests.e2e.remote import COMMAND_SOURCE, EXAM_APP, EventCommandSupport
from tests.e2e.simulator import Simulator

HERE = Path(__file__).parent
LAST = "test_no_join_token"
MEETINGS = 1000
"""That one session of tests may have in Chime at once: AWS raises this quota on request."""
EXAM_APP_MODERATES = f"""
@id("exam-app-may-moderate")
permit (
  principal == Service::"{EXAM_APP}",
  action in [Action::"moderate-user", Action::"moderate-meeting", Action::"end"],
  resource
);
"""


TEACHERS_SILENCE = """
@id("teachers-silence")
permit (principal is User, action in [Action::"mute", Action::"mute-all"], resource)
when { principal.hasTag("groups") && principal.getTag("groups").contains("teachers") };
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
    """Beside the shipped ones: one source of events may moderate, and teachers may mute everyone."""
    directory = tmp_path_factory.mktemp("policies")
    (directory / "own.cedar").write_text(EXAM_APP_MODERATES + TEACHERS_SILENCE)
    return directory


@pytest.fixture(scope="session")
def local_stack(policies: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObservedStack]:
    asset, environment = light_bundle(tmp_path_factory.mktemp("bundle"))
    context = {
        "policyDirectory": str(policies),
        "policyClaims": ["groups"],
        "commandSources": [COMMAND_SOURCE],
        "displayNamesInEvents": True,
    }
    with LocalStack(asset=asset, function_environment=environment, context=context) as stack:
        web, simulator = Web(stack.api_url), Simulator(stack.chime_url)
        sqs = client("sqs", stack.aws_endpoint_url)
        simulator.control("PUT", "settings", {"meetingsAtOnce": MEETINGS})
        try:
            yield ObservedStack(stack, web, simulator, BusEvents(sqs, stack.events_queue_url))
        finally:
            web.close()
            simulator.close()
            sqs.close()


@pytest.fixture
def meeting(local_stack: ObservedStack) -> ModeratedMeeting:
    """`alice` is the host, `bob` and `carol` participants, `victor` a viewer; the mode is `open`."""
    return local_stack.meeting()


@pytest.fixture(scope="session")
def remote(local_stack: ObservedStack) -> Iterator[EventCommandSupport]:
    """With every function behind the queues woken up: deadlines of seconds are none for twelve cold starts."""
    found = EventCommandSupport(local_stack.stack)
    try:
        meeting = local_stack.meeting()
        found.command({"command": "mute-all", "meetingId": meeting.meeting_id, "durationSeconds": 10})
        until(lambda: meeting.has("bob") == MUTED, 60, "a command is carried out")
        until(lambda: meeting.has("bob") == EVERYTHING, 75, "and ends by itself")
        yield found
    finally:
        found.close()
