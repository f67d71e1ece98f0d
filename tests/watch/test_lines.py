"""What the doors write down: valid documents of the embedded metric format, and nobody in them but under `person`."""

import json
from typing import Any

import pytest
from moderation import telemetry
from moderation.telemetry import Metric

from tests.memory.moderated_meeting import MEETING, ROLES, seat
from tests.watch.emf import series
from tests.watch.story import DOORS, STAGE, TRACE, Story, told

METRICS = {each for each in vars(telemetry).values() if isinstance(each, Metric)}
PEOPLE = {*ROLES, *map(seat, ROLES), "nobody"}
DIMENSIONS = {"stage", "command", "verdict", "code", "cause"}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_has_metrics_by_stage_and_command(door: str) -> None:
    found = [each for line in told()[door] for each in series(line)]
    assert found
    for each in found:
        dimensions = dict(each.dimensions)
        assert each.namespace == "Gavel"
        assert dimensions["stage"] == STAGE
        assert dimensions.keys() <= DIMENSIONS
    assert any({"stage", "command"} == dict(each.dimensions).keys() for each in found)


@pytest.mark.parametrize("door", DOORS)
def test_people_are_named_under_one_key(door: str) -> None:
    for line in told()[door]:
        rest = json.dumps({key: value for key, value in line.items() if key != "person"})
        assert not [person for person in PEOPLE if f'"{person}"' in rest], rest
        assert "noise" not in rest


@pytest.mark.parametrize("door", DOORS)
def test_every_line_leads_to_its_trace(door: str) -> None:
    assert {line["traceId"] for line in told()[door]} == {TRACE}


def test_no_meeting_and_no_change_is_a_dimension() -> None:
    """Each value would be a metric of its own, to be paid for a month."""
    values = {value for lines in told().values() for line in lines for e in series(line) for _, value in e.dimensions}
    assert MEETING not in values
    assert len(values) < 20


def test_every_metric_there_is_has_been_written_in_its_unit() -> None:
    found = {(each.name, each.unit) for lines in told().values() for line in lines for each in series(line)}
    assert found == {(metric.name, metric.unit) for metric in METRICS}


def test_a_change_is_followed_from_the_request_to_its_events() -> None:
    """Taken over by the reconciler on the way."""
    lines = told()
    [asked] = [line for line in lines["host_api"] if line.get("pending")]
    trail = {
        door: [line["message"] for line in lines[door] if line.get("changeId") == asked["changeId"]] for door in DOORS
    }
    assert asked["requestId"]
    assert trail["host_api"] == ["answered"]
    assert trail["reconciler"] == ["carried"] * 3
    assert trail["event_publisher"] == ["told"] * 3
    events = [line["eventType"] for line in lines["event_publisher"] if line.get("changeId") == asked["changeId"]]
    assert events == ["Moderation Decided", "Moderation Delayed", "Attendee Capabilities Changed"]


def test_throttles_of_chime_are_counted_with_the_decision_that_met_them() -> None:
    story = Story()
    story.chime.client.throttles = 3
    story.ask("POST", f"/attendees/{seat('bob')}/mute", {})
    story.ask("POST", f"/attendees/{seat('bob')}/unmute", {})
    met, after = story.lines["host_api"]
    assert (met["ChimeCalls"], met["ChimeThrottles"], met["verdict"]) == (4, 3, "accepted")
    assert (after["ChimeCalls"], "ChimeThrottles" in after) == (1, False)
    by_command = [each for each in series(met) if each.name == "ChimeThrottles"]
    assert [(dict(each.dimensions), each.value) for each in by_command] == [
        ({"stage": STAGE}, 3),
        ({"stage": STAGE, "command": "mute"}, 3),
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
    assert [line["OldestPendingAge"] for line in runs] == [0, 60, 120, 0]
    assert [line.get("ReconcilerRuns") for line in runs] == [1, 1, None, 1], "a reminder is no run"


def test_drift_is_counted_in_seats() -> None:
    found = [
        line for line in told()["event_publisher"] if line["message"] == "told" and line["eventType"] == "Drift Found"
    ]
    assert [line["DriftFound"] for line in found] == [1]


def test_a_line_without_measures_is_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.write("INFO", "nothing to count", anything=1)
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said == {"level": "INFO", "message": "nothing to count", "stage": "none", "command": "none", "anything": 1}
