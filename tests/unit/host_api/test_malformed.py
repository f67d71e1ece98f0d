"""Each fault of a request is named with its place, and such a request never reaches the application."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from moderation.application.queries.history import Span
from moderation.domain.commands import Mute
from moderation.domain.entry import EntryFilter

from .api import CURSOR, A, HostApi, M, event

TARGETS = (f"/meetings/{M}/attendees/{A}", f"/meetings/{M}/users/bob")
MUTE, UNMUTE, CAPABILITIES, REGISTER = "POST /mute", "POST /unmute", "PATCH /capabilities", "PUT"
MUTE_ALL, UNMUTE_ALL, PATCH, ADMIT, BIND = (
    "POST /mute-all",
    "POST /unmute-all",
    "PATCH",
    "POST /admissions",
    "PUT attendee",
)
HOLD, ROLE, REMOVE, FLOOR, CONSENT, HAND = "hold", "role", "remove", "floor", "consent", "hand"
BAN, LOBBY, UNDO, END = "ban", "lobby", "undo", "end"
WRITES = {
    HOLD: [("POST", f"{target}/{command}") for target in TARGETS for command in ("hold", "release")],
    ROLE: [("PUT", f"{target}/role") for target in TARGETS],
    REMOVE: [("POST", f"{target}/remove") for target in TARGETS],
    FLOOR: [("POST", f"{target}/floor") for target in TARGETS],
    CONSENT: [("PUT", f"{target}/consent") for target in TARGETS],
    HAND: [("PUT", f"{target}/hand") for target in TARGETS],
    BAN: [("PUT", f"/meetings/{M}/bans/bob")],
    LOBBY: [("PUT", f"/meetings/{M}/lobby/bob")],
    UNDO: [("POST", f"/meetings/{M}/undo")],
    END: [("POST", f"/meetings/{M}/end")],
    MUTE: [("POST", f"{target}/mute") for target in TARGETS],
    UNMUTE: [("POST", f"{target}/unmute") for target in TARGETS],
    CAPABILITIES: [("PATCH", f"{target}/capabilities") for target in TARGETS],
    REGISTER: [("PUT", f"/meetings/{M}")],
    MUTE_ALL: [("POST", f"/meetings/{M}/mute-all")],
    UNMUTE_ALL: [("POST", f"/meetings/{M}/unmute-all")],
    PATCH: [("PATCH", f"/meetings/{M}")],
    ADMIT: [("POST", f"/meetings/{M}/admissions")],
    BIND: [("PUT", TARGETS[0])],
}
LEAST: dict[str, object] = {
    PATCH: {"mode": "open"},
    CAPABILITIES: {"audio": "None"},
    ADMIT: {"users": [{"externalUserId": "bob"}]},
    ROLE: {"role": "viewer"},
    CONSENT: {"changeId": "01JZ", "accept": True},
    LOBBY: {"admit": True},
    UNDO: {"changeId": "01JZ"},
}
DELETES = [("DELETE", f"/meetings/{M}/bans/bob")] + [
    ("DELETE", f"{target}/{command}") for target in TARGETS for command in ("hand", "floor")
]
EVERY_WRITE_WELL = [
    *((*call, LEAST.get(route)) for route, calls in WRITES.items() for call in calls),
    *((*call, None) for call in DELETES),
]
EVERY_WRITE = [call for calls in WRITES.values() for call in calls]
EVERY_READ = [
    ("GET", f"/meetings/{M}"),
    ("GET", f"/meetings/{M}/me"),
    *(("GET", target) for target in TARGETS),
    ("GET", f"/meetings/{M}/attendees"),
    ("GET", f"/meetings/{M}/history"),
    ("GET", f"/meetings/{M}/changes/01JZ"),
    *(("GET", f"/meetings/{M}/{which}") for which in ("hands", "bans", "lobby")),
]
WRONG_TIMES = [
    "2026-06-01", "2026-06-01T12:00:00", "2026-06-01T12:00:00+00:00", "2026-06-01 12:00:00Z", "2026-06-31T12:00:00Z",
    "2026-06-01T24:00:01Z", "2026-06-01T12:00Z", "2026-06-01T12:00:00z", "٢٠٢٦-06-01T12:00:00Z", "tomorrow", "",
    1780315200, True,
]  # fmt: skip
UNTIL = "2026-06-01T12:00:00Z"
BODIES: list[tuple[str, object, list[str]]] = [
    (HOLD, {"durationSeconds": 5}, ["/durationSeconds"]),
    (HOLD, {"reason": "x" * 501}, ["/reason"]),
    (ROLE, {}, ["/role"]),
    (ROLE, {"role": None, "reason": "x"}, ["/role"]),
    (ROLE, {"role": "Host!"}, ["/role"]),
    (REMOVE, {"ban": "true"}, ["/ban"]),
    (REMOVE, {"until": UNTIL}, ["/until"]),
    (REMOVE, {"ban": False, "until": UNTIL}, ["/until"]),
    (REMOVE, {"ban": 1, "until": UNTIL}, ["/ban"]),
    (REMOVE, {"ban": True, "until": "soon", "reason": 1}, ["/reason", "/until"]),
    (BAN, {"ban": True}, ["/ban"]),
    *((BAN, {"until": wrong}, ["/until"]) for wrong in WRONG_TIMES),
    *((FLOOR, {"durationSeconds": wrong}, ["/durationSeconds"]) for wrong in (None, "120", 0, 86401)),
    (FLOOR, {"media": []}, ["/media"]),
    (FLOOR, {"exclusive": None}, ["/exclusive"]),
    (CONSENT, {}, ["/changeId", "/accept"]),
    (CONSENT, {"changeId": "a.b", "accept": "yes"}, ["/changeId", "/accept"]),
    (CONSENT, {"changeId": "01JZ", "accept": True, "reason": "x"}, ["/reason"]),
    (HAND, {"raised": True}, ["/raised"]),
    (LOBBY, {}, ["/admit"]),
    (LOBBY, {"admit": None}, ["/admit"]),
    (UNDO, {}, ["/changeId"]),
    (UNDO, {"changeId": 7}, ["/changeId"]),
    (UNDO, {"changeId": "../x", "until": UNTIL}, ["/changeId", "/until"]),
    (END, {"until": UNTIL}, ["/until"]),
    (MUTE, {"media": []}, ["/media"]),
    (MUTE, {"media": "audio"}, ["/media"]),
    (MUTE, {"media": ["audio", "audio"]}, ["/media"]),
    (MUTE, {"media": ["audio", "smell"]}, ["/media/1"]),
    (MUTE, {"media": [1, None]}, ["/media/0", "/media/1"]),
    (MUTE, {"media": None}, ["/media"]),
    *((MUTE, {"durationSeconds": wrong}, ["/durationSeconds"]) for wrong in ("300", 1.5, True, 0, -1, 86401)),
    (MUTE, {"reason": "x" * 501}, ["/reason"]),
    (MUTE, {"reason": 1}, ["/reason"]),
    (MUTE, {"reason": "\ud800"}, ["/reason"]),
    (MUTE, {"liftableBy": "cohost"}, ["/liftableBy"]),
    (MUTE, {"liftable_by": "host"}, ["/liftable_by"]),
    (MUTE, {"a/b~c": 1}, ["/a~1b~0c"]),
    (MUTE, {"until": "2026-05-04T10:00:00Z", "media": []}, ["/media", "/until"]),
    (UNMUTE, {"durationSeconds": 5}, ["/durationSeconds"]),
    (UNMUTE, {"media": ["Audio"]}, ["/media/0"]),
    (CAPABILITIES, {}, [""]),
    (CAPABILITIES, {"reason": "why"}, [""]),
    (CAPABILITIES, {"audio": "send"}, ["/audio"]),
    (CAPABILITIES, {"audio": None}, ["/audio"]),
    (CAPABILITIES, {"Audio": "Send"}, ["/Audio"]),
    (REGISTER, {"roles": {"x": "host"}}, ["/roles/x"]),
    (REGISTER, {"roles": {"bob": "Host!"}}, ["/roles/bob"]),
    (REGISTER, {"roles": {"AWS:MediaPipeline": "host"}}, ["/roles/AWS:MediaPipeline"]),
    (REGISTER, {"roles": {"100%": "host"}}, ["/roles/100%"]),
    (REGISTER, {"roles": ["bob"]}, ["/roles"]),
    (REGISTER, {"roles": {f"user{n}": "viewer" for n in range(1001)}}, ["/roles"]),
    (REGISTER, {"defaultRole": "host"}, ["/defaultRole"]),
    (REGISTER, {"defaultRole": "cohost"}, ["/defaultRole"]),
    (REGISTER, {"mode": ""}, ["/mode"]),
    (REGISTER, {"mode": "open\n"}, ["/mode"]),
    (REGISTER, {"unmuteConsent": "always"}, ["/unmuteConsent"]),
    (REGISTER, {"lobby": "false"}, ["/lobby"]),
    (REGISTER, {"lobby": 0}, ["/lobby"]),
    (REGISTER, {"reason": "x"}, ["/reason"]),
    *((MUTE_ALL, {"durationSeconds": wrong}, ["/durationSeconds"]) for wrong in ("300", 1.5, True, 0, 86401)),
    (MUTE_ALL, {"media": []}, ["/media"]),
    (MUTE_ALL, {"media": ["audio", "audio"]}, ["/media"]),
    (MUTE_ALL, {"liftableBy": None}, ["/liftableBy"]),
    (MUTE_ALL, {"reason": "x" * 501}, ["/reason"]),
    (MUTE_ALL, {"except": None}, ["/except"]),
    (MUTE_ALL, {"except": []}, ["/except"]),
    (MUTE_ALL, {"spared": {}}, ["/spared"]),
    (MUTE_ALL, {"except": {"users": []}}, ["/except/users"]),
    (MUTE_ALL, {"except": {"attendeeIds": [A, "bob"]}}, ["/except/attendeeIds/1"]),
    (
        MUTE_ALL,
        {"except": {"externalUserIds": ["x", "aws:x"]}},
        ["/except/externalUserIds/0", "/except/externalUserIds/1"],
    ),
    (MUTE_ALL, {"except": {"roles": ["Host"]}}, ["/except/roles/0"]),
    (MUTE_ALL, {"except": {"roles": None}}, ["/except/roles"]),
    (MUTE_ALL, {"except": {"attendeeIds": [A] * 251}}, ["/except/attendeeIds"]),
    (MUTE_ALL, {"except": {"attendeeIds": [A] * 200, "externalUserIds": ["bob"] * 51}}, ["/except"]),
    (UNMUTE_ALL, {"except": {}}, ["/except"]),
    (UNMUTE_ALL, {"media": ["Audio"]}, ["/media/0"]),
    (PATCH, {}, [""]),
    (PATCH, {"reason": "why"}, [""]),
    (PATCH, {"mode": None}, ["/mode"]),
    (PATCH, {"mode": "Open"}, ["/mode"]),
    (PATCH, {"frozen": "true"}, ["/frozen"]),
    (PATCH, {"frozen": None}, ["/frozen"]),
    (PATCH, {"lobby": 1}, ["/lobby"]),
    (PATCH, {"unmuteConsent": "always"}, ["/unmuteConsent"]),
    (PATCH, {"defaultRole": "host"}, ["/defaultRole"]),
    (PATCH, {"defaultRole": "cohost"}, ["/defaultRole"]),
    (PATCH, {"default_role": "viewer"}, ["/default_role"]),
    (PATCH, {"roles": {}, "frozen": True}, ["/roles"]),
    (ADMIT, {}, ["/users"]),
    (ADMIT, {"users": []}, ["/users"]),
    (ADMIT, {"users": ["bob"]}, ["/users/0"]),
    (ADMIT, {"users": [{"role": "viewer"}]}, ["/users/0/externalUserId"]),
    (ADMIT, {"users": [{"externalUserId": "aws:x"}]}, ["/users/0/externalUserId"]),
    (ADMIT, {"users": [{"externalUserId": "bob"}, {"externalUserId": "b"}]}, ["/users/1/externalUserId"]),
    (ADMIT, {"users": [{"externalUserId": "bob"}, {"externalUserId": "bob", "role": "viewer"}]}, ["/users"]),
    (ADMIT, {"users": [{"externalUserId": f"user{n}"} for n in range(101)]}, ["/users"]),
    (ADMIT, {"users": [{"externalUserId": "bob", "role": "Viewer"}]}, ["/users/0/role"]),
    (ADMIT, {"users": [{"externalUserId": "bob", "capabilities": {}}]}, ["/users/0/capabilities"]),
    (BIND, {"role": "host"}, ["/role"]),
    (BIND, {"reason": "x"}, ["/reason"]),
]
RAW = [
    b"{",
    b"nonsense",
    b'{"reason": NaN}',
    b'{"reason": "\xff"}',
    b"[" * 60_000,
    b'{"durationSeconds": ' + b"9" * 5000 + b"}",
    b"\xef\xbb\xbf{}",
]
JSON = {"content-type": "application/json; charset=utf-8"}


@pytest.mark.parametrize(("route", "body", "pointers"), BODIES)
def test_bodies(route: str, body: object, pointers: list[str]) -> None:
    for method, target in WRITES[route]:
        api = HostApi()
        reply = api(method, target, body)
        assert (reply.status, reply.code, reply.pointers) == (400, "invalid-request", pointers)
        assert not any(re.match("Input|List|String|Value|Field|Dict", e["detail"]) for e in reply.document["errors"])
        assert not api.gavel.requests


@pytest.mark.parametrize("call", EVERY_WRITE)
def test_what_is_no_json_object(call: tuple[str, str]) -> None:
    for raw in RAW:
        assert HostApi()(*call, raw, headers=JSON).pointers == [""]
    for document in (b"null", b"[]", b'"text"', b"3", b"true"):
        assert HostApi()(*call, document, headers=JSON).pointers == [""]
    assert HostApi()(*call, b'{"reason": "a", "reason": "b"}', headers=JSON).pointers == ["/reason"]


@pytest.mark.parametrize("call", EVERY_WRITE)
def test_only_json_is_taken(call: tuple[str, str]) -> None:
    for headers in ({}, {"content-type": "application/x-www-form-urlencoded"}, {"content-type": "text/plain"}):
        assert HostApi()(*call, b"{}", headers=headers).pointers == ["Content-Type"]


@pytest.mark.parametrize("call", DELETES)
def test_a_delete_says_nothing(call: tuple[str, str]) -> None:
    for raw in (b"{}", b'{"reason": "x"}', b"nonsense"):
        for headers in (JSON, {}):
            assert HostApi()(*call, raw, headers=headers).pointers == [""]
    assert HostApi()(*call, b" " * 65_537).code == "payload-too-large"
    assert HostApi()(call[0], f"{call[1]}?reason=x").pointers == ["?reason"]


def test_broken_base64() -> None:
    said = event("POST", f"{TARGETS[0]}/mute", b"{}", JSON, {"sub": "alice"}) | {"body": "!!!"}
    assert HostApi().send(said).pointers == [""]


@pytest.mark.parametrize("call", EVERY_WRITE)
def test_too_large(call: tuple[str, str]) -> None:
    for body in (b" " * 65_537, b" " * 200_000, {"reason": "é" * 40_000}):
        reply = HostApi()(*call, body, headers=JSON)
        assert (reply.status, reply.code) == (413, "payload-too-large")


@pytest.mark.parametrize("call", EVERY_WRITE_WELL)
@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("dryRun=1", ["?dryRun"]),
        ("dryRun=", ["?dryRun"]),
        ("dryRun=TRUE", ["?dryRun"]),
        ("dryRun=true&dryRun=true", ["?dryRun"]),
        ("dry_run=true", ["?dry_run"]),
        ("x=1", ["?x"]),
        ("&".join(f"a{n}=1" for n in range(60)), ["?"]),
    ],
)
def test_queries_of_writes(call: tuple[str, str, object], query: str, pointers: list[str]) -> None:
    method, target, body = call
    assert HostApi()(method, f"{target}?{query}", body).pointers == pointers


@pytest.mark.parametrize("call", EVERY_READ)
def test_queries_of_reads(call: tuple[str, str]) -> None:
    method, target = call
    assert HostApi()(method, f"{target}?dryRun=true").pointers == ["?dryRun"]


@pytest.mark.parametrize("wrong", ["limit=0", "limit=101", "limit=1.5", "limit=-1", "limit=", "limit=٣", "limit=+5"])
def test_limits_of_history(wrong: str) -> None:
    assert HostApi()("GET", f"/meetings/{M}/history?{wrong}").pointers == ["?limit"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "?limit"),
        ("limit=101", "?limit"),
        ("nextToken=", "?nextToken"),
        ("nextToken=bob", "?nextToken"),
        (f"nextToken={A}", "?nextToken"),
        ("after=01JZ", "?after"),
    ],
)
def test_wrong_pages_of_attendees(query: str, pointer: str) -> None:
    assert HostApi()("GET", f"/meetings/{M}/attendees?{query}").pointers == [pointer]


def test_pages_of_attendees() -> None:
    api = HostApi()
    token = api("GET", f"/meetings/{M}/attendees").document["nextToken"]
    assert A not in token
    assert api("GET", f"/meetings/{M}/attendees?limit=7&nextToken={token}").status == 200
    assert [asked[3:] for asked in api.gavel.asked] == [(50, None), (7, A)]


NO_HISTORY = {
    "after=xx": "?after",
    "after=2026-05-04T10:00:00Z": "?after",
    f"after={CURSOR.lower()}": "?after",
    f"after={CURSOR}0": "?after",
    f"after={'Z' * 26}": "?after",
    "after=": "?after",
    "from=yesterday": "?from",
    "to=2026-05-04": "?to",
    "from=2026-05-04T10:00:00Z&to=2026-05-04T10:00:00Z": "?",
    "order=newest": "?order",
    "verdict=pending": "?verdict",
    "command=Mute": "?command",
    "actor=": "?actor",
}


@pytest.mark.parametrize("query", NO_HISTORY)
def test_what_is_no_part_of_a_history(query: str) -> None:
    """It must not read as if nothing had happened."""
    api = HostApi()
    reply = api("GET", f"/meetings/{M}/history?{query}")
    assert (reply.status, reply.pointers, api.gavel.asked) == (400, [NO_HISTORY[query]], [])


def test_which_history() -> None:
    api = HostApi()
    query = "from=2026-05-04T10:00:00Z&to=2026-05-04T11:00:00Z&verdict=refused&actor=alice&command=mute-all&order=desc"
    assert api("GET", f"/meetings/{M}/history?{query}").status == 200
    begin = datetime(2026, 5, 4, 10, tzinfo=UTC)
    assert api.gavel.which == {
        "span": Span(begin, begin + timedelta(hours=1)),
        "only": EntryFilter("refused", "alice", "mute-all"),
        "newest_first": True,
    }


@pytest.mark.parametrize("seconds", ["60.0", "6e1", "60"])
def test_what_json_schema_calls_an_integer(seconds: str) -> None:
    api = HostApi()
    assert (
        api(
            "POST",
            f"/meetings/{M}/users/bob/mute",
            b'{"durationSeconds": %s}' % seconds.encode(),
            headers={"Content-Type": "application/json"},
        ).status
        == 200
    )
    command = api.gavel.requests[0].command
    assert isinstance(command, Mute)
    assert (command.seconds, type(command.seconds)) == (60, int)


OURS = {
    b'{"media": []}': "should have 1 or more items",
    b'{"media": "audio"}': "should be a list",
    b'{"media": ["smell"]}': "should be `audio`, `video` or `content`",
    b'{"durationSeconds": 0}': "should be 1 or more",
    b'{"reason": 7}': "should be text",
    b'{"reason": "%s"}' % (b"x" * 501): "should have at most 500 characters",
    b'{"except": []}': "should be an object",
    b'{"except": {"roles": {}}}': "should be a list",
}


@pytest.mark.parametrize("body", OURS)
def test_faults_are_said_in_our_words(body: bytes) -> None:
    reply = HostApi()("POST", f"/meetings/{M}/mute-all", body, headers={"Content-Type": "application/json"})
    assert [error["detail"] for error in reply.document["errors"]] == [OURS[body]]


def test_history_pages() -> None:
    api = HostApi()
    assert api("GET", f"/meetings/{M}/history?after=a%20b").pointers == ["?after"]
    assert api("GET", f"/meetings/{M}/history?attendeeId=bob").pointers == ["?attendeeId"]
    assert api("GET", f"/meetings/{M}/history?after={CURSOR}&limit=7&attendeeId={A}%23content").status == 200
    assert api("GET", f"/meetings/{M}/history").status == 200
    assert api("GET", f"/meetings/{M}/history?externalUserId=al/ice").status == 200
    both = api("GET", f"/meetings/{M}/history?externalUserId=bob&attendeeId={A}")
    assert both.pointers == ["?externalUserId"]
    assert api("GET", f"/meetings/{M}/history?externalUserId=b").pointers == ["?externalUserId"]
    assert [asked[3:] for asked in api.gavel.asked] == [
        (CURSOR, 7, A, None),
        (None, 50, None, None),
        (None, 50, None, "al/ice"),
    ]


@pytest.mark.parametrize("call", [*((*call, None) for call in EVERY_READ), *EVERY_WRITE_WELL])
@pytest.mark.parametrize("wrong", ["x", f"{M}0", "%00", "..", f"{M}%0A", "%F0%9F%92%A9", "%FF", "%2525"])
def test_malformed_ids(call: tuple[str, str, object], wrong: str) -> None:
    method, target, body = call
    reply = HostApi()(method, target.replace(M, wrong), body)
    assert (reply.status, reply.code, reply.pointers) == (400, "invalid-request", ["{meetingId}"])


def test_malformed_ids_are_all_named() -> None:
    assert HostApi()("GET", "/meetings/x/attendees/y").pointers == ["{meetingId}", "{attendeeId}"]
    assert HostApi()("GET", f"/meetings/{M}/changes/a.b").pointers == ["{changeId}"]


@pytest.mark.parametrize("path", ["/", "", f"//meetings/{M}", f"/Meetings/{M}", "x"])
def test_no_such_route(path: str) -> None:
    reply = HostApi()("GET", path)
    assert (reply.status, reply.code) == (404, "not-found")


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "POST", "TRACE", "get "])
def test_no_such_method(method: str) -> None:
    reply = HostApi()(method, f"/meetings/{M}")
    assert (reply.status, reply.code, reply.headers["Allow"]) == (405, "method-not-allowed", "GET, HEAD, PATCH, PUT")
    assert HostApi()(method, "/health").headers["Allow"] == "GET, HEAD"


def test_an_answer_says_where() -> None:
    reply = HostApi()("GET", "/meetings/%22%C3%A9/me")
    assert reply.document["instance"] == "/meetings/%22%C3%A9/me"
    assert reply.document["type"] == "urn:gavel:problem:invalid-request"
