"""The command line on the deployed stack, configured by what `make run` leaves in `.local/env`."""

import csv
import io
import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer

import pytest
from gavel_client.cli.app import run
from gavel_client.cli.exits import Exit

from local.aws import ENVIRONMENT, client
from local.env_file import EnvFile
from tests.e2e.bus_events import CHANGED, kinds
from tests.e2e.caller import done
from tests.e2e.deadline import until
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack

INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("gavel_client", run_name="__main__", alter_sys=True)
"""
"""The command. A shell makes what it starts in the background ignore Ctrl-C, and these tests may run there."""


@pytest.fixture(autouse=True)
def configured(
    local_stack: ObservedStack, meeting: ModeratedMeeting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A directory in which `make run` runs."""
    stack = local_stack.stack
    values = {
        "GAVEL_URL": stack.api_url,
        "GAVEL_ISSUER_URL": stack.issuer_url,
        "GAVEL_DEMO_MEETING": meeting.meeting_id,
    }
    values |= {"GAVEL_BUS": stack.bus, "AWS_ENDPOINT_URL": stack.aws_endpoint_url, **ENVIRONMENT}
    values |= {"AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS": stack.chime_url}
    (tmp_path / ".local").mkdir()
    EnvFile(tmp_path / ".local" / "env").write(values)
    for name in ("GAVEL_URL", "GAVEL_TOKEN", "GAVEL_MEETING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(list(words)) == 0
    return capsys.readouterr().out


def test_a_mute_and_why(meeting: ModeratedMeeting, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(capsys, "mute", "bob", "--meeting", "demo", "--for", "5m", "--reason", "noise", "--as", "alice")
    assert "bob: applied" in said
    assert "audio: SendReceive → Receive" in said
    assert meeting.has("bob") == MUTED
    why = shown(capsys, "why", "bob")
    assert all(word in why for word in ("send audio", "alice", "noise")), why
    assert "4 min" in why or "5 min" in why, why
    assert "bob" in shown(capsys, "who")
    assert "muted bob" in shown(capsys, "history", "--user", "bob")
    assert "muted bob" in shown(capsys, "why", "bob", "--at", "2030-01-01T00:00:00Z")
    shown(capsys, "unmute", "bob", "--wait", "10")
    assert meeting.has("bob") == EVERYTHING


def test_the_history_as_it_comes(meeting: ModeratedMeeting, tmp_path: Path) -> None:
    """Until Ctrl-C, which is no failure."""
    words = [sys.executable, "-c", INTERRUPTIBLE, "history", "--follow", "--from", "2020-01-01T00:00:00Z"]
    following = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    in_vain = Timer(120, following.kill)
    in_vain.start()
    try:
        assert following.stdout
        lines = iter(following.stdout.readline, "")
        first = next(lines)
        done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
        assert next(line for line in lines if "muted bob" in line)
        following.send_signal(signal.SIGINT)
        _, errors = following.communicate(timeout=60)
    finally:
        in_vain.cancel()
        following.kill()
    assert "registered" in first
    assert (following.returncode, errors) == (0, "")


def test_everybody(meeting: ModeratedMeeting, capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(shown(capsys, "mute-all", "--except", "carol", "--json"))
    assert {each["externalUserId"]: each["outcome"] for each in answer["outcomes"]}["bob"] == "applied"
    assert [meeting.has("bob"), meeting.has("carol")] == [MUTED, EVERYTHING]
    shown(capsys, "unmute-all")


def test_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mute", "alice", "--as", "bob"]) == Exit.REFUSED
    assert "policies: " in capsys.readouterr().err
    shown(capsys, "mode", "presentation")
    assert run(["unmute", "bob"]) == Exit.CONFLICT
    assert "withheld by policy" in capsys.readouterr().err
    assert run(["who", "--meeting", "2847961f-0a1b-4c2d-8e3f-5a6b7c8d0713"]) == Exit.NOT_FOUND


def test_export(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shown(capsys, "mute", "bob", "--reason", "=noise")
    lines = [json.loads(line) for line in shown(capsys, "export").splitlines()]
    assert {line["command"] for line in lines} >= {"register", "mute"}
    shown(capsys, "export", "--format", "csv", "--output", str(tmp_path / "history.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "history.csv").read_text())))
    assert [row["entryId"] for row in rows] == [line["entryId"] for line in lines]
    assert {row["reason"] for row in rows if row["command"] == "mute"} == {"'=noise"}


def test_doctor_of_the_local_stack(capsys: pytest.CaptureFixture[str]) -> None:
    """`.local/env` has all that it takes to create a meeting."""
    said = shown(capsys, "doctor")
    assert said.count("OK") == 12
    assert "all is well" in said


def test_events(local_stack: ObservedStack, meeting: ModeratedMeeting, capsys: pytest.CaptureFixture[str]) -> None:
    shown(capsys, "mute", "bob")
    types = {json.loads(line)["type"] for line in shown(capsys, "events").splitlines()}
    assert {"Moderation Decided", "Attendee Capabilities Changed"} <= types


def test_events_as_they_come(
    local_stack: ObservedStack, meeting: ModeratedMeeting, capsys: pytest.CaptureFixture[str]
) -> None:
    events = client("events", local_stack.stack.aws_endpoint_url)

    bus = {"EventBusName": local_stack.stack.bus}

    def rules() -> list[str]:
        return [rule["Name"] for rule in events.list_rules(**bus, NamePrefix="gavel-events-")["Rules"]]

    def has_targets() -> bool:
        return any(events.list_targets_by_rule(**bus, Rule=rule)["Targets"] for rule in rules())

    local_stack.bus_events.until(meeting.meeting_id, lambda seen: CHANGED in kinds(seen))  # the registration's
    words = ["events", "--follow", "--json", "--type", CHANGED, "--count", "1"]
    with ThreadPoolExecutor() as pool:
        following = pool.submit(run, words)
        until(has_targets, 60, "the command listens")
        done(meeting.alice.post(meeting.at("bob", "/mute")))
        assert following.result(timeout=60) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["detail"]["attendees"][0]["externalUserId"] == "bob"
    assert rules() == [], "nothing is left on the bus"
    events.close()
