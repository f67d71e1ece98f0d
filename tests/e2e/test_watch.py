"""What operators see on the deployed template: a decision can be followed from its request to its events."""

import json
from typing import Any

from local.logs import messages
from tests.e2e.caller import done
from tests.e2e.deadline import until
from tests.e2e.scene import ModeratedMeeting
from tests.watch.emf import series


def test_a_change_leads_from_the_request_to_its_events(scene: ModeratedMeeting) -> None:
    scene.fault(status=429)
    change = done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "secret-reason"}))["changeId"]
    scene.theatre.tap.until_changed(scene.meeting_id, change)
    until(lambda: [line["message"] for line in lines(scene, change)].count("told") == 2, 20, "the outbox has logged")
    answered, *told = sorted(lines(scene, change), key=lambda line: str(line["message"]))
    assert (answered["message"], answered["command"], answered["verdict"]) == ("answered", "mute", "accepted")
    assert answered["requestId"]
    assert answered["ChimeThrottles"] == 1
    assert answered["ChimeCalls"] >= 2
    assert {line["eventType"] for line in told} == {"Moderation Decided", "Attendee Capabilities Changed"}
    for line in (answered, *told):
        assert {dict(each.dimensions)["stage"] for each in series(line)} == {"local"}
        assert "secret-reason" not in json.dumps(line)


def lines(scene: ModeratedMeeting, change_id: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in messages(scene.theatre.stack.aws_endpoint_url) if change_id in line]
    return [line for line in found if line["changeId"] == change_id]
