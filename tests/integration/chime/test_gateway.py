"""The gateway to Chime, with real boto3 against the simulator: what comes back, and what each failure is called."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from moderation.adapters.chime import PAGE, ChimeGateway
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.meeting import Features
from moderation.ports import ChimeNotFoundError, ChimeRejectedError, ChimeRetryableError, OutcomeUnknownError

from local.chime import ChimeSimulator, Settings

UNKNOWN = "00000000-0000-0000-0000-000000000000"
MUTED = EVERYTHING & ~Capabilities.SEND_AUDIO


def client(url: str, seconds: float = 30) -> Any:
    return boto3.client(
        "chime-sdk-meetings",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(connect_timeout=10, read_timeout=seconds, retries={"total_max_attempts": 1}),
    )


class Bench:
    """A meeting of bob's in the simulator, and the gateway to it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = client(url)
        self.gateway = ChimeGateway(self.client)
        self.meeting = self.create()
        self.bob = self.join(self.meeting, "bob")

    def create(self, **features: Any) -> str:
        made = self.client.create_meeting(
            ClientRequestToken=f"token-{id(features)}", ExternalMeetingId="lesson", MediaRegion="us-east-1", **features
        )
        return str(made["Meeting"]["MeetingId"])

    def join(self, meeting: str, user: str) -> str:
        made = self.client.create_attendee(MeetingId=meeting, ExternalUserId=user)
        return str(made["Attendee"]["AttendeeId"])

    def fault(self, **how: Any) -> None:
        fault = {"operation": "UpdateAttendeeCapabilities", "count": 1, **how}
        httpx.post(f"{self.url}/_simulator/faults", json=fault, trust_env=False, timeout=60).raise_for_status()

    def calls(self, operation: str) -> list[dict[str, Any]]:
        found = httpx.get(f"{self.url}/_simulator/calls?operation={operation}", trust_env=False, timeout=60).json()[
            "calls"
        ]
        return [call for call in found if call["meetingId"] == self.meeting]


@pytest.fixture(scope="module")
def simulator() -> Iterator[ChimeSimulator]:
    with ChimeSimulator(settings=Settings(quota=False)) as running:
        yield running


@pytest.fixture
def bench(simulator: ChimeSimulator) -> Iterator[Bench]:
    httpx.post(f"{simulator.url}/_simulator/reset", trust_env=False, timeout=60).raise_for_status()
    bench = Bench(simulator.url)
    yield bench
    bench.client.close()


def test_a_meeting_has_the_features_it_was_created_with(bench: Bench) -> None:
    found = bench.gateway.meeting(bench.meeting)
    assert (found.external_id, found.features) == ("lesson", Features())
    silent = bench.create(MeetingFeatures={"Video": {"MaxResolution": "None"}})
    assert bench.gateway.meeting(silent).features == Features(video=False)
    plain = bench.create(MeetingFeatures={"Content": {"MaxResolution": "None"}, "Video": {"MaxResolution": "FHD"}})
    assert bench.gateway.meeting(plain).features == Features(content=False)


def test_a_seat_and_an_order(bench: Bench) -> None:
    assert bench.gateway.seat(bench.meeting, bench.bob).capabilities == EVERYTHING
    assert bench.gateway.order(bench.meeting, bench.bob, MUTED) == MUTED
    assert bench.gateway.seat(bench.meeting, bench.bob).capabilities == MUTED
    [call] = bench.calls("UpdateAttendeeCapabilities")
    assert call["capabilities"] == {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"}


def test_everybody_but_the_excluded(bench: Bench) -> None:
    carol = bench.join(bench.meeting, "carol")
    bench.gateway.order_except(bench.meeting, [carol], MUTED)
    assert {s.user_id: s.capabilities for s in bench.gateway.roster(bench.meeting)} == {
        "bob": MUTED,
        "carol": EVERYTHING,
    }


def test_a_seat_is_taken_away(bench: Bench) -> None:
    carol = bench.join(bench.meeting, "carol")

    bench.gateway.remove(bench.meeting, bench.bob)

    assert [s.attendee_id for s in bench.gateway.roster(bench.meeting)] == [carol]
    with pytest.raises(ChimeNotFoundError):
        bench.gateway.remove(bench.meeting, bench.bob)


def test_a_meeting_is_ended(bench: Bench) -> None:
    bench.gateway.end(bench.meeting)

    with pytest.raises(ChimeNotFoundError):
        bench.gateway.meeting(bench.meeting)
    with pytest.raises(ChimeNotFoundError):
        bench.gateway.end(bench.meeting)
    with pytest.raises(ChimeNotFoundError):
        bench.gateway.remove(bench.meeting, bench.bob)


FATAL: dict[str, Callable[[Bench], object]] = {
    "DeleteAttendee": lambda bench: bench.gateway.remove(bench.meeting, bench.bob),
    "DeleteMeeting": lambda bench: bench.gateway.end(bench.meeting),
}


@pytest.mark.parametrize("operation", FATAL)
@pytest.mark.parametrize(
    ("fault", "failure", "done"),
    [
        ({"status": 403}, ChimeRejectedError, False),
        ({"status": 404}, ChimeNotFoundError, False),
        ({"status": 429}, ChimeRetryableError, False),
        ({"status": 503}, OutcomeUnknownError, False),
        ({"dropConnection": "before"}, OutcomeUnknownError, False),
        ({"dropConnection": "after"}, OutcomeUnknownError, True),
    ],
)
def test_who_or_what_has_to_go_fails_as_orders_do(
    bench: Bench, operation: str, fault: dict[str, Any], failure: type[Exception], done: bool
) -> None:
    bench.fault(operation=operation, **fault)
    with pytest.raises(failure) as raised:
        FATAL[operation](bench)
    assert "Message" not in str(raised.value)
    assert len(bench.calls(operation)) == 1
    if done:
        with pytest.raises(ChimeNotFoundError):
            bench.gateway.seat(bench.meeting, bench.bob)
    else:
        assert bench.gateway.seat(bench.meeting, bench.bob).user_id == "bob"


def test_a_roster_has_all_pages(bench: Bench) -> None:
    for number in range(PAGE + 1):
        bench.join(bench.meeting, f"user {number}")
    assert len(bench.gateway.roster(bench.meeting)) == PAGE + 2


def test_no_token_gets_through(bench: Bench) -> None:
    seen = repr([bench.gateway.seat(bench.meeting, bench.bob), bench.gateway.roster(bench.meeting)])
    assert "JOINTOKEN" not in seen.upper()


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, ChimeRejectedError),
        (403, ChimeRejectedError),
        (404, ChimeNotFoundError),
        (409, ChimeRetryableError),
        (429, ChimeRetryableError),
        (500, OutcomeUnknownError),
        (503, OutcomeUnknownError),
    ],
)
def test_failures_go_by_status_and_one_call_is_one_attempt(bench: Bench, status: int, failure: type[Exception]) -> None:
    bench.fault(status=status)
    with pytest.raises(failure) as raised:
        bench.gateway.order(bench.meeting, bench.bob, MUTED)
    assert "Message" not in str(raised.value)
    assert len(bench.calls("UpdateAttendeeCapabilities")) == 1
    assert bench.gateway.seat(bench.meeting, bench.bob).capabilities == EVERYTHING


def mute_bob(bench: Bench) -> object:
    return bench.gateway.order(bench.meeting, bench.bob, MUTED)


@pytest.mark.parametrize("operation", [*FATAL, "UpdateAttendeeCapabilities"])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
def test_no_broken_server_refuses_for_good(bench: Bench, operation: str, status: int) -> None:
    """A widening that is refused for good is taken back at once, and a narrowing no longer tried in time."""
    bench.fault(operation=operation, status=status)
    with pytest.raises((ChimeRetryableError, OutcomeUnknownError)):
        FATAL.get(operation, mute_bob)(bench)


def test_an_unmodelled_validation_error_is_not_taken(bench: Bench) -> None:
    with pytest.raises(ChimeRejectedError):
        bench.gateway.order(bench.meeting, "not an id", MUTED)


def test_what_is_not_there_is_missing(bench: Bench) -> None:
    with pytest.raises(ChimeNotFoundError):
        bench.gateway.meeting(UNKNOWN)
    with pytest.raises(ChimeNotFoundError):
        bench.gateway.seat(bench.meeting, UNKNOWN)


@pytest.mark.parametrize("fault", [{"dropConnection": "before"}, {"dropConnection": "after"}, {"delayMs": 1500}])
def test_a_dropped_or_late_answer_has_an_unknown_end(bench: Bench, fault: dict[str, Any]) -> None:
    bench.fault(**fault)
    impatient = client(bench.url, seconds=0.3)
    with pytest.raises(OutcomeUnknownError):
        ChimeGateway(impatient).order(bench.meeting, bench.bob, MUTED)
    impatient.close()
    assert len(bench.calls("UpdateAttendeeCapabilities")) == 1


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        deaf = client(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ChimeRetryableError):
            ChimeGateway(deaf).order(UNKNOWN, UNKNOWN, MUTED)
        deaf.close()
