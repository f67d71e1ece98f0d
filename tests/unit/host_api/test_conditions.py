"""`If-Match` and `Idempotency-Key`."""

import pytest

from .api import A, HostApi, M

MUTE = f"/meetings/{M}/attendees/{A}/mute"
ADMIN = {"sub": "alice", "scope": "gavel/admin"}


@pytest.mark.parametrize(
    ("header", "revision"),
    [
        ('"p3.m7"', "p3.m7"),
        ("p3.m7", "p3.m7"),
        ('W/"p3.m7"', "p3.m7"),
        (' "m7" ', "m7"),
        ("*", None),
        ('"other"', "other"),
    ],
)
def test_if_match(header: str, revision: str | None) -> None:
    api = HostApi()
    assert api("POST", MUTE, headers={"IF-MATCH": header}).status == 200
    assert api.gavel.requests[0].if_match == revision


@pytest.mark.parametrize("header", ["", '"', '""', '"m1", "m2"', "m1,m2", '"m1', "m 1", 'w/"m1"', "é"])
def test_what_is_no_revision(header: str) -> None:
    assert HostApi()("POST", MUTE, headers={"if-match": header}).pointers == ["If-Match"]


def test_registering_a_meeting_again_needs_its_revision() -> None:
    assert HostApi()("PUT", f"/meetings/{M}", headers={"if-match": "*"}).pointers == ["If-Match"]
    api = HostApi()
    assert api("PUT", f"/meetings/{M}", headers={"if-match": '"m7"'}).status == 200
    assert api.gavel.requests[0].if_match == "m7"


@pytest.mark.parametrize("header", ["", "a b", "x" * 129, "é", "a\x7f", "a\n"])
def test_what_is_no_key(header: str) -> None:
    assert HostApi()("POST", MUTE, headers={"idempotency-key": header}).pointers == ["Idempotency-Key"]


def key_of(header: str = "k1", claims: dict[str, str] | None = None, behalf: str | None = None) -> str | None:
    api = HostApi()
    headers = {"Idempotency-Key": header} | ({"Gavel-On-Behalf-Of": behalf} if behalf else {})
    assert api("POST", MUTE, headers=headers, claims=claims).status == 200
    return api.gavel.requests[0].key


def test_a_key_is_the_callers_own() -> None:
    keys = [
        key_of(),
        key_of("k2"),
        key_of("x" * 128),
        key_of(claims={"sub": "bob"}),
        key_of(claims=ADMIN),
        key_of(claims=ADMIN, behalf="alice"),
        key_of("1", claims={"sub": "alicek"}),
        key_of("k1", claims={"sub": "alice", "scope": "gavel/admin2"}),
    ]
    assert keys[0] == keys[-1]
    assert len(set(keys)) == len(keys) - 1
    assert all(key is not None and len(key) == 64 for key in keys)


def test_no_key() -> None:
    api = HostApi()
    api("POST", MUTE)
    api("POST", MUTE + "?dryRun=true", headers={"idempotency-key": "k1"})
    assert [request.key for request in api.gavel.requests] == [None, None]


def fingerprint(target: str = MUTE, body: object = None) -> str:
    api = HostApi()
    assert api("POST", target, body).status == 200
    return api.gavel.requests[0].fingerprint


def test_fingerprints() -> None:
    said = [
        fingerprint(),
        fingerprint(body={}),
        fingerprint(body={"reason": "a"}),
        fingerprint(f"/meetings/{M}/users/bob/mute"),
        fingerprint(f"/meetings/{M}/users/bob/unmute"),
        fingerprint(MUTE + "?dryRun=false"),
        fingerprint(MUTE + "?dryRun=true"),
    ]
    assert len(set(said)) == len(said)
    assert fingerprint(body={"reason": "a"}) == said[2]


def test_conditions_are_for_writes() -> None:
    headers = {"if-match": '"', "idempotency-key": ""}
    assert HostApi()("GET", f"/meetings/{M}", headers=headers).status == 200
