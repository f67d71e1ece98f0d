"""Requests that are meant to do harm, at the real door with the real moderator behind it: none is a 5xx, none tells
anything, none puts a header of its sender's into an answer, and none reaches another meeting.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.memory.moderated_meeting import MEETING, seat
from tests.security.cast import BACK_END, ELSEWHERE, Cast
from tests.unit.host_api.door import Reply, event

OUR_HEADERS = {"Content-Type", "Cache-Control", "ETag", "Location", "Idempotency-Replayed", "Retry-After", "Allow"} | {
    "WWW-Authenticate"
}
MUTE = f"/meetings/{MEETING}/users/bob/mute"
SPLIT = "bob\r\nSet-Cookie: admin=1"


@pytest.fixture(scope="module")
def played() -> Cast:
    return Cast()


@pytest.fixture
def cast(played: Cast) -> Iterator[Cast]:
    played.reset()
    yield played
    played.reset()


def harmless(cast: Cast, before: object, reply: Reply) -> Reply:
    assert 400 <= reply.status < 500, reply.document
    assert set(reply.headers) <= OUR_HEADERS
    assert not any(character in value for value in reply.headers.values() for character in "\r\n")
    assert "Set-Cookie" not in "".join(reply.headers.values())
    told = json.dumps(reply.document)
    assert "Traceback" not in told
    assert ".py" not in told
    assert cast.state() == before
    return reply


BODIES = {
    "a megabyte": (b'{"reason": "' + b"x" * 1_000_000 + b'"}', 413),
    "a megabyte of nothing": (b" " * 1_000_000, 413),
    "nested": (b"[" * 60_000, 400),
    "nested, and whole": (b'{"a":' * 6_000 + b"1" + b"}" * 6_000, 400),
    "a number of 60000 digits": (b'{"durationSeconds": ' + b"9" * 60_000 + b"}", 400),
    "an infinite number": (b'{"durationSeconds": 1e400}', 400),
    "no number": (b'{"durationSeconds": NaN}', 400),
    "a key twice": (b'{"media": ["audio"], "media": ["video"]}', 400),
    "keys of objects": (b'{"__proto__": {"admin": true}, "constructor": {}}', 400),
    "keys of Python": (b'{"__class__": "Admin"}', 400),
    "half a character": (b'{"reason": "\\ud800"}', 400),
    "no UTF-8": (b'{"reason": "\xff"}', 400),
    "UTF-16": ('{"reason": "x"}'.encode("utf-16"), 400),
    "a list": (b"[]", 400),
    "thousands of keys": (json.dumps({f"k{n}": n for n in range(4_000)}).encode(), 400),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies(cast: Cast, name: str) -> None:
    content, status = BODIES[name]
    said = event("POST", MUTE, content, {"content-type": "application/json"}, {"sub": "alice"})
    reply = harmless(cast, cast.state(), cast.send(said))
    assert reply.status == status
    assert len(json.dumps(reply.document)) < 5_000


IDS = [
    "\u202ebob",
    "bob\u202c",
    "bob\x00",
    "\x00",
    "bo\u0301b",
    "\uff42\uff4f\uff42",
    "b\u200bob",
    "\ud800bob",
    "b" * 65,
    "b" * 10_000,
    "b",
    "",
    "..",
    "../bans",
    "..\\bans",
    "bob%00",
    "%62ob",
    "%2562ob",
    "~",
    "~~Ym9i",
    "~" + base64.urlsafe_b64encode(b"bo\x00b").decode(),
    "~" + base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "~Ym9i=bob",
    "~Ym9i\n",
    "aws:bob",
    "*",
    "USER#bob",
    "bob?x=1",
    "bob;x=1",
    "${jndi:ldap://x}",
    "<script>",
]


VALID = ("USER#bob", "..")
"""By Chime's pattern these are ids, if odd ones: somebody whom nobody has seen may be muted in advance."""


@pytest.mark.parametrize("text", IDS)
@pytest.mark.parametrize("place", ["path", "header"])
def test_ids(cast: Cast, text: str, place: str) -> None:
    """Each is no id, or nobody's: none is another way to write `bob`."""
    written = quote(text, safe="~", errors="surrogatepass")
    before = cast.state()
    if place == "path":
        said = event("POST", f"/meetings/{MEETING}/users/{written}/mute", None, None, {"sub": "alice"})
    else:
        said = event("POST", MUTE, None, {"gavel-on-behalf-of": written}, dict(BACK_END))
    reply = cast.send(said)
    if place == "path" and reply.status == 200:
        assert text in VALID
        assert reply.document["attendee"]["externalUserId"] == text
        assert cast.state()[5] == before[5]
        return
    harmless(cast, before, reply)


def test_the_one_other_way_to_write_an_id(cast: Cast) -> None:
    """Base64url, which is decoded before anything is asked about it: it is judged as the same person."""
    aliases = ["~" + base64.urlsafe_b64encode(b"alice").decode(), "%61lice", "~YWxpY2V="]
    for alias in aliases:
        said = event("POST", f"/meetings/{MEETING}/users/{alias}/mute", None, None, {"sub": "cora"})
        assert cast.send(said).document.get("policies") in (["non-hosts-may-not-act-on-hosts"], None)
        assert cast.scene.chime.calls == []


PATHS = [
    f"/meetings/{MEETING}/../{ELSEWHERE}",
    f"/meetings/{MEETING}/..%2f{ELSEWHERE}/me",
    f"/meetings/{MEETING}%2f..%2f{ELSEWHERE}",
    f"/meetings/{MEETING}%00",
    f"/meetings/{MEETING}/users/..%2f..%2fchanges",
    f"//meetings/{MEETING}",
    f"/MEETINGS/{MEETING}",
    f"/meetings/{MEETING};x=1",
    f"/meetings/{MEETING}#/../x",
    f"/meetings/{MEETING.replace('1', '１')}",
    "/meetings/{meetingId}",
    "/openapi.json/../meetings",
    "/health/",
    "/" + "a/" * 5_000,
    "/%",
    "/%f",
    "/%ff",
]


@pytest.mark.parametrize("path", PATHS)
def test_paths(cast: Cast, path: str) -> None:
    said = event("GET", "/", None, None, {"sub": "alice"})
    for raw in (path, path.replace("%2f", "/")):
        reply = cast.send({**said, "rawPath": raw})
        harmless(cast, cast.state(), reply)


HEADERS = {
    "idempotency-key": ["a\r\nSet-Cookie: x=1", "a b", "ключ", "x" * 129, "", "a\x00", "\u2028"],
    "if-match": ['"p1"\r\nSet-Cookie: x=1', '"a", "b"', "ключ", "x" * 70, "", '"a\x00"'],
    "gavel-on-behalf-of": ["alice\r\nSet-Cookie: x=1\x00", "боб", "a", "", "~", "%", "alice%00", "x" * 9999],
    "content-type": ["text/plain", "application/xml", "application/json\r\nX: y", "multipart/form-data", "*/*"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in HEADERS.items() for value in values])
def test_headers(cast: Cast, name: str, value: str) -> None:
    said = event("POST", MUTE, {"reason": "x"}, {name: value}, dict(BACK_END))
    before = cast.state()
    reply = cast.send(said)
    if reply.status == 200:  # a media type's parameters are not looked at
        assert (name, value) == ("content-type", "application/json\r\nX: y")
        return
    harmless(cast, before, reply)


def test_a_person_may_be_called_like_a_header(cast: Cast) -> None:
    """ExternalUserIds may hold line breaks: they get into documents, escaped, and never into headers."""
    people = [{"externalUserId": SPLIT, "role": "host"}]
    assert cast("admin", "POST", "/admissions", {"users": people}).status == 200
    replies = [
        cast(SPLIT, "GET", "/me"),
        cast("alice", "POST", f"/users/{quote(SPLIT, safe='')}/mute", {"reason": SPLIT}),
        cast(SPLIT, "PUT", f"/users/{quote(SPLIT, safe='')}/hand"),
        cast("alice", "GET", "/history"),
    ]
    for reply in replies:
        assert reply.status == 200
        assert set(reply.headers) <= OUR_HEADERS
        assert "Set-Cookie" not in "".join(reply.headers.values())


@pytest.mark.parametrize(
    "query",
    ["dryRun=true&dryRun=false", "dryRun=1", "dryRun=TRUE", "dryrun=true", "x=1", "&" * 100, "a=1&" * 60, "%00=1"],
)
def test_queries(cast: Cast, query: str) -> None:
    """A dry run that is not understood as one is not carried out instead."""
    before = cast.state()
    reply = cast.send(event("POST", f"{MUTE}?{query}", None, None, {"sub": "alice"}))
    if query.strip("&"):
        assert harmless(cast, before, reply).code == "invalid-request"


SCOPES: list[Any] = [
    "xgavel/admin",
    "gavel/adminx",
    "gavel/admin/x",
    "notgavel/admin foo",
    "a,gavel/admin",
    "gavel/admin,a",
    "GAVEL/ADMIN",
    "gavel/admin\n",
    "gavel/admin\t",
    "\tgavel/admin",
    "gavel\u2215admin",
    "gavel%2Fadmin",
    '["gavel/admin"]',
    "gavel/",
    "admin",
    "gavel/admin\x00",
    "gavel/*",
    "*",
]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("claim", ["scope", "scp"])
def test_scopes_that_are_not_the_admins(cast: Cast, claim: str, scope: str) -> None:
    before = cast.state()
    claims = {"sub": "mallory", claim: scope}
    said = event("PUT", f"/meetings/{MEETING}", {"roles": {"mallory": "host"}}, None, claims)
    assert harmless(cast, before, cast.send(said)).code == "not-permitted"
    said = event("GET", f"/meetings/{MEETING}", None, {"gavel-on-behalf-of": "alice"}, claims)
    assert harmless(cast, before, cast.send(said)).code == "not-permitted"


@pytest.mark.parametrize(
    "authorizer",
    [
        None,
        {},
        {"jwt": None},
        {"jwt": {"claims": None}},
        {"jwt": {"claims": {}}},
        {"jwt": {"claims": {"sub": ""}}},
        {"jwt": {"claims": {"sub": None}}},
        {"jwt": {"claims": {"sub": ["alice"]}}},
        {"jwt": {"claims": {"sub": {"a": 1}}}},
        {"jwt": {"claims": {"sub": "a"}}},
        {"jwt": {"claims": {"sub": "aws:x"}}},
        {"jwt": {"claims": {"sub": "x" * 65}}},
        {"jwt": {"claims": {"username": "alice", "cognito:username": "alice", "client_id": "alice"}}},
        {"jwt": {"claims": {"scope": "gavel/admin"}}},
        {"jwt": {"claims": {"scope": "gavel/admin"}, "scopes": ["gavel/admin"]}},
        {"iam": {"userId": "alice"}},
        {"claims": {"sub": "alice", "scope": "gavel/admin"}},
    ],
)
def test_a_token_that_names_nobody(cast: Cast, authorizer: object) -> None:
    """As it would be if the gateway let one through: 403, whatever is asked."""
    said = event("POST", MUTE)
    said["requestContext"]["authorizer"] = authorizer
    assert harmless(cast, cast.state(), cast.send(said)).code == "not-permitted"


@pytest.mark.parametrize(
    "found",
    [
        None,
        {},
        {"sub": "alice", "scope": "gavel/admin"},
        {"claims": {"sub": "alice", "scope": "gavel/admin"}},
        {"claims": '{"sub": "alice", "scope": "gavel/admin"}'},
        {"claims": '{"sub": "alice", "exp": "1"}'},
        {"refusal": "the signature is not the issuer's"},
    ],
    ids=repr,
)
def test_a_token_that_the_stacks_own_authorizer_did_not_take(cast: Cast, found: object) -> None:
    """The gateway lets it through, for it is here that it is answered 401."""
    said = event("POST", MUTE)
    said["requestContext"]["authorizer"] = {"lambda": found}
    assert harmless(cast, cast.state(), cast.send(said)).status == 401


def test_headers_are_no_claims(cast: Cast) -> None:
    headers = {"x-amzn-oidc-identity": "alice", "sub": "alice", "scope": "gavel/admin", "x-forwarded-user": "alice"}
    said = event("POST", MUTE, None, headers, {"sub": "mallory"})
    assert harmless(cast, cast.state(), cast.send(said)).code == "not-permitted"


# ---- other people's meetings ---------------------------------------------------------------------------------------
def test_a_host_is_nobody_in_another_meeting(cast: Cast) -> None:
    before = cast.state()
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/history", None),
        ("GET", f"/changes/{cast.undoable}", None),
        ("GET", f"/attendees/{seat('bob')}", None),
        ("POST", "/mute-all", None),
        ("POST", "/undo", {"changeId": cast.undoable}),
        ("POST", "/undo", {"changeId": cast.elsewhere}),
        ("POST", "/live", None),
        ("POST", "/end", None),
    ):
        assert harmless(cast, before, cast("olga", method, path, body)).code == "not-permitted"


def test_what_is_of_one_meeting_is_not_found_in_another(cast: Cast) -> None:
    """Seats, changes and requests, named by a host under the path of his own meeting."""
    before = cast.state()
    seats = f"/attendees/{seat('bob')}"
    for method, path, body, code in (
        ("GET", seats, None, "attendee-not-found"),
        ("POST", f"{seats}/mute", None, "attendee-not-found"),
        ("POST", f"{seats}/remove", None, "attendee-not-found"),
        ("GET", f"/changes/{cast.undoable}", None, "change-not-found"),
        ("POST", "/undo", {"changeId": cast.undoable}, "change-not-found"),
        ("PUT", "/users/olga/consent", {"changeId": cast.undoable, "accept": True}, "no-request"),
    ):
        assert harmless(cast, before, cast("olga", method, path, body, meeting_id=ELSEWHERE)).code == code, path
    shown = json.dumps(cast("olga", "GET", "/history", meeting_id=ELSEWHERE).document)
    assert MEETING not in shown
    assert "alice" not in shown


def test_an_excepted_attendee_of_another_meeting_is_as_unknown_as_an_invented_one(cast: Cast) -> None:
    body = {"except": {"attendeeIds": [seat("bob"), seat("nobody")]}}
    reply = cast("olga", "POST", "/mute-all", body, meeting_id=ELSEWHERE)
    assert reply.document["unknown"] == body["except"]["attendeeIds"]
    outcomes = {outcome["externalUserId"]: outcome["outcome"] for outcome in reply.document["outcomes"]}
    assert outcomes["bob"] != "spared", "their namesake here is muted all the same"


def test_an_idempotency_key_is_its_callers(cast: Cast) -> None:
    """Nobody is given what another was answered, nor finds out that he used the key."""
    key = {"idempotency-key": "one"}
    first = cast("alice", "POST", "/users/bob/mute", headers=key)
    again = cast("hugo", "POST", "/users/bob/mute", headers=key)
    assert "Idempotency-Replayed" not in again.headers
    assert cast("mallory", "POST", "/users/bob/mute", headers=key).code == "not-permitted"
    by_back_end = cast("alice", "POST", "/users/bob/mute", headers=key, behalf=True)
    assert "Idempotency-Replayed" not in by_back_end.headers
    repeated = cast("alice", "POST", "/users/bob/mute", headers=key)
    assert (repeated.headers["Idempotency-Replayed"], repeated.document) == ("true", first.document)


def test_a_key_of_one_meeting_in_another(cast: Cast) -> None:
    key = {"idempotency-key": "two"}
    assert cast("admin", "POST", "/users/bob/mute", headers=key).status == 200
    before = cast.state()
    reply = cast("admin", "POST", "/users/bob/mute", headers=key, meeting_id=ELSEWHERE)
    assert harmless(cast, before, reply).code == "idempotency-key-reused"
