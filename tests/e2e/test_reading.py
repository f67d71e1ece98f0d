"""What only reads: history in pages, the description of the API, and dry runs, which change nothing."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from infra.version import version
from local.aws import client
from tests.e2e.caller import Json, done, problem
from tests.e2e.deadline import until
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack


def test_a_poll_by_cursor_never_skips_an_entry(meeting: ModeratedMeeting) -> None:
    """Two hosts' hands are busy while a third reads three entries at a time."""
    seen: dict[str, Json] = {}
    cursor = ""

    def page() -> list[Json]:
        nonlocal cursor
        found = done(meeting.admin.get("/history?limit=3" + (f"&after={cursor}" if cursor else "")))
        assert found["cursor"] >= cursor
        cursor = found["cursor"]
        items: list[Json] = found["items"]
        seen.update({item["entryId"]: item for item in items})
        return items

    def busy(user: str) -> list[str]:
        commands = ["mute", "unmute"] * 3
        return [done(meeting.alice.post(meeting.at(user, f"/{command}")))["changeId"] for command in commands]

    with ThreadPoolExecutor(2) as hands:
        working = [hands.submit(busy, user) for user in ("bob", "carol")]
        until(lambda: page() and all(hand.done() for hand in working), 60, "twelve changes")
    changes = [change for hand in working for change in hand.result()]
    until(lambda: len(page()) < 3, 60, "the last page")
    told = [(item["changeId"], item["type"]) for item in seen.values() if item["changeId"] in changes]
    assert sorted(told) == sorted(
        (change, kind) for change in changes for kind in ("Attendee Capabilities Changed", "Moderation Decided")
    )
    assert {item["entryId"] for item in meeting.alice.history()} == seen.keys()


def test_the_history_of_one_attendee(meeting: ModeratedMeeting) -> None:
    """What names its owner, and what names nobody, as the registration: that is about everybody."""
    for user in ("bob", "carol"):
        done(meeting.alice.post(meeting.at(user, "/mute")))
    items = done(meeting.alice.get(f"/history?attendeeId={meeting.attendees['carol']}"))["items"]
    named = [item for item in items if item.get("attendees")]
    assert {attendee["externalUserId"] for item in named for attendee in item["attendees"]} == {"carol"}
    assert [item["command"] for item in named] == ["mute", "mute"]
    assert [item["command"] for item in items] == ["register", "register", "mute", "mute"]


def test_the_description_lists_the_routes(local_stack: ObservedStack) -> None:
    """Open to all, and every reference in it leads somewhere."""
    described = done(local_stack.web.send("GET", "/openapi.json"))
    assert described["openapi"].startswith("3.1")
    operations = {f"{method.upper()} {path}" for path, found in described["paths"].items() for method in found}
    path = "/meetings/{meetingId}"
    assert operations >= {
        "GET /health",
        "GET /openapi.json",
        f"PUT {path}",
        f"GET {path}",
        f"GET {path}/me",
        f"GET {path}/history",
        f"GET {path}/changes/{{changeId}}",
    }
    for who in ("attendees/{attendeeId}", "users/{externalUserId}"):
        assert operations >= {f"GET {path}/{who}", f"PATCH {path}/{who}/capabilities"}
        assert operations >= {f"POST {path}/{who}/mute", f"POST {path}/{who}/unmute"}
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


def test_health_is_open_to_all(local_stack: ObservedStack) -> None:
    assert done(local_stack.web.send("GET", "/health")) == {"status": "ok", "version": version()}
    for path in ("/health", "/openapi.json"):
        assert local_stack.web.send("HEAD", path).status_code == httpx.codes.OK
    problem(local_stack.web.send("GET", "/nonsense", token=local_stack.stack.token("alice")), 404, "not-found")
    assert local_stack.web.send("POST", "/health").status_code != httpx.codes.OK


def items_of(local_stack: ObservedStack, meeting_id: str) -> list[Json]:
    """Everything that the table holds of a meeting."""
    table = client("dynamodb", local_stack.stack.aws_endpoint_url)
    try:
        pages = table.get_paginator("scan").paginate(TableName=local_stack.stack.table, ConsistentRead=True)
        found = [item for page in pages for item in page["Items"] if meeting_id in str(item)]
        return sorted(found, key=str)
    finally:
        table.close()


def test_a_dry_run_answers_and_changes_nothing(meeting: ModeratedMeeting) -> None:
    done(meeting.alice.post(meeting.at("bob", "/mute")))
    items, calls = items_of(meeting.local_stack, meeting.meeting_id), meeting.changes()
    assert items
    path = meeting.at("bob", "/unmute?dryRun=true")
    for _ in range(2):
        answer = done(meeting.alice.post(path, {"reason": "just asking"}, idempotency_key="dry"))
        assert (answer["status"], answer["before"], answer["after"]) == ("dry-run", MUTED, EVERYTHING)
        assert answer["effects"] == ["audio-may-flow"]
    dry = [
        done(meeting.alice.patch(meeting.at("carol", "/capabilities?dryRun=true"), {"video": "None"})),
        done(meeting.alice.post("/users/newcomer/mute?dryRun=true")),
        done(meeting.admin.put("?dryRun=true", {"mode": "audience"}, if_match=meeting.alice.get().headers["ETag"])),
    ]
    assert [answer["status"] for answer in dry] == ["dry-run"] * 3
    problem(meeting.bob.post(meeting.at("carol", "/mute?dryRun=true")), 403, "not-permitted")
    problem(meeting.alice.post(path, if_match='"p0.m0"'), 412, "revision-mismatch")
    assert items_of(meeting.local_stack, meeting.meeting_id) == items
    assert meeting.changes() == calls
