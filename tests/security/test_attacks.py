"""Requests that are meant to do harm, at the real door with the real moderator behind it: none is a 5xx, none tells
anything, none puts a header of its sender's into an answer, and none reaches another meeting.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.security.api import BACK_END, ELSEWHERE, MeetingsApi
from tests.unit.host_api.api import Reply, event

OUR_HEADERS = {"Content-Type", "Cache-Control", "ETag", "Location", "Idempotency-Replayed", "Retry-After", "Allow"} | {
    "WWW-Authenticate"
}
MUTE = f"/meetings/{MEETING}/users/bob/mute"
SPLIT = "bob\r\nSet-Cookie: admin=1"


@pytest.fixture(scope="module")
def shared_api() -> MeetingsApi:
    return MeetingsApi()


@pytest.fixture
def api(shared_api: MeetingsApi) -> Iterator[MeetingsApi]:
    shared_api.reset()
    yield shared_api
    shared_api.reset()


def harmless(api: MeetingsApi, before: object, reply: Reply) -> Reply:
    assert 400 <= reply.status < 500, reply.document
    assert set(reply.headers) <= OUR_HEADERS
    assert not any(character in value for value in reply.headers.values() for character in "\r\n")
    assert "Set-Cookie" not in "".join(reply.headers.values())
    told = json.dumps(reply.document)
    assert "Traceback" not in told
    assert ".py" not in told
    assert api.state() == before
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
def test_bodies(api: MeetingsApi, name: str) -> None:
    content, status = BODIES[name]
    said = event("POST", MUTE, content, {"content-type": "application/json"}, {"sub": "alice"})
    reply = harmless(api, api.state(), api.send(said))
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
"""By Chime's pattern these are ids, if odd ones: an unknown user may be muted in advance."""


@pytest.mark.parametrize("text", IDS)
@pytest.mark.parametrize("place", ["path", "header"])
def test_ids(api: MeetingsApi, text: str, place: str) -> None:
    """Each is no id, or nobody's: none is another way to write `bob`."""
    written = quote(text, safe="~", errors="surrogatepass")
    before = api.state()
    if place == "path":
        said = event("POST", f"/meetings/{MEETING}/users/{written}/mute", None, None, {"sub": "alice"})
    else:
        said = event("POST", MUTE, None, {"gavel-on-behalf-of": written}, dict(BACK_END))
    reply = api.send(said)
    if place == "path" and reply.status == 200:
        assert text in VALID
        assert reply.document["attendee"]["externalUserId"] == text
        assert api.state()[5] == before[5]
        return
    harmless(api, before, reply)


def test_the_one_other_way_to_write_an_id(api: MeetingsApi) -> None:
    """Base64url, which is decoded before anything is asked about it: it is judged as the same person."""
    aliases = ["~" + base64.urlsafe_b64encode(b"alice").decode(), "%61lice", "~YWxpY2V="]
    for alias in aliases:
        said = event("POST", f"/meetings/{MEETING}/users/{alias}/mute", None, None, {"sub": "cora"})
        assert api.send(said).document.get("policies") in (["non-hosts-may-not-act-on-hosts"], None)
        assert api.meeting.chime.calls == []


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
def test_paths(api: MeetingsApi, path: str) -> None:
    said = event("GET", "/", None, None, {"sub": "alice"})
    for raw in (path, path.replace("%2f", "/")):
        reply = api.send({**said, "rawPath": raw})
        harmless(api, api.state(), reply)


HEADERS = {
    "idempotency-key": ["a\r\nSet-Cookie: x=1", "a b", "ключ", "x" * 129, "", "a\x00", "\u2028"],
    "if-match": ['"p1"\r\nSet-Cookie: x=1', '"a", "b"', "ключ", "x" * 70, "", '"a\x00"'],
    "gavel-on-behalf-of": ["alice\r\nSet-Cookie: x=1\x00", "боб", "a", "", "~", "%", "alice%00", "x" * 9999],
    "content-type": ["text/plain", "application/xml", "application/json\r\nX: y", "multipart/form-data", "*/*"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in HEADERS.items() for value in values])
def test_headers(api: MeetingsApi, name: str, value: str) -> None:
    said = event("POST", MUTE, {"reason": "x"}, {name: value}, dict(BACK_END))
    before = api.state()
    reply = api.send(said)
    if reply.status == 200:  # a media type's parameters are not looked at
        assert (name, value) == ("content-type", "application/json\r\nX: y")
        return
    harmless(api, before, reply)


def test_a_user_may_be_called_like_a_header(api: MeetingsApi) -> None:
    """ExternalUserIds may hold line breaks: they get into documents, escaped, and never into headers."""
    users = [{"externalUserId": SPLIT, "role": "host"}]
    assert api("admin", "POST", "/admissions", {"users": users}).status == 200
    replies = [
        api(SPLIT, "GET", "/me"),
        api("alice", "POST", f"/users/{quote(SPLIT, safe='')}/mute", {"reason": SPLIT}),
        api(SPLIT, "PUT", f"/users/{quote(SPLIT, safe='')}/hand"),
        api("alice", "GET", "/history"),
    ]
    for reply in replies:
        assert reply.status == 200
        assert set(reply.headers) <= OUR_HEADERS
        assert "Set-Cookie" not in "".join(reply.headers.values())


@pytest.mark.parametrize(
    "query",
    ["dryRun=true&dryRun=false", "dryRun=1", "dryRun=TRUE", "dryrun=true", "x=1", "&" * 100, "a=1&" * 60, "%00=1"],
)
def test_queries(api: MeetingsApi, query: str) -> None:
    """A dry run that is not understood as one is not carried out instead."""
    before = api.state()
    reply = api.send(event("POST", f"{MUTE}?{query}", None, None, {"sub": "alice"}))
    if query.strip("&"):
        assert harmless(api, before, reply).code == "invalid-request"


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
def test_scopes_that_are_not_the_admins(api: MeetingsApi, claim: str, scope: str) -> None:
    before = api.state()
    claims = {"sub": "mallory", claim: scope}
    said = event("PUT", f"/meetings/{MEETING}", {"roles": {"mallory": "host"}}, None, claims)
    assert harmless(api, before, api.send(said)).code == "not-permitted"
    said = event("GET", f"/meetings/{MEETING}", None, {"gavel-on-behalf-of": "alice"}, claims)
    assert harmless(api, before, api.send(said)).code == "not-permitted"


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
def test_a_token_that_names_nobody(api: MeetingsApi, authorizer: object) -> None:
    """As it would be if the gateway let one through: 403, whatever is asked."""
    said = event("POST", MUTE)
    said["requestContext"]["authorizer"] = authorizer
    assert harmless(api, api.state(), api.send(said)).code == "not-permitted"


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
def test_a_token_that_the_stacks_own_authorizer_did_not_take(api: MeetingsApi, found: object) -> None:
    """The gateway lets it through, for it is here that it is answered 401."""
    said = event("POST", MUTE)
    said["requestContext"]["authorizer"] = {"lambda": found}
    assert harmless(api, api.state(), api.send(said)).status == 401


def test_headers_are_no_claims(api: MeetingsApi) -> None:
    headers = {"x-amzn-oidc-identity": "alice", "sub": "alice", "scope": "gavel/admin", "x-forwarded-user": "alice"}
    said = event("POST", MUTE, None, headers, {"sub": "mallory"})
    assert harmless(api, api.state(), api.send(said)).code == "not-permitted"


# ---- other people's meetings ---------------------------------------------------------------------------------------
def test_a_host_is_nobody_in_another_meeting(api: MeetingsApi) -> None:
    before = api.state()
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/history", None),
        ("GET", f"/changes/{api.undoable}", None),
        ("GET", f"/attendees/{attendee_of('bob')}", None),
        ("POST", "/mute-all", None),
        ("POST", "/undo", {"changeId": api.undoable}),
        ("POST", "/undo", {"changeId": api.elsewhere}),
        ("POST", "/live", None),
        ("POST", "/end", None),
    ):
        assert harmless(api, before, api("olga", method, path, body)).code == "not-permitted"


def test_what_is_of_one_meeting_is_not_found_in_another(api: MeetingsApi) -> None:
    """Attendees, changes and requests of another meeting, named by a host under the path of their own."""
    before = api.state()
    attendees = f"/attendees/{attendee_of('bob')}"
    for method, path, body, code in (
        ("GET", attendees, None, "attendee-not-found"),
        ("POST", f"{attendees}/mute", None, "attendee-not-found"),
        ("POST", f"{attendees}/remove", None, "attendee-not-found"),
        ("GET", f"/changes/{api.undoable}", None, "change-not-found"),
        ("POST", "/undo", {"changeId": api.undoable}, "change-not-found"),
        ("PUT", "/users/olga/consent", {"changeId": api.undoable, "accept": True}, "no-request"),
    ):
        assert harmless(api, before, api("olga", method, path, body, meeting_id=ELSEWHERE)).code == code, path
    shown = json.dumps(api("olga", "GET", "/history", meeting_id=ELSEWHERE).document)
    assert MEETING not in shown
    assert "alice" not in shown


def test_an_excepted_attendee_of_another_meeting_is_as_unknown_as_an_invented_one(api: MeetingsApi) -> None:
    body = {"except": {"attendeeIds": [attendee_of("bob"), attendee_of("nobody")]}}
    reply = api("olga", "POST", "/mute-all", body, meeting_id=ELSEWHERE)
    assert reply.document["unknown"] == body["except"]["attendeeIds"]
    outcomes = {outcome["externalUserId"]: outcome["outcome"] for outcome in reply.document["outcomes"]}
    assert outcomes["bob"] != "spared", "their namesake here is muted all the same"


def test_an_idempotency_key_is_its_callers(api: MeetingsApi) -> None:
    """A caller gets no answer of another caller, and does not find out that they used the key."""
    key = {"idempotency-key": "one"}
    first = api("alice", "POST", "/users/bob/mute", headers=key)
    again = api("hugo", "POST", "/users/bob/mute", headers=key)
    assert "Idempotency-Replayed" not in again.headers
    assert api("mallory", "POST", "/users/bob/mute", headers=key).code == "not-permitted"
    by_back_end = api("alice", "POST", "/users/bob/mute", headers=key, behalf=True)
    assert "Idempotency-Replayed" not in by_back_end.headers
    repeated = api("alice", "POST", "/users/bob/mute", headers=key)
    assert (repeated.headers["Idempotency-Replayed"], repeated.document) == ("true", first.document)


def test_a_key_of_one_meeting_in_another(api: MeetingsApi) -> None:
    key = {"idempotency-key": "two"}
    assert api("admin", "POST", "/users/bob/mute", headers=key).status == 200
    before = api.state()
    reply = api("admin", "POST", "/users/bob/mute", headers=key, meeting_id=ELSEWHERE)
    assert harmless(api, before, reply).code == "idempotency-key-reused"


def test_a_meeting_that_chime_does_not_have(api: MeetingsApi) -> None:
    """It could be in another Region, so the answer says which one was asked."""
    reply = api("admin", "PUT", "", {}, meeting_id="33333333-3333-3333-3333-333333333333")
    assert (reply.status, reply.code) == (404, "meeting-not-found")
    assert "Chime has no such meeting in this Region" in reply.document["detail"]
