"""No event makes the API raise, or answer 500."""

from hypothesis import given, settings
from hypothesis import strategies as st

from .api import A, HostApi, M

TEXT = st.text() | st.text(st.characters(categories=["Cs", "Cc", "Ll"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
PART = st.sampled_from(
    [
        "meetings",
        M,
        "attendees",
        "users",
        A,
        "bob",
        "mute",
        "unmute",
        "capabilities",
        "me",
        "history",
        "changes",
        "mute-all",
        "admissions",
        "hand",
        "floor",
        "consent",
        "bans",
        "lobby",
        "undo",
    ]
)
PATH = st.lists(PART | TEXT, max_size=6).map(lambda parts: "/" + "/".join(parts))
HEADER = st.sampled_from(
    ["if-match", "idempotency-key", "gavel-on-behalf-of", "content-type", "Authorization", "IF-MATCH"]
)
CLAIM = st.sampled_from(["sub", "scope", "scp", "client_id"])
METHOD = st.sampled_from(["GET", "PUT", "POST", "PATCH", "DELETE"]) | TEXT
KEY = st.sampled_from(
    [
        *("media", "durationSeconds", "reason", "liftableBy", "audio", "roles", "mode", "lobby"),
        *("role", "ban", "until", "admit", "exclusive", "changeId", "accept"),
    ]
)
BODY = st.dictionaries(
    KEY | TEXT,
    JSON | st.lists(st.sampled_from(["audio", "video", "content"])),
    max_size=5,
)
TARGETED = st.sampled_from(
    [
        ("PUT", f"/meetings/{M}"),
        ("POST", f"/meetings/{M}/users/bob/mute"),
        ("POST", f"/meetings/{M}/attendees/{A}/unmute"),
        ("PATCH", f"/meetings/{M}/attendees/{A}/capabilities"),
        ("PATCH", f"/meetings/{M}"),
        ("POST", f"/meetings/{M}/mute-all"),
        ("POST", f"/meetings/{M}/admissions"),
        ("PUT", f"/meetings/{M}/attendees/{A}"),
        ("PUT", f"/meetings/{M}/users/bob/role"),
        ("POST", f"/meetings/{M}/attendees/{A}/remove"),
        ("PUT", f"/meetings/{M}/bans/bob"),
        ("DELETE", f"/meetings/{M}/bans/bob"),
        ("PUT", f"/meetings/{M}/lobby/bob"),
        ("POST", f"/meetings/{M}/attendees/{A}/floor"),
        ("PUT", f"/meetings/{M}/users/bob/consent"),
        ("POST", f"/meetings/{M}/undo"),
    ]
)
EVENT = st.fixed_dictionaries(
    {
        "requestContext": st.fixed_dictionaries(
            {
                "http": st.fixed_dictionaries({"method": METHOD}),
                "authorizer": st.fixed_dictionaries(
                    {
                        "jwt": st.fixed_dictionaries(
                            {
                                "claims": st.dictionaries(
                                    CLAIM | TEXT, st.sampled_from(["alice", "gavel/admin"]) | TEXT, max_size=4
                                ),
                                "scopes": JSON,
                            }
                        )
                    }
                )
                | JSON,
                "requestId": JSON,
            }
        ),
        "rawPath": PATH | TEXT,
        "rawQueryString": TEXT | st.sampled_from(["dryRun=true", "limit=5", "after=%00", "a&b=&=;"]),
        "headers": st.dictionaries(HEADER | TEXT, TEXT | JSON, max_size=5),
        "body": TEXT | JSON,
        "isBase64Encoded": st.booleans(),
    }
)


@settings(deadline=None)
@given(EVENT | JSON)
def test_any_event(event: object) -> None:
    assert HostApi().send(event).status < 500


@settings(deadline=None)
@given(TARGETED, BODY, st.dictionaries(HEADER, TEXT, max_size=3))
def test_any_body(call: tuple[str, str], body: dict[str, object], headers: dict[str, str]) -> None:
    assert HostApi()(*call, body, headers=headers).status < 500


@settings(deadline=None)
@given(PATH)
def test_any_path(path: str) -> None:
    said = {
        "rawPath": path,
        "requestContext": {"http": {"method": "GET"}, "authorizer": {"jwt": {"claims": {"sub": "alice"}}}},
    }
    assert HostApi().send(said).status < 500
