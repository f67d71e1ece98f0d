"""One local stack for all tests of this directory, in one worker of pytest-xdist."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aws import client
from local.stack import LocalStack
from tests.e2e.caller import Web
from tests.e2e.light import light_bundle
from tests.e2e.scene import Scene, Theatre
from tests.e2e.simulator import Simulator
from tests.e2e.tap import Tap

HERE = Path(__file__).parent
LAST = "test_no_join_token"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stack is one group; what looks at the traces of all other tests comes last."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("local-stack"))
    items.sort(key=lambda item: item.path.stem == LAST)


@pytest.fixture(scope="session")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    asset, environment = light_bundle(tmp_path_factory.mktemp("bundle"))
    with LocalStack(asset=asset, function_environment=environment) as stack:
        web, simulator = Web(stack.api_url), Simulator(stack.chime_url)
        sqs = client("sqs", stack.aws_endpoint_url)
        try:
            yield Theatre(stack, web, simulator, Tap(sqs, stack.events_queue_url))
        finally:
            web.close()
            simulator.close()
            sqs.close()


@pytest.fixture
def scene(theatre: Theatre) -> Scene:
    """`alice` is the host, `bob` and `carol` participants, `victor` a viewer; the mode is `open`."""
    return theatre.scene()
