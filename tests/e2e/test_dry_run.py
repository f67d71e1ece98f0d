"""`?dryRun=true`: the same checks and the same answer, nothing written, nothing sent; on every route that changes."""

from collections.abc import Callable
from typing import Any

from local.aws import client
from tests.e2e.caller import Caller, Json, done, problem
from tests.e2e.scene import EVERYTHING, MUTED, Scene, Theatre

MEETING = "/meetings/{meetingId}"
SEAT = f"{MEETING}/attendees/{{attendeeId}}"
PERSON = f"{MEETING}/users/{{externalUserId}}"
BODIES: dict[tuple[str, str], Json] = {
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
}
"""Each would change something if it were meant. A route that is missing here fails the first test."""
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


def test_every_route_that_changes_takes_it(theatre: Theatre) -> None:
    described = done(theatre.web.send("GET", "/openapi.json"))["paths"]
    changing = {
        (method.upper(), path): operation
        for path, operations in described.items()
        for method, operation in operations.items()
        if method != "get"
    }
    assert set(changing) == set(BODIES)
    assert [name for name, operation in changing.items() if not has_dry_run(operation)] == []


def test_nothing_is_written_and_nothing_sent(scene: Scene) -> None:
    """All routes one after the other, with a key that would be remembered if anything were. Of zoe nobody has heard."""
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    done(scene.alice.post("/mute-all", {"media": ["video"]}))
    scene.theatre.tap.until(scene.meeting_id, lambda seen: len(seen) >= len(scene.alice.history()))
    with scene.theatre.simulator.without("events"):
        scene.seats["zoe"] = scene.join("zoe")
    before = seen_of(scene)
    told = len(scene.theatre.tap.of(scene.meeting_id))
    answers = {name: dry(scene, *name)(body) for name, body in BODIES.items()}
    assert {name: answer["status"] for name, answer in answers.items()} == dict.fromkeys(BODIES, "dry-run")
    assert seen_of(scene) == before
    for deed in ("mute", "unmute"):
        assert answers["POST", f"{SEAT}/{deed}"]["before"] == MUTED | {"video": "Receive"}
    assert answers["POST", f"{SEAT}/unmute"]["after"] == EVERYTHING | {"video": "Receive"}
    outcomes = {o["externalUserId"]: o["outcome"] for o in answers["POST", f"{MEETING}/mute-all"]["outcomes"]}
    assert (outcomes["alice"], outcomes["carol"]) == ("spared", "applied")
    problem(scene.bob.post("/mute-all?dryRun=true", {}), 403, "not-permitted")
    marker = done(scene.alice.post(scene.at("carol", "/mute")))
    events = scene.theatre.tap.until_changed(scene.meeting_id, marker["changeId"])
    refused = 1
    assert len(scene.theatre.tap.of(scene.meeting_id)) <= told + len(events) + refused


def seen_of(scene: Scene) -> tuple[list[str], list[Json]]:
    return table_of(scene.theatre, scene.meeting_id), scene.changes()


def dry(scene: Scene, method: str, path: str) -> Callable[[Json], Json]:
    """Asks the route without meaning it."""
    caller: Caller = scene.admin if (method, path) in BY_ADMIN else scene.alice
    whom = "zoe" if (method, path) == ("PUT", SEAT) else "bob"
    filled = path.removeprefix(MEETING).format(attendeeId=scene.seats[whom], externalUserId=whom)
    conditions: dict[str, Any] = {"if_match": etag(scene)} if (method, path) == ("PUT", MEETING) else {}

    def ask(body: Json) -> Json:
        return done(caller.send(method, f"{filled}?dryRun=true", body, idempotency_key="dry", **conditions))

    return ask


def etag(scene: Scene) -> str:
    return scene.alice.get().headers["ETag"]
