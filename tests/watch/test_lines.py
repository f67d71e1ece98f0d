"""What the functions write: valid documents of the embedded metric format, and users under `personal` alone."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from moderation import telemetry
from moderation.telemetry import Metric

from tests.memory.moderated_meeting import MEETING, ROLES, attendee_of
from tests.telemetry import CONTEXT, lines, own_keys
from tests.tracked import ROOT
from tests.watch.emf import series
from tests.watch.story import FUNCTIONS, NAMES, STAGE, TRACE, Story, told

METRICS = {each for each in vars(telemetry).values() if isinstance(each, Metric)}
PEOPLE = {*ROLES, *map(attendee_of, ROLES), "nobody"}
COLD_START = "ColdStart"
DIMENSIONS = {"stage", "command", "verdict", "code", "cause"}


def logged(function: str) -> list[dict[str, Any]]:
    """Its lines of the log."""
    return [line for line in told()[function] if "_aws" not in line]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_metrics_by_stage_and_command(function: str) -> None:
    found = [each for line in told()[function] for each in series(line) if each.name != COLD_START]
    assert found
    for each in found:
        dimensions = dict(each.dimensions)
        assert each.namespace == "Gavel"
        assert dimensions["stage"] == STAGE
        assert dimensions.keys() <= DIMENSIONS
    assert any({"stage", "command"} == dict(each.dimensions).keys() for each in found)


def test_queries_of_the_runbook_ask_for_fields_that_are_logged() -> None:
    """Names of Logs Insights: `personal.actor` is a field in a field, `at.0` the first of a list."""
    page = (ROOT / "docs" / "operations.md").read_text()
    asked = re.findall(r"\bfields ([^|`]+)", page)
    names = {name for each in asked for name in re.split(r"[,\s]+", each.strip()) if not name.startswith("@")}
    names |= set(re.findall(r"\bfilter (?:[^`]* and )?([A-Za-z.0-9]+) (?:=|in|>|>=) ", page))
    logs = [line for function in FUNCTIONS for line in told()[function]]
    assert len(names) > 20
    assert {name for name in names if not any(has(line, name.split(".")) for line in logs)} == set()
    quoted = re.findall(r"\bmessage (?:=|in) (\"[^\"]+\"|\[[^\]]+\])", page)
    messages = {message for each in quoted for message in re.findall(r"\"([^\"]+)\"", each)}
    assert len(messages) > 5
    assert messages <= {line.get("message") for line in logs}


def has(found: Any, path: list[str]) -> bool:
    for name in path:
        if isinstance(found, list) and name.isdecimal():
            found = dict(enumerate(found)).get(int(name))
        else:
            found = found.get(name) if isinstance(found, dict) else None
    return found is not None


@pytest.mark.parametrize("function", FUNCTIONS)
def test_users_are_named_under_one_key(function: str) -> None:
    for line in told()[function]:
        rest = json.dumps({key: value for key, value in line.items() if key != "personal"})
        assert not [person for person in PEOPLE if f'"{person}"' in rest], rest
        assert "noise" not in rest


@pytest.mark.parametrize("function", FUNCTIONS)
def test_display_names_are_written_nowhere(function: str) -> None:
    written = json.dumps(told()[function], ensure_ascii=False)
    assert not [name for name in NAMES if name in written]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_line_leads_to_its_trace(function: str) -> None:
    assert {line["xray_trace_id"] for line in logged(function)} == {TRACE}


@pytest.mark.parametrize("function", [function for function in FUNCTIONS if function != "host_api"])
def test_every_line_names_its_function_and_its_request(function: str) -> None:
    for line in logged(function):
        assert (line["service"], line["function_name"]) == ("gavel", CONTEXT.function_name)
        assert line["function_request_id"] == CONTEXT.aws_request_id
        assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)
        assert line["correlation_id"] == line.get("changeId", CONTEXT.aws_request_id)


@pytest.mark.parametrize("function", [function for function in FUNCTIONS if function != "host_api"])
def test_metrics_lead_to_their_line(function: str) -> None:
    known = {line["correlation_id"] for line in logged(function)}
    documents = [each for each in told()[function] if "_aws" in each and COLD_START not in each]
    assert documents
    assert {each["correlation_id"] for each in documents} <= known


def test_a_cold_start_is_counted_by_function() -> None:
    found = [each for lines in told().values() for line in lines for each in series(line) if each.name == COLD_START]
    assert {(each.dimensions, each.value) for each in found} == {
        (frozenset({("function_name", CONTEXT.function_name)}), 1)
    }


def test_no_meeting_and_no_change_is_a_dimension() -> None:
    """Each value would be a metric of its own, to be paid for a month."""
    values = {value for lines in told().values() for line in lines for e in series(line) for _, value in e.dimensions}
    assert MEETING not in values
    assert len(values) < 20


def test_every_metric_there_is_has_been_written_in_its_unit() -> None:
    found = {(each.name, each.unit) for lines in told().values() for line in lines for each in series(line)}
    assert found == {(metric.name, metric.unit) for metric in METRICS} | {(COLD_START, "Count")}


def test_a_change_is_followed_from_the_request_to_its_events() -> None:
    """Taken over by the reconciler on the way."""
    lines = {function: logged(function) for function in FUNCTIONS}
    [asked] = [line for line in lines["host_api"] if line.get("pending")]
    trail = {
        function: [line["message"] for line in lines[function] if line.get("changeId") == asked["changeId"]]
        for function in FUNCTIONS
    }
    assert asked["requestId"]
    assert trail["host_api"] == ["answered"]
    assert trail["reconciler"] == ["change applied"] * 3
    assert trail["event_publisher"] == ["event published"] * 3
    events = [line["eventType"] for line in lines["event_publisher"] if line.get("changeId") == asked["changeId"]]
    assert events == ["Moderation Decided", "Moderation Delayed", "Attendee Capabilities Changed"]


def test_throttles_of_chime_are_counted_with_the_decision_that_met_them() -> None:
    story = Story()
    story.chime.client.throttles = 3
    story.ask("POST", f"/attendees/{attendee_of('bob')}/mute", {})
    story.ask("POST", f"/attendees/{attendee_of('bob')}/unmute", {})
    found = [each for line in story.lines["host_api"] for each in series(line) if each.name.startswith("Chime")]
    assert [(each.name, dict(each.dimensions), each.value) for each in found] == [
        ("ChimeCalls", {"stage": STAGE}, 4),
        ("ChimeCalls", {"stage": STAGE, "command": "mute"}, 4),
        ("ChimeThrottles", {"stage": STAGE}, 3),
        ("ChimeThrottles", {"stage": STAGE, "command": "mute"}, 3),
        ("ChimeCalls", {"stage": STAGE}, 1),
        ("ChimeCalls", {"stage": STAGE, "command": "unmute"}, 1),
    ]


def test_decisions_are_counted_by_verdict() -> None:
    counted: dict[str, float] = {}
    for line in told()["host_api"]:
        for each in series(line):
            dimensions = dict(each.dimensions)
            if each.name == "Decisions" and dimensions.get("command") == "mute" and "verdict" in dimensions:
                counted[dimensions["verdict"]] = counted.get(dimensions["verdict"], 0) + each.value
    assert counted == {"accepted": 4, "refused": 1}


def test_the_age_of_what_is_pending_grows_until_it_is_done() -> None:
    runs = [line for line in told()["reconciler"] if "OldestPendingAge" in line]
    assert [line["OldestPendingAge"] for line in runs] == [[0], [60], [120], [0]]
    assert [line.get("ReconcilerRuns") for line in runs] == [[1], [1], None, [1]], "a wake-up is no run"


def test_drift_is_counted_in_attendees() -> None:
    assert [line.get("eventType") for line in logged("event_publisher")].count("Drift Found") == 1
    assert [line["DriftFound"] for line in told()["event_publisher"] if "DriftFound" in line] == [[1]]


def test_a_line_without_measures_is_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.write("INFO", "nothing to count", anything=1)
    [said] = lines(capsys.readouterr().out)
    expected = {"level": "INFO", "message": "nothing to count", "stage": "none", "command": "none", "anything": 1}
    assert own_keys(said) == expected
