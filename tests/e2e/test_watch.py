"""Logs and metrics of the deployed template: a decision can be followed from its request to its events."""

import json
from typing import Any

from local.logs import messages
from tests.e2e.bus_events import CHANGED, DECIDED
from tests.e2e.caller import done
from tests.e2e.deadline import until
from tests.e2e.meeting import ModeratedMeeting
from tests.watch.emf import series

SAID = {"answered", DECIDED, CHANGED}


def test_a_change_leads_from_the_request_to_its_events(meeting: ModeratedMeeting) -> None:
    meeting.fault(status=429)
    change = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "secret-reason"}))["changeId"]
    meeting.local_stack.bus_events.until_changed(meeting.meeting_id, change)
    until(lambda: said(meeting, change) == SAID, 60, "the answer and both events are logged")
    answered = next(line for line in lines(meeting, change) if line["message"] == "answered")
    assert (answered["command"], answered["verdict"]) == ("mute", "accepted")
    assert answered["requestId"]
    written = [json.loads(line) for line in messages(meeting.local_stack.stack.aws_endpoint_url) if change in line]
    found = [each for document in written for each in series(document)]
    assert {dict(each.dimensions)["stage"] for each in found} == {"local"}
    of_the_mute = {each.name: each.value for each in found if dict(each.dimensions).get("command") == "mute"}
    assert of_the_mute["ChimeThrottles"] == 1
    assert of_the_mute["ChimeCalls"] >= 2
    assert "secret-reason" not in json.dumps(written)


def said(meeting: ModeratedMeeting, change_id: str) -> set[str]:
    """What the log tells of the change; an event may be published again."""
    return {line.get("eventType", line["message"]) for line in lines(meeting, change_id)}


def lines(meeting: ModeratedMeeting, change_id: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in messages(meeting.local_stack.stack.aws_endpoint_url) if change_id in line]
    return [line for line in found if line.get("changeId") == change_id]
