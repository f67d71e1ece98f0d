"""`gavel doctor`, as an operator runs it against their own deployment; `make smoke` is the same."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from local.aws import ENVIRONMENT
from local.ports import Ports
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack
from tests.tracked import ROOT

DOCTOR = (sys.executable, "-m", "gavel_client", "doctor")
SMOKE = ("make", "--old-file", ".venv/.run", "smoke")
NO_ACCOUNT = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull} | {
    "AWS_EC2_METADATA_DISABLED": "true"
}
OF_THE_DEPLOYMENT = 7
OF_A_USER = 4
Finished = subprocess.CompletedProcess[str]


def run(words: Sequence[str], directory: Path, **variables: str) -> Finished:
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "300", **NO_ACCOUNT, **variables}
    return subprocess.run(
        words, check=False, cwd=directory, env=environment, capture_output=True, text=True, timeout=300
    )


def passed(finished: Finished) -> int:
    return sum(line.startswith("OK") for line in finished.stdout.splitlines())


def failures(finished: Finished) -> list[str]:
    return [line for line in finished.stdout.splitlines() if line.startswith("FAILED")]


@pytest.fixture
def admin(local_stack: ObservedStack) -> dict[str, str]:
    stack = local_stack.stack
    return {"GAVEL_URL": stack.api_url, "GAVEL_TOKEN": stack.token("back-end", scope="gavel/admin")}


def test_a_deployment_that_works(admin: dict[str, str], meeting: ModeratedMeeting, tmp_path: Path) -> None:
    finished = run([*DOCTOR, "--meeting", meeting.meeting_id, "--mute", "bob"], tmp_path, **admin)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert passed(finished) == OF_THE_DEPLOYMENT + OF_A_USER
    assert finished.stdout.splitlines()[-1] == "all is well"
    assert meeting.has("bob") == EVERYTHING
    told = [entry["command"] for entry in meeting.alice.history() if entry["reason"] == "gavel doctor"]
    assert told == ["mute", "mute", "unmute", "unmute"]


def test_make_smoke_is_the_same(admin: dict[str, str], meeting: ModeratedMeeting) -> None:
    """With the variables of make, which are those of the page on deploying."""
    about = {"MEETING": meeting.meeting_id, "ATTENDEE": meeting.attendees["bob"]}
    finished = run(SMOKE, ROOT, URL=admin["GAVEL_URL"], TOKEN=admin["GAVEL_TOKEN"], **about)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert passed(finished) == OF_THE_DEPLOYMENT + OF_A_USER


def test_without_a_user_and_credentials_nothing_is_changed(
    admin: dict[str, str], meeting: ModeratedMeeting, tmp_path: Path
) -> None:
    before = len(meeting.changes())
    finished = run(DOCTOR, tmp_path, **admin)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert passed(finished) == OF_THE_DEPLOYMENT
    assert len(meeting.changes()) == before
    assert "SKIPPED a mute in Chime: the Chime simulator's address is missing" in finished.stdout


def test_with_credentials_it_makes_a_meeting_and_deletes_it(
    admin: dict[str, str], local_stack: ObservedStack, tmp_path: Path
) -> None:
    endpoint = {"AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS": local_stack.stack.chime_url}
    finished = run(DOCTOR, tmp_path, **admin, **ENVIRONMENT, **endpoint)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert passed(finished) == OF_THE_DEPLOYMENT + 1 + OF_A_USER
    operations = [call["operation"] for call in local_stack.simulator.control("GET", "calls")["calls"]]
    own = [operation for operation in operations if operation in ("CreateMeeting", "DeleteMeeting")]
    assert own[-2:] == ["CreateMeeting", "DeleteMeeting"]
    assert "JoinToken" not in finished.stdout + finished.stderr


def test_with_credentials_that_are_none_the_mute_is_skipped(
    admin: dict[str, str], local_stack: ObservedStack, tmp_path: Path
) -> None:
    endpoint = {"AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS": local_stack.stack.chime_url, "AWS_DEFAULT_REGION": "us-east-1"}
    finished = run(DOCTOR, tmp_path, **admin, **endpoint)
    assert (finished.returncode, passed(finished)) == (0, OF_THE_DEPLOYMENT), finished.stdout + finished.stderr
    assert "SKIPPED a mute in Chime: NoCredentialsError" in finished.stdout


def test_who_is_muted_already_stays_muted(admin: dict[str, str], meeting: ModeratedMeeting, tmp_path: Path) -> None:
    meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"})
    finished = run([*DOCTOR, "--meeting", meeting.meeting_id, "--mute", meeting.attendees["bob"]], tmp_path, **admin)
    assert finished.returncode == 1
    assert "nothing was changed" in finished.stdout
    assert meeting.has("bob") == MUTED


def test_a_token_that_is_no_admins_fails(admin: dict[str, str], local_stack: ObservedStack, tmp_path: Path) -> None:
    finished = run(DOCTOR, tmp_path, **admin | {"GAVEL_TOKEN": local_stack.stack.token("carol")})
    assert finished.returncode == 1
    [failed] = failures(finished)
    assert "403 not-permitted" in failed
    assert "the token lacks the scope `gavel/admin`" in failed


@pytest.mark.parametrize("token", ["expired", "secret-nonsense"])
def test_a_wrong_token_fails_and_is_never_shown(
    admin: dict[str, str], local_stack: ObservedStack, token: str, tmp_path: Path
) -> None:
    wrong = local_stack.stack.token("back-end", scope="gavel/admin", expires_in=-60) if token == "expired" else token
    finished = run(DOCTOR, tmp_path, **admin | {"GAVEL_TOKEN": wrong})
    assert finished.returncode == 1
    assert len(failures(finished)) == 3
    assert ("it expired 1 min ago" if token == "expired" else "the token is no JWT") in finished.stdout
    assert wrong not in finished.stdout + finished.stderr


def test_where_nobody_answers_there_is_one_check(admin: dict[str, str], tmp_path: Path) -> None:
    finished = run(DOCTOR, tmp_path, **admin | {"GAVEL_URL": f"http://127.0.0.1:{Ports.free().aws}"})
    assert finished.returncode == 1
    assert (passed(finished), len(failures(finished))) == (0, 1)
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("left_out", ["GAVEL_URL", "GAVEL_TOKEN"])
def test_what_is_left_out_is_told(admin: dict[str, str], left_out: str, tmp_path: Path) -> None:
    finished = run(DOCTOR, tmp_path, **admin | {left_out: ""})
    assert finished.returncode == 1
    assert "Set GAVEL_URL" in finished.stderr
    assert admin["GAVEL_TOKEN"] not in finished.stderr
