"""Beside an IAM, the simulator lets temporary keys do what their roles grant; without one, any signature is enough.

The IAM here permits one action on one meeting.
"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.config import Config
from chime_simulator import ChimeSimulator, SimulatorClient, SimulatorError

from .service import MUTED, boto_client, refused

KEY, STRANGER = "ASIAAAAAAAAAAAAAAAAA", "ASIABBBBBBBBBBBBBBBB"
ROLE = "arn:aws:iam::000000000000:role/muter"
GRANTED = "chime:UpdateAttendeeCapabilities"
ANSWER = """<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
<SimulatePrincipalPolicyResult><EvaluationResults><member><EvalActionName>{action}</EvalActionName>
<EvalDecision>{decision}</EvalDecision></member></EvaluationResults></SimulatePrincipalPolicyResult>
</SimulatePrincipalPolicyResponse>"""


class Iam(ThreadingHTTPServer):
    """An IAM that grants one action to one role, and records the resources that it was asked about."""

    daemon_threads = True

    def __init__(self) -> None:
        self.resources: list[str] = []
        super().__init__(("127.0.0.1", 0), _Answering)


class _Answering(BaseHTTPRequestHandler):
    server: Iam

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        (action,), (role,) = asked["ActionNames.member.1"], asked["PolicySourceArn"]
        self.server.resources += asked["ResourceArns.member.1"]
        decision = "allowed" if (action, role) == (GRANTED, ROLE) else "implicitDeny"
        body = ANSWER.format(action=action, decision=decision).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        pass


@pytest.fixture(scope="module")
def iam() -> Iterator[Iam]:
    server = Iam()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def guarded(iam: Iam) -> Iterator[ChimeSimulator]:
    patch = pytest.MonkeyPatch()
    patch.setenv("AWS_ACCESS_KEY_ID", "local")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    with ChimeSimulator(iam_endpoint=f"http://127.0.0.1:{iam.server_port}") as simulator:
        yield simulator
    patch.undo()


@pytest.fixture
def attendee(guarded: ChimeSimulator) -> tuple[str, str]:
    """Made with the account's own key, which may do everything."""
    chime = boto_client(guarded.url)
    meeting_id = chime.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="weekly")["Meeting"]["MeetingId"]
    attendee_id = chime.create_attendee(MeetingId=meeting_id, ExternalUserId="bob")["Attendee"]["AttendeeId"]
    chime.close()
    return meeting_id, attendee_id


def signed_with(key: str, simulator: ChimeSimulator) -> Any:
    return boto3.client(
        "chime-sdk-meetings",
        region_name="us-east-1",
        endpoint_url=simulator.url,
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        aws_session_token="token",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_a_role_may_do_what_it_is_granted_and_no_more(
    guarded: ChimeSimulator, iam: Iam, attendee: tuple[str, str]
) -> None:
    meeting_id, attendee_id = attendee
    SimulatorClient(guarded.url).announce({KEY: ROLE})
    chime = signed_with(KEY, guarded)
    chime.update_attendee_capabilities(MeetingId=meeting_id, AttendeeId=attendee_id, Capabilities=MUTED)
    forms = [f"arn:aws:chime:{region}:000000000000:meeting/{meeting_id}" for region in ("us-east-1", "")]
    assert iam.resources[-2:] == forms, "both that AWS documents"
    with refused(403, "ForbiddenException"):
        chime.delete_meeting(MeetingId=meeting_id)
    assert boto_client(guarded.url).get_meeting(MeetingId=meeting_id)


def test_a_temporary_key_that_nobody_announced_may_do_nothing(
    guarded: ChimeSimulator, attendee: tuple[str, str]
) -> None:
    with refused(403, "ForbiddenException"):
        signed_with(STRANGER, guarded).get_meeting(MeetingId=attendee[0])


def test_a_refused_call_is_in_the_log_and_uses_up_no_fault(guarded: ChimeSimulator, attendee: tuple[str, str]) -> None:
    control = SimulatorClient(guarded.url)
    control.fault("GetMeeting", status=503, meeting_id=attendee[0])
    with refused(403, "ForbiddenException"):
        signed_with(STRANGER, guarded).get_meeting(MeetingId=attendee[0])
    calls = control.calls(meeting_id=attendee[0])
    assert (calls[-1]["operation"], calls[-1]["status"]) == ("GetMeeting", 403)
    with refused(503, "ServiceUnavailableException"):
        boto_client(guarded.url).get_meeting(MeetingId=attendee[0])


@pytest.mark.parametrize("principals", [{"AKIAAAAAAAAAAAAAAAAA": ROLE}, {KEY: "muter"}])
def test_only_temporary_keys_of_roles_are_announced(guarded: ChimeSimulator, principals: dict[str, str]) -> None:
    with pytest.raises(SimulatorError, match="expected temporary access keys and ARNs of roles"):
        SimulatorClient(guarded.url).announce(principals)


def test_without_an_iam_everybody_may_do_everything() -> None:
    with ChimeSimulator() as simulator:
        signed_with(STRANGER, simulator).create_meeting(MediaRegion="us-east-1", ExternalMeetingId="weekly")
