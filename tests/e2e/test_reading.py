"""What only reads: history in pages, the description of the API, and dry runs, which change nothing."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from infra.version import version
from local.aws import client
from tests.e2e.caller import Json, done, problem
from tests.e2e.deadline import until
from tests.e2e.scene import EVERYTHING, MUTED, ModeratedMeeting, Theatre


def test_a_poll_by_cursor_never_skips_an_entry(scene: ModeratedMeeting) -> None:
    """Two hosts' hands are busy while a third reads three entries at a time."""
    seen: dict[str, Json] = {}
    cursor = ""

    def page() -> list[Json]:
        nonlocal cursor
        found = done(scene.admin.get("/history?limit=3" + (f"&after={cursor}" if cursor else "")))
        assert found["cursor"] >= cursor
        cursor = found["cursor"]
        items: list[Json] = found["items"]
        seen.update({item["entryId"]: item for item in items})
        return items

    def busy(user: str) -> list[str]:
        deeds = ["mute", "unmute"] * 3
        return [done(scene.alice.post(scene.at(user, f"/{deed}")))["changeId"] for deed in deeds]

    with ThreadPoolExecutor(2) as hands:
        working = [hands.submit(busy, user) for user in ("bob", "carol")]
        until(lambda: page() and all(hand.done() for hand in working), 60, "twelve changes")
    changes = [change for hand in working for change in hand.result()]
    until(lambda: len(page()) < 3, 60, "the last page")
    told = [(item["changeId"], item["type"]) for item in seen.values() if item["changeId"] in changes]
    assert sorted(told) == sorted(
        (change, kind) for change in changes for kind in ("Attendee Capabilities Changed", "Moderation Decided")
    )
    assert {item["entryId"] for item in scene.alice.history()} == seen.keys()


def test_the_history_of_one_seat(scene: ModeratedMeeting) -> None:
    """What names its owner, and what names nobody, as the registration: that is about everybody."""
    for user in ("bob", "carol"):
        done(scene.alice.post(scene.at(user, "/mute")))
    items = done(scene.alice.get(f"/history?attendeeId={scene.seats['carol']}"))["items"]
    named = [item for item in items if item.get("attendees")]
    assert {attendee["externalUserId"] for item in named for attendee in item["attendees"]} == {"carol"}
    assert [item["command"] for item in named] == ["mute", "mute"]
    assert [item["command"] for item in items] == ["register", "register", "mute", "mute"]


def test_the_description_lists_the_routes(theatre: Theatre) -> None:
    """Open to all, and every reference in it leads somewhere."""
    described = done(theatre.web.send("GET", "/openapi.json"))
    assert described["openapi"].startswith("3.1")
    operations = {f"{method.upper()} {path}" for path, found in described["paths"].items() for method in found}
    meeting = "/meetings/{meetingId}"
    assert operations >= {
        "GET /health",
        "GET /openapi.json",
        f"PUT {meeting}",
        f"GET {meeting}",
        f"GET {meeting}/me",
        f"GET {meeting}/history",
        f"GET {meeting}/changes/{{changeId}}",
    }
    for who in ("attendees/{attendeeId}", "users/{externalUserId}"):
        assert operations >= {f"GET {meeting}/{who}", f"PATCH {meeting}/{who}/capabilities"}
        assert operations >= {f"POST {meeting}/{who}/mute", f"POST {meeting}/{who}/unmute"}
    ids = [operation["operationId"] for found in described["paths"].values() for operation in found.values()]
    assert len(ids) == len(set(ids))
    references = set(_references(described))
    assert references
    for reference in references:
        found: Any = described
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def _references(document: object) -> list[str]:
    if isinstance(document, dict):
        own = [document["$ref"]] if isinstance(document.get("$ref"), str) else []
        return own + [reference for value in document.values() for reference in _references(value)]
    if isinstance(document, list):
        return [reference for value in document for reference in _references(value)]
    return []


def test_health_is_open_to_all(theatre: Theatre) -> None:
    assert done(theatre.web.send("GET", "/health")) == {"status": "ok", "version": version()}
    for path in ("/health", "/openapi.json"):
        assert theatre.web.send("HEAD", path).status_code == httpx.codes.OK
    problem(theatre.web.send("GET", "/nonsense", token=theatre.stack.token("alice")), 404, "not-found")
    assert theatre.web.send("POST", "/health").status_code != httpx.codes.OK


def items_of(theatre: Theatre, meeting_id: str) -> list[Json]:
    """Everything that the table holds of a meeting."""
    table = client("dynamodb", theatre.stack.aws_endpoint_url)
    try:
        pages = table.get_paginator("scan").paginate(TableName=theatre.stack.table, ConsistentRead=True)
        found = [item for page in pages for item in page["Items"] if meeting_id in str(item)]
        return sorted(found, key=str)
    finally:
        table.close()


def test_a_dry_run_answers_and_changes_nothing(scene: ModeratedMeeting) -> None:
    done(scene.alice.post(scene.at("bob", "/mute")))
    items, calls = items_of(scene.theatre, scene.meeting_id), scene.changes()
    assert items
    path = scene.at("bob", "/unmute?dryRun=true")
    for _ in range(2):
        answer = done(scene.alice.post(path, {"reason": "just asking"}, idempotency_key="dry"))
        assert (answer["status"], answer["before"], answer["after"]) == ("dry-run", MUTED, EVERYTHING)
        assert answer["effects"] == ["audio-may-flow"]
    dry = [
        done(scene.alice.patch(scene.at("carol", "/capabilities?dryRun=true"), {"video": "None"})),
        done(scene.alice.post("/users/newcomer/mute?dryRun=true")),
        done(scene.admin.put("?dryRun=true", {"mode": "audience"}, if_match=scene.alice.get().headers["ETag"])),
    ]
    assert [answer["status"] for answer in dry] == ["dry-run"] * 3
    problem(scene.bob.post(scene.at("carol", "/mute?dryRun=true")), 403, "not-permitted")
    problem(scene.alice.post(path, if_match='"p0.m0"'), 412, "revision-mismatch")
    assert items_of(scene.theatre, scene.meeting_id) == items
    assert scene.changes() == calls
