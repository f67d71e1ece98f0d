"""The next run of the simulator has the meetings of this one."""

from pathlib import Path

import boto3
import pytest
from chime_simulator import ChimeSimulator, SimulatorClient


def client(simulator: ChimeSimulator) -> object:
    return boto3.client(
        "chime-sdk-meetings",
        endpoint_url=simulator.url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # pragma: allowlist secret
    )


def opened(simulator: ChimeSimulator) -> tuple[str, str]:
    answer = client(simulator).create_meeting_with_attendees(  # type: ignore[attr-defined]
        ClientRequestToken="once",
        ExternalMeetingId="demo",
        MediaRegion="us-east-1",
        Attendees=[{"ExternalUserId": "bob"}],
        MeetingFeatures={"Video": {"MaxResolution": "HD"}},
    )
    return answer["Meeting"]["MeetingId"], answer["Attendees"][0]["AttendeeId"]


def test_the_next_run_goes_on_with_the_meetings_of_the_last(tmp_path: Path) -> None:
    state = tmp_path / "chime.json"
    with ChimeSimulator(state=state) as first:
        meeting, bob = opened(first)
        chime = SimulatorClient(first.url)
        chime.join(meeting, bob)
        chime.write_capabilities(meeting, bob, {"Audio": "Receive"})
        seen = chime.attendees(meeting)
    with ChimeSimulator(state=state) as second:
        assert SimulatorClient(second.url).attendees(meeting) == seen
        assert opened(second) == (meeting, bob)


def test_a_reset_is_kept_too(tmp_path: Path) -> None:
    state = tmp_path / "chime.json"
    with ChimeSimulator(state=state) as first:
        before = opened(first)
        SimulatorClient(first.url).reset()
    with ChimeSimulator(state=state) as second:
        assert opened(second) != before


@pytest.mark.parametrize("text", ["", "[]", '{"meetings": [{"id": "1"}], "answersByToken": {}}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    state = tmp_path / "other.json"
    state.write_text(text)
    with pytest.raises(ValueError, match=r"other\.json` is no state of this simulator"):
        ChimeSimulator(state=state).start()
    assert state.read_text() == text
