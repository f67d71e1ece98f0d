"""What API Gateway does to connections by itself, played by the local stack in seconds: it closes the silent ones and
the old ones, and takes no message that is too large. Listeners miss nothing by it.
"""

import json
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed

from local.stack import LocalStack
from local.websockets import GOING_AWAY, IDLE, LARGEST_FRAME, LARGEST_MESSAGE, LIFETIME, TOO_LARGE, Limits
from tests.e2e.bus_events import BusEvents
from tests.e2e.caller import Web, done
from tests.e2e.deadline import SLOWER, until
from tests.e2e.light import light_bundle
from tests.e2e.meeting import MUTED, ModeratedMeeting, ObservedStack
from tests.e2e.page import LivePage, connection
from tests.e2e.simulator import Simulator
from tests.memory.live import Page

pytestmark = pytest.mark.xdist_group("websocket-limits")
SILENCE, AGE = 24, 32
"""Seconds in the places of ten minutes and two hours."""
NOTHING = b'{"type": "change", "part": 1}'
ASK_AGAIN = SILENCE / 2
"""As clients do, who ask every five minutes."""


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModeratedMeeting]:
    asset, environment = light_bundle(tmp_path_factory.mktemp("bundle"))
    limits = {IDLE: str(SILENCE), LIFETIME: str(AGE)}
    with LocalStack(asset=asset, function_environment=environment, emulator_environment=limits) as stack:
        web, simulator = Web(stack.api_url), Simulator(stack.chime_url)
        meeting = ObservedStack(stack, web, simulator, BusEvents(None, stack.events_queue_url)).meeting()
        until(lambda: is_told(meeting), 60, "the functions have started")
        yield meeting
        web.close()
        simulator.close()


def is_told(meeting: ModeratedMeeting) -> bool:
    """Whether a snapshot comes before the connection is closed; the first one waits for the function's worker."""
    with connection(done(meeting.alice.post("/live"))["url"]) as socket:
        socket.send(json.dumps({"action": "listen"}))
        try:
            return bool(json.loads(socket.recv(SILENCE))["type"] == "snapshot")
        except (ConnectionClosed, TimeoutError):
            return False


def test_the_limits_are_those_of_aws() -> None:
    assert Limits.of({}) == Limits(idle=600, lifetime=7200)


def test_a_silent_connection_is_closed_and_its_listener_misses_nothing(meeting: ModeratedMeeting) -> None:
    began = time.monotonic()
    with LivePage(meeting.alice, "alice") as page:
        cursor = page.page.cursor
        assert page.ended.wait(60)
        assert (time.monotonic() - began >= SILENCE, page.close_code) == (True, GOING_AWAY)
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "while the line was dead"}))
    with LivePage(meeting.alice, "alice", after=cursor) as after:
        assert after.shows(lambda shown: is_muted(shown, meeting, "bob"), 10)
        assert "while the line was dead" in {entry["reason"] for entry in after.page.entries.values()}


def test_who_asks_again_in_time_stays_until_the_connection_is_old(meeting: ModeratedMeeting) -> None:
    began = time.monotonic()
    with LivePage(meeting.bob, "bob") as page:
        while not page.ended.wait(ASK_AGAIN):
            assert time.monotonic() - began < SLOWER * AGE, "it was never closed"
            page.ask(page.page.cursor)
        assert (time.monotonic() - began >= AGE, page.close_code) == (True, GOING_AWAY)
        cursor = page.page.cursor
    done(meeting.alice.post(meeting.at("carol", "/mute")))
    with LivePage(meeting.bob, "bob", after=cursor) as after:
        assert after.shows(lambda shown: is_muted(shown, meeting, "carol"), 10)


def test_a_message_that_is_too_large_is_refused_and_the_connection_stays(meeting: ModeratedMeeting) -> None:
    with LivePage(meeting.alice, "alice") as page:
        with meeting.local_stack.connection(meeting.meeting_id, "alice") as (gateway, connection_id):
            with pytest.raises(ClientError, match="PayloadTooLargeException"):
                gateway.post_to_connection(ConnectionId=connection_id, Data=NOTHING.ljust(LARGEST_MESSAGE + 1))
            gateway.post_to_connection(ConnectionId=connection_id, Data=NOTHING.ljust(LARGEST_MESSAGE))
        assert page.shows(lambda _: len(page.messages) == 2, 10), "after the snapshot"


def test_a_client_that_says_too_much_is_cut_off(meeting: ModeratedMeeting) -> None:
    with connection(done(meeting.alice.post("/live"))["url"]) as socket:
        socket.send("x" * (LARGEST_FRAME + 1))
        with pytest.raises(ConnectionClosed):
            socket.recv(30)
        assert socket.close_code == TOO_LARGE


def is_muted(page: Page, meeting: ModeratedMeeting, user: str) -> bool:
    return page.attendees.get(meeting.attendees[user], {}).get("capabilities") == MUTED
