"""`examples/backend` and `examples/exam` on the deployed stack."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from gavel_client import Gavel

from examples.backend.lessons import Lessons
from examples.exam.exam import announce
from local.aws import REGION, client
from local.examples import EXAM_TRIGGERS
from tests.e2e.deadline import until
from tests.e2e.meeting import BACK_END, EVERYTHING, ObservedStack
from tests.tracked import ROOT

SILENT = EVERYTHING | {"audio": "Receive", "content": "Receive"}


@pytest.fixture
def school(local_stack: ObservedStack) -> Iterator[Lessons]:
    chime = client("chime-sdk-meetings", local_stack.stack.chime_url)
    token = local_stack.stack.token(BACK_END, scope="gavel/admin")
    with Gavel(local_stack.stack.api_url, token, timeout=90) as gavel:
        yield Lessons(gavel, chime, REGION)
    chime.close()


def call(school: Lessons, path: str, user: str, body: object = None) -> tuple[int, Any]:
    """As API Gateway calls the function: status and document."""
    http = {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "tests"}
    context = {"http": http, "stage": "$default", "authorizer": {"jwt": {"claims": {"sub": user}, "scopes": []}}}
    event = {"version": "2.0", "rawPath": path, "requestContext": context, "headers": {}, "body": json.dumps(body)}
    answer = school.app.resolve(event, None)  # type: ignore[arg-type]
    return answer["statusCode"], json.loads(answer["body"])


def has(local_stack: ObservedStack, meeting_id: str, attendee_id: str, held: dict[str, str]) -> bool:
    return local_stack.simulator.has(meeting_id, attendee_id) == held


def test_lessons(local_stack: ObservedStack, school: Lessons) -> None:
    status, lesson = call(school, "/lessons", "alice", {"name": "lesson-7"})
    assert status == 201
    path = f"/lessons/{lesson['meetingId']}/attendees"
    status, joined = call(school, path, "alice")
    assert (status, joined["attendee"]["ExternalUserId"]) == (200, "alice")
    assert joined["attendee"]["JoinToken"]
    assert joined["meeting"]["MeetingId"] == lesson["meetingId"]

    lesson_client = school.gavel.meeting(lesson["meetingId"])
    lesson_client.mute_all(("audio", "content"))
    _, joined = call(school, path, "bob")
    assert local_stack.simulator.has(lesson["meetingId"], joined["attendee"]["AttendeeId"]) == SILENT
    lesson_client.ban("dave")
    assert call(school, path, "dave") == (403, {"code": "banned"})
    lesson_client.update(lobby=True)
    assert call(school, path, "erin") == (202, {"code": "waiting"})


def test_the_triggers_of_the_exam_are_those_of_make_run() -> None:
    assert json.loads((ROOT / "examples" / "exam" / "triggers.json").read_text()) == {"triggers": EXAM_TRIGGERS}


@pytest.mark.usefixtures("remote")
def test_an_exam(local_stack: ObservedStack, school: Lessons) -> None:
    _, lesson = call(school, "/lessons", "alice", {"name": "room-of-the-exam"})
    _, joined = call(school, f"/lessons/{lesson['meetingId']}/attendees", "bob")
    attendee = joined["attendee"]["AttendeeId"]
    events = client("events", local_stack.stack.aws_endpoint_url)
    for what, held in (("started", SILENT), ("ended", EVERYTHING)):
        announce(events, what, "room-of-the-exam")
        until(partial(has, local_stack, lesson["meetingId"], attendee, held), 60, f"the exam has {what}")
    events.close()
