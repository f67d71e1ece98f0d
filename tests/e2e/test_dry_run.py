"""`?dryRun=true`: the same checks and the same answer, nothing written, nothing sent; on every route that changes."""

from collections.abc import Callable
from typing import Any

from local.aws import client
from tests.e2e.caller import Caller, Json, done, problem
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack

MEETING = "/meetings/{meetingId}"
ATTENDEE = f"{MEETING}/attendees/{{attendeeId}}"
PERSON = f"{MEETING}/users/{{externalUserId}}"
ON_PEOPLE: dict[tuple[str, str], Json | None] = {
    ("POST", "/hold"): {"reason": "calm down"},
    ("POST", "/release"): {},
    ("PUT", "/role"): {"role": "viewer"},
    ("POST", "/remove"): {"ban": True},
    ("PUT", "/hand"): {},
    ("DELETE", "/hand"): None,
    ("POST", "/floor"): {"durationSeconds": 30, "exclusive": True},
    ("DELETE", "/floor"): None,
}
BODIES: dict[tuple[str, str], Json | None] = {
    ("PUT", MEETING): {"mode": "audience"},
    ("PATCH", MEETING): {"mode": "presentation", "reason": "just asking"},
    ("POST", f"{MEETING}/mute-all"): {"media": ["audio", "content"], "durationSeconds": 60},
    ("POST", f"{MEETING}/unmute-all"): {"media": ["video"]},
    ("POST", f"{MEETING}/admissions"): {"users": [{"externalUserId": "dora", "role": "presenter"}]},
    ("PUT", ATTENDEE): {},
    ("PATCH", f"{ATTENDEE}/capabilities"): {"video": "None"},
    ("PATCH", f"{PERSON}/capabilities"): {"video": "None"},
    ("POST", f"{ATTENDEE}/mute"): {"media": ["content"], "durationSeconds": 60},
    ("POST", f"{PERSON}/mute"): {"media": ["content"]},
    ("POST", f"{ATTENDEE}/unmute"): {},
    ("POST", f"{PERSON}/unmute"): {},
    **{(method, who + name): body for who in (ATTENDEE, PERSON) for (method, name), body in ON_PEOPLE.items()},
    ("PUT", f"{MEETING}/bans/{{externalUserId}}"): {"until": "2099-01-01T00:00:00Z"},
    ("DELETE", f"{MEETING}/bans/{{externalUserId}}"): None,
    ("PUT", f"{MEETING}/lobby/{{externalUserId}}"): {"admit": True},
    ("POST", f"{MEETING}/hands/lower-all"): {"reason": "next topic"},
    ("POST", f"{MEETING}/mute"): {"externalUserIds": ["bob", "carol"], "media": ["content"]},
    ("POST", f"{MEETING}/unmute"): {"externalUserIds": ["bob"]},
    ("POST", f"{MEETING}/hands/lower"): {"externalUserIds": ["bob", "carol"]},
    ("POST", f"{MEETING}/roles"): {"externalUserIds": ["bob"], "role": "viewer"},
    ("POST", f"{MEETING}/remove"): {"externalUserIds": ["bob", "carol"]},
    ("POST", f"{MEETING}/undo"): {},
    ("POST", f"{MEETING}/end"): {"reason": "it is late"},
}
"""Most would change something if they were meant. A route that is missing here fails the first test."""
CONSENTS = {("PUT", f"{who}/consent") for who in (ATTENDEE, PERSON)}
"""Nobody is asked anything in this meeting."""
LEAVING = {("DELETE", f"{MEETING}/lobby/{{externalUserId}}")}
"""Nobody waits."""
BY_ADMIN = {("PUT", MEETING), ("POST", f"{MEETING}/admissions"), ("PUT", ATTENDEE)}


def has_dry_run(operation: Json) -> bool:
    return {"$ref": "#/components/parameters/dryRun"} in operation["parameters"]


def table_of(local_stack: ObservedStack, meeting_id: str) -> list[str]:
    """Everything that is stored of a meeting."""
    dynamodb = client("dynamodb", local_stack.stack.aws_endpoint_url)
    try:
        pages = dynamodb.get_paginator("scan").paginate(TableName=local_stack.stack.table, ConsistentRead=True)
        return sorted(str(item) for page in pages for item in page["Items"] if meeting_id in str(item))
    finally:
        dynamodb.close()


LISTEN = "listen"
"""Hands out a ticket, and changes nothing in the meeting."""


def test_every_route_that_changes_takes_it(local_stack: ObservedStack) -> None:
    described = done(local_stack.web.send("GET", "/openapi.json"))["paths"]
    changing = {
        (method.upper(), path): operation
        for path, operations in described.items()
        for method, operation in operations.items()
        if method != "get" and operation["operationId"] != LISTEN
    }
    assert set(changing) == set(BODIES) | CONSENTS | LEAVING
    assert [name for name, operation in changing.items() if not has_dry_run(operation)] == []


def test_nothing_is_written_and_nothing_sent(meeting: ModeratedMeeting) -> None:
    """All routes one after the other, with a key that would be remembered if anything were. Of zoe nobody has heard."""
    muted = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    done(meeting.alice.post("/mute-all", {"media": ["video"]}))
    bodies = BODIES | {("POST", f"{MEETING}/undo"): {"changeId": muted["changeId"]}}
    meeting.local_stack.bus_events.until(meeting.meeting_id, lambda seen: len(seen) >= len(meeting.alice.history()))
    with meeting.local_stack.simulator.without("events"):
        meeting.attendees["zoe"] = meeting.join("zoe")
    before = seen_of(meeting)
    told = len(meeting.local_stack.bus_events.of(meeting.meeting_id))
    answers = {name: dry(meeting, *name)(body) for name, body in bodies.items()}
    assert {name: answer["status"] for name, answer in answers.items()} == dict.fromkeys(BODIES, "dry-run")
    consent = {"changeId": muted["changeId"], "accept": True}
    problem(meeting.bob.put(meeting.at("bob", "/consent?dryRun=true"), consent), 409, "no-request")
    problem(meeting.bob.delete("/lobby/bob?dryRun=true"), 403, "not-permitted")
    assert seen_of(meeting) == before
    for name in ("mute", "unmute"):
        assert answers["POST", f"{ATTENDEE}/{name}"]["before"] == MUTED | {"video": "Receive"}
    assert answers["POST", f"{ATTENDEE}/unmute"]["after"] == EVERYTHING | {"video": "Receive"}
    outcomes = {o["externalUserId"]: o["outcome"] for o in answers["POST", f"{MEETING}/mute-all"]["outcomes"]}
    assert (outcomes["alice"], outcomes["carol"]) == ("spared", "applied")
    assert answers["POST", f"{ATTENDEE}/floor"]["attendee"]["externalUserId"] == "carol"
    assert answers["POST", f"{MEETING}/undo"]["after"] == EVERYTHING | {"video": "Receive"}
    problem(meeting.bob.post("/mute-all?dryRun=true", {}), 403, "not-permitted")
    marker = done(meeting.alice.post(meeting.at("carol", "/mute")))
    events = meeting.local_stack.bus_events.until_changed(meeting.meeting_id, marker["changeId"])
    refused = 1
    assert len(meeting.local_stack.bus_events.of(meeting.meeting_id)) <= told + len(events) + refused


def seen_of(meeting: ModeratedMeeting) -> tuple[list[str], list[Json]]:
    return table_of(meeting.local_stack, meeting.meeting_id), meeting.changes()


def caller_of(meeting: ModeratedMeeting, method: str, path: str) -> Caller:
    if (method, path) in BY_ADMIN:
        return meeting.admin
    return meeting.bob if (method, path.rpartition("/")[2]) == ("PUT", "hand") else meeting.alice


def target_of(method: str, path: str) -> str:
    """A mute by name stands in the way of the floor."""
    if (method, path) == ("PUT", ATTENDEE):
        return "zoe"
    return "carol" if path.endswith("/floor") else "bob"


def dry(meeting: ModeratedMeeting, method: str, path: str) -> Callable[[Json | None], Json]:
    """Asks the route without meaning it."""
    caller, target = caller_of(meeting, method, path), target_of(method, path)
    filled = path.removeprefix(MEETING).format(attendeeId=meeting.attendees[target], externalUserId=target)
    conditions: dict[str, Any] = {"if_match": etag(meeting)} if (method, path) == ("PUT", MEETING) else {}

    def ask(body: Json | None) -> Json:
        return done(caller.send(method, f"{filled}?dryRun=true", body, idempotency_key="dry", **conditions))

    return ask


def etag(meeting: ModeratedMeeting) -> str:
    return meeting.alice.get().headers["ETag"]
