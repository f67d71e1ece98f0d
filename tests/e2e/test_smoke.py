"""`make smoke`, as a customer runs it against his own deployment."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.aws import ENVIRONMENT
from local.ports import Ports
from tests.e2e.scene import EVERYTHING, MUTED, ModeratedMeeting, Theatre

ROOT = Path(__file__).resolve().parents[2]


NO_ACCOUNT = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull} | {
    "AWS_EC2_METADATA_DISABLED": "true"
}


def smoke(**said: str) -> subprocess.CompletedProcess[str]:
    """Whatever it is told comes by the environment, as the Makefile hands it on."""
    environment: Mapping[str, str] = {"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", **NO_ACCOUNT, **said}
    command = [sys.executable, "-m", "infra.smoke"]
    return subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture
def admin(theatre: Theatre) -> dict[str, str]:
    return {"URL": theatre.stack.api_url, "TOKEN": theatre.stack.token("back-end", scope="gavel/admin")}


def test_a_deployment_that_works(admin: dict[str, str], scene: ModeratedMeeting) -> None:
    finished = smoke(**admin, MEETING=scene.meeting_id, ATTENDEE=scene.seats["bob"])
    assert finished.returncode == 0, finished.stdout + finished.stderr
    lines = finished.stdout.splitlines()
    assert sum(line.startswith("OK") for line in lines) == 11
    assert lines[-1] == "all is well"
    assert scene.has("bob") == EVERYTHING
    assert [entry["command"] for entry in scene.alice.history() if entry["reason"] == "smoke test"] == (
        ["mute", "mute", "unmute", "unmute"]
    )


def test_without_a_meeting_nothing_is_changed(admin: dict[str, str], scene: ModeratedMeeting) -> None:
    before = len(scene.changes())
    finished = smoke(**admin)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert sum(line.startswith("OK") for line in finished.stdout.splitlines()) == 7
    assert len(scene.changes()) == before
    assert "SKIPPED a mute and unmute in Chime: no AWS credentials" in finished.stdout


def test_with_credentials_it_makes_a_meeting_and_deletes_it(admin: dict[str, str], theatre: Theatre) -> None:
    finished = smoke(**admin, **ENVIRONMENT, CHIME_ENDPOINT_URL=theatre.stack.chime_url)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert sum(line.startswith("OK") for line in finished.stdout.splitlines()) == 12
    operations = [call["operation"] for call in theatre.simulator.control("GET", "calls")["calls"]]
    own = [operation for operation in operations if operation in ("CreateMeeting", "DeleteMeeting")]
    assert own[-2:] == ["CreateMeeting", "DeleteMeeting"]
    assert "JoinToken" not in finished.stdout + finished.stderr


def test_who_is_muted_already_stays_muted(admin: dict[str, str], scene: ModeratedMeeting) -> None:
    scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"})
    finished = smoke(**admin, MEETING=scene.meeting_id, ATTENDEE=scene.seats["bob"])
    assert finished.returncode == 1
    assert "nothing was changed" in finished.stdout
    assert scene.has("bob") == MUTED


def test_a_token_that_is_no_admins_fails(admin: dict[str, str], theatre: Theatre) -> None:
    finished = smoke(**admin | {"TOKEN": theatre.stack.token("carol")})
    assert finished.returncode == 1
    (failed,) = [line for line in finished.stdout.splitlines() if line.startswith("FAILED")]
    assert "404 was expected, and came 403 `not-permitted`" in failed
    assert "`gavel/admin` is needed" in failed


@pytest.mark.parametrize("token", ["expired", "secret-nonsense"])
def test_a_wrong_token_fails_and_is_never_shown(admin: dict[str, str], theatre: Theatre, token: str) -> None:
    wrong = theatre.stack.token("back-end", scope="gavel/admin", expires_in=-60) if token == "expired" else token
    finished = smoke(**admin | {"TOKEN": wrong})
    assert finished.returncode == 1
    assert finished.stdout.count("FAILED  ") == 3
    assert ("it expired 1 min ago" if token == "expired" else "it is no JWT") in finished.stdout
    assert wrong not in finished.stdout + finished.stderr


def test_where_nobody_answers_everything_fails(admin: dict[str, str]) -> None:
    finished = smoke(**admin | {"URL": f"http://127.0.0.1:{Ports.free().aws}"})
    assert finished.returncode == 1
    assert "OK" not in finished.stdout
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("left_out", ["URL", "TOKEN"])
def test_what_is_left_out_is_told(admin: dict[str, str], left_out: str) -> None:
    finished = smoke(**{name: value for name, value in admin.items() if name != left_out})
    assert finished.returncode == 2
    assert "make smoke URL=" in finished.stderr
    assert admin["TOKEN"] not in finished.stderr
