"""The gateway to Chime, with real boto3 against the simulator: what comes back, and what each failure is called."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from chime_simulator import ChimeSimulator, Settings
from moderation.adapters.chime import PAGE, ChimeGateway
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.meeting import Features
from moderation.ports import ChimeNotFoundError, ChimeRejectedError, ChimeRetryableError, OutcomeUnknownError

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


class SimulatedMeeting:
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
def simulated(simulator: ChimeSimulator) -> Iterator[SimulatedMeeting]:
    httpx.post(f"{simulator.url}/_simulator/reset", trust_env=False, timeout=60).raise_for_status()
    simulated = SimulatedMeeting(simulator.url)
    yield simulated
    simulated.client.close()


def test_a_meeting_has_the_features_it_was_created_with(simulated: SimulatedMeeting) -> None:
    found = simulated.gateway.meeting(simulated.meeting)
    assert (found.external_id, found.features) == ("lesson", Features())
    silent = simulated.create(MeetingFeatures={"Video": {"MaxResolution": "None"}})
    assert simulated.gateway.meeting(silent).features == Features(video=False)
    plain = simulated.create(MeetingFeatures={"Content": {"MaxResolution": "None"}, "Video": {"MaxResolution": "FHD"}})
    assert simulated.gateway.meeting(plain).features == Features(content=False)


def test_an_attendee_and_an_order(simulated: SimulatedMeeting) -> None:
    assert simulated.gateway.attendee(simulated.meeting, simulated.bob).capabilities == EVERYTHING
    assert simulated.gateway.update(simulated.meeting, simulated.bob, MUTED) == MUTED
    assert simulated.gateway.attendee(simulated.meeting, simulated.bob).capabilities == MUTED
    [call] = simulated.calls("UpdateAttendeeCapabilities")
    assert call["capabilities"] == {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"}


def test_everybody_but_the_excluded(simulated: SimulatedMeeting) -> None:
    carol = simulated.join(simulated.meeting, "carol")
    simulated.gateway.update_except(simulated.meeting, [carol], MUTED)
    assert {s.user_id: s.capabilities for s in simulated.gateway.roster(simulated.meeting)} == {
        "bob": MUTED,
        "carol": EVERYTHING,
    }


def test_an_attendee_is_taken_away(simulated: SimulatedMeeting) -> None:
    carol = simulated.join(simulated.meeting, "carol")

    simulated.gateway.remove(simulated.meeting, simulated.bob)

    assert [s.attendee_id for s in simulated.gateway.roster(simulated.meeting)] == [carol]
    with pytest.raises(ChimeNotFoundError):
        simulated.gateway.remove(simulated.meeting, simulated.bob)


def test_a_meeting_is_ended(simulated: SimulatedMeeting) -> None:
    simulated.gateway.end(simulated.meeting)

    with pytest.raises(ChimeNotFoundError):
        simulated.gateway.meeting(simulated.meeting)
    with pytest.raises(ChimeNotFoundError):
        simulated.gateway.end(simulated.meeting)
    with pytest.raises(ChimeNotFoundError):
        simulated.gateway.remove(simulated.meeting, simulated.bob)


FATAL: dict[str, Callable[[SimulatedMeeting], object]] = {
    "DeleteAttendee": lambda simulated: simulated.gateway.remove(simulated.meeting, simulated.bob),
    "DeleteMeeting": lambda simulated: simulated.gateway.end(simulated.meeting),
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
    simulated: SimulatedMeeting, operation: str, fault: dict[str, Any], failure: type[Exception], done: bool
) -> None:
    simulated.fault(operation=operation, **fault)
    with pytest.raises(failure) as raised:
        FATAL[operation](simulated)
    assert "Message" not in str(raised.value)
    assert len(simulated.calls(operation)) == 1
    if done:
        with pytest.raises(ChimeNotFoundError):
            simulated.gateway.attendee(simulated.meeting, simulated.bob)
    else:
        assert simulated.gateway.attendee(simulated.meeting, simulated.bob).user_id == "bob"


def test_a_roster_has_all_pages(simulated: SimulatedMeeting) -> None:
    for number in range(PAGE + 1):
        simulated.join(simulated.meeting, f"user {number}")
    assert len(simulated.gateway.roster(simulated.meeting)) == PAGE + 2


def test_no_token_gets_through(simulated: SimulatedMeeting) -> None:
    seen = repr(
        [simulated.gateway.attendee(simulated.meeting, simulated.bob), simulated.gateway.roster(simulated.meeting)]
    )
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
def test_failures_go_by_status_and_one_call_is_one_attempt(
    simulated: SimulatedMeeting, status: int, failure: type[Exception]
) -> None:
    simulated.fault(status=status)
    with pytest.raises(failure) as raised:
        simulated.gateway.update(simulated.meeting, simulated.bob, MUTED)
    assert "Message" not in str(raised.value)
    assert len(simulated.calls("UpdateAttendeeCapabilities")) == 1
    assert simulated.gateway.attendee(simulated.meeting, simulated.bob).capabilities == EVERYTHING


def mute_bob(simulated: SimulatedMeeting) -> object:
    return simulated.gateway.update(simulated.meeting, simulated.bob, MUTED)


@pytest.mark.parametrize("operation", [*FATAL, "UpdateAttendeeCapabilities"])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
def test_no_broken_server_refuses_for_good(simulated: SimulatedMeeting, operation: str, status: int) -> None:
    """A widening that is refused for good is taken back at once, and a narrowing no longer tried in time."""
    simulated.fault(operation=operation, status=status)
    with pytest.raises((ChimeRetryableError, OutcomeUnknownError)):
        FATAL.get(operation, mute_bob)(simulated)


def test_an_unmodelled_validation_error_is_not_taken(simulated: SimulatedMeeting) -> None:
    with pytest.raises(ChimeRejectedError):
        simulated.gateway.update(simulated.meeting, "not an id", MUTED)


def test_what_is_not_there_is_missing(simulated: SimulatedMeeting) -> None:
    with pytest.raises(ChimeNotFoundError):
        simulated.gateway.meeting(UNKNOWN)
    with pytest.raises(ChimeNotFoundError):
        simulated.gateway.attendee(simulated.meeting, UNKNOWN)


@pytest.mark.parametrize("fault", [{"dropConnection": "before"}, {"dropConnection": "after"}, {"delayMs": 1500}])
def test_a_dropped_or_late_answer_has_an_unknown_end(simulated: SimulatedMeeting, fault: dict[str, Any]) -> None:
    simulated.fault(**fault)
    impatient = client(simulated.url, seconds=0.3)
    with pytest.raises(OutcomeUnknownError):
        ChimeGateway(impatient).update(simulated.meeting, simulated.bob, MUTED)
    impatient.close()
    assert len(simulated.calls("UpdateAttendeeCapabilities")) == 1


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        deaf = client(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ChimeRetryableError):
            ChimeGateway(deaf).update(UNKNOWN, UNKNOWN, MUTED)
        deaf.close()
