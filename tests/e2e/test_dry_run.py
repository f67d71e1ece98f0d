"""`?dryRun=true`: the same checks and the same answer, nothing written, nothing sent; on every route that changes."""

from collections.abc import Callable
from typing import Any

from local.aws import client
from tests.e2e.caller import Caller, Json, done, problem
from tests.e2e.scene import EVERYTHING, MUTED, ModeratedMeeting, Theatre

MEETING = "/meetings/{meetingId}"
SEAT = f"{MEETING}/attendees/{{attendeeId}}"
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
    ("PUT", SEAT): {},
    ("PATCH", f"{SEAT}/capabilities"): {"video": "None"},
    ("PATCH", f"{PERSON}/capabilities"): {"video": "None"},
    ("POST", f"{SEAT}/mute"): {"media": ["content"], "durationSeconds": 60},
    ("POST", f"{PERSON}/mute"): {"media": ["content"]},
    ("POST", f"{SEAT}/unmute"): {},
    ("POST", f"{PERSON}/unmute"): {},
    **{(method, who + deed): body for who in (SEAT, PERSON) for (method, deed), body in ON_PEOPLE.items()},
    ("PUT", f"{MEETING}/bans/{{externalUserId}}"): {"until": "2099-01-01T00:00:00Z"},
    ("DELETE", f"{MEETING}/bans/{{externalUserId}}"): None,
    ("PUT", f"{MEETING}/lobby/{{externalUserId}}"): {"admit": True},
    ("POST", f"{MEETING}/undo"): {},
    ("POST", f"{MEETING}/end"): {"reason": "it is late"},
}
"""Most would change something if they were meant. A route that is missing here fails the first test."""
CONSENTS = {("PUT", f"{who}/consent") for who in (SEAT, PERSON)}
"""Nobody is asked anything in this meeting."""
LEAVING = {("DELETE", f"{MEETING}/lobby/{{externalUserId}}")}
"""Nobody waits."""
BY_ADMIN = {("PUT", MEETING), ("POST", f"{MEETING}/admissions"), ("PUT", SEAT)}


def has_dry_run(operation: Json) -> bool:
    return any(parameter.get("name") == "dryRun" for parameter in operation.get("parameters", []))


def table_of(theatre: Theatre, meeting_id: str) -> list[str]:
    """Everything that is stored of a meeting."""
    dynamodb = client("dynamodb", theatre.stack.aws_endpoint_url)
    try:
        pages = dynamodb.get_paginator("scan").paginate(TableName=theatre.stack.table, ConsistentRead=True)
        return sorted(str(item) for page in pages for item in page["Items"] if meeting_id in str(item))
    finally:
        dynamodb.close()


LISTEN = "listen"
"""Hands out a ticket, and changes nothing in the meeting."""


def test_every_route_that_changes_takes_it(theatre: Theatre) -> None:
    described = done(theatre.web.send("GET", "/openapi.json"))["paths"]
    changing = {
        (method.upper(), path): operation
        for path, operations in described.items()
        for method, operation in operations.items()
        if method != "get" and operation["operationId"] != LISTEN
    }
    assert set(changing) == set(BODIES) | CONSENTS | LEAVING
    assert [name for name, operation in changing.items() if not has_dry_run(operation)] == []


def test_nothing_is_written_and_nothing_sent(scene: ModeratedMeeting) -> None:
    """All routes one after the other, with a key that would be remembered if anything were. Of zoe nobody has heard."""
    muted = done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    done(scene.alice.post("/mute-all", {"media": ["video"]}))
    bodies = BODIES | {("POST", f"{MEETING}/undo"): {"changeId": muted["changeId"]}}
    scene.theatre.tap.until(scene.meeting_id, lambda seen: len(seen) >= len(scene.alice.history()))
    with scene.theatre.simulator.without("events"):
        scene.seats["zoe"] = scene.join("zoe")
    before = seen_of(scene)
    told = len(scene.theatre.tap.of(scene.meeting_id))
    answers = {name: dry(scene, *name)(body) for name, body in bodies.items()}
    assert {name: answer["status"] for name, answer in answers.items()} == dict.fromkeys(BODIES, "dry-run")
    consent = {"changeId": muted["changeId"], "accept": True}
    problem(scene.bob.put(scene.at("bob", "/consent?dryRun=true"), consent), 409, "no-request")
    problem(scene.bob.delete("/lobby/bob?dryRun=true"), 403, "not-permitted")
    assert seen_of(scene) == before
    for deed in ("mute", "unmute"):
        assert answers["POST", f"{SEAT}/{deed}"]["before"] == MUTED | {"video": "Receive"}
    assert answers["POST", f"{SEAT}/unmute"]["after"] == EVERYTHING | {"video": "Receive"}
    outcomes = {o["externalUserId"]: o["outcome"] for o in answers["POST", f"{MEETING}/mute-all"]["outcomes"]}
    assert (outcomes["alice"], outcomes["carol"]) == ("spared", "applied")
    assert answers["POST", f"{SEAT}/floor"]["attendee"]["externalUserId"] == "carol"
    assert answers["POST", f"{MEETING}/undo"]["after"] == EVERYTHING | {"video": "Receive"}
    problem(scene.bob.post("/mute-all?dryRun=true", {}), 403, "not-permitted")
    marker = done(scene.alice.post(scene.at("carol", "/mute")))
    events = scene.theatre.tap.until_changed(scene.meeting_id, marker["changeId"])
    refused = 1
    assert len(scene.theatre.tap.of(scene.meeting_id)) <= told + len(events) + refused


def seen_of(scene: ModeratedMeeting) -> tuple[list[str], list[Json]]:
    return table_of(scene.theatre, scene.meeting_id), scene.changes()


def caller_of(scene: ModeratedMeeting, method: str, path: str) -> Caller:
    if (method, path) in BY_ADMIN:
        return scene.admin
    return scene.bob if (method, path.rpartition("/")[2]) == ("PUT", "hand") else scene.alice


def whom_of(method: str, path: str) -> str:
    """A mute by name stands in the way of the floor."""
    if (method, path) == ("PUT", SEAT):
        return "zoe"
    return "carol" if path.endswith("/floor") else "bob"


def dry(scene: ModeratedMeeting, method: str, path: str) -> Callable[[Json | None], Json]:
    """Asks the route without meaning it."""
    caller, whom = caller_of(scene, method, path), whom_of(method, path)
    filled = path.removeprefix(MEETING).format(attendeeId=scene.seats[whom], externalUserId=whom)
    conditions: dict[str, Any] = {"if_match": etag(scene)} if (method, path) == ("PUT", MEETING) else {}

    def ask(body: Json | None) -> Json:
        return done(caller.send(method, f"{filled}?dryRun=true", body, idempotency_key="dry", **conditions))

    return ask


def etag(scene: ModeratedMeeting) -> str:
    return scene.alice.get().headers["ETag"]
