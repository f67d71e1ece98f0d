"""The caller's identity, from claims that are all text."""

import pytest
from moderation.domain.actor import Actor, ActorKind

from .api import A, HostApi, M

ME = f"/meetings/{M}/me"
ADMIN = {"sub": "back-end", "scope": "openid gavel/admin"}
USER = Actor(ActorKind.USER, "alice")


@pytest.mark.parametrize(
    "scopes",
    [
        {},
        {"scope": ""},
        {"scope": "x-gavel/admin"},
        {"scope": "gavel/admin2 gavel/administrator"},
        {"scope": "GAVEL/ADMIN"},
        {"scope": "gavel/admin,openid"},
        {"scope": "gavel/\tadmin"},
        {"scope": "[gavel/admin"},
        {"scope": "[gavel/admin]"},
        {"scope": "[openid gavel/admin]"},
        {"scp": "[x-gavel/admin gavel/admin2]"},
        {"roles": "gavel/admin"},
    ],
)
def test_users(scopes: dict[str, str]) -> None:
    api = HostApi()
    assert api("GET", ME, claims={"sub": "alice", **scopes}).status == 200
    assert api.gavel.actor == USER


@pytest.mark.parametrize(
    ("claims", "admin"),
    [
        ({"sub": "back-end", "scope": "gavel/admin"}, "back-end"),
        (ADMIN, "back-end"),
        ({"sub": "back-end", "scp": "[openid gavel/admin]"}, "back-end"),
        ({"sub": "back-end", "scp": "[gavel/admin]"}, "back-end"),
        ({"client_id": "7abc", "scope": "gavel/admin"}, "7abc"),
        ({"sub": "", "client_id": "7abc", "scope": "gavel/admin"}, "7abc"),
    ],
)
def test_admins(claims: dict[str, str], admin: str) -> None:
    api = HostApi(identity_claim="email")
    assert api("GET", ME, claims=claims).status == 200
    assert api.gavel.actor == Actor(ActorKind.ADMIN, admin)


def test_scopes_that_the_gateway_took_apart() -> None:
    api = HostApi()
    said: dict[str, object] = {
        "rawPath": ME,
        "requestContext": {
            "http": {"method": "GET"},
            "authorizer": {"jwt": {"claims": {"sub": "back-end"}, "scopes": ["gavel/admin"]}},
        },
    }
    assert api.send(said).status == 200
    assert api.gavel.actor.kind is ActorKind.ADMIN


def test_the_identity_claim_is_configuration() -> None:
    api = HostApi(identity_claim="custom:id")
    assert api("GET", ME, claims={"sub": "alice", "custom:id": "bob"}).status == 200
    assert api.gavel.actor == Actor(ActorKind.USER, "bob")
    assert api("GET", ME, claims={"sub": "alice"}).status == 403


@pytest.mark.parametrize(
    "claims", [{"x": "y"}, {"sub": ""}, {"sub": "a"}, {"sub": "x" * 65}, {"sub": "aws:x"}, {"sub": "100%"}]
)
def test_tokens_that_name_nobody(claims: dict[str, str]) -> None:
    reply = HostApi()("GET", ME, claims=claims)
    assert (reply.status, reply.code, reply.document["policies"]) == (403, "not-permitted", ["no-permit"])


def test_no_token_at_all() -> None:
    assert HostApi(claims=None)("POST", f"/meetings/{M}/attendees/{A}/mute").code == "not-permitted"


def test_an_admin_without_a_name() -> None:
    assert HostApi()("GET", ME, claims={"scope": "gavel/admin"}).code == "not-permitted"


@pytest.mark.parametrize(
    ("header", "user"),
    [("bob", "bob"), ("M%C3%BCller", "Müller"), ("~TcO8bGxlcg", "Müller"), ("a+b%40c", "a+b@c"), ("a/b", "a/b")],
)
def test_on_behalf_of(header: str, user: str) -> None:
    api = HostApi()
    assert api("GET", ME, headers={"gAvEl-on-behalf-OF": header}, claims=ADMIN).status == 200
    assert api.gavel.actor == Actor(ActorKind.USER, user, via="back-end")


@pytest.mark.parametrize("header", ["", "x", "aws:pipeline", "Aws:x", "~", "~!", "~YQ", "100%25", "b%ffb", "\x00\x00"])
def test_on_behalf_of_a_user(header: str) -> None:
    reply = HostApi()("GET", ME, headers={"Gavel-On-Behalf-Of": header}, claims=ADMIN)
    assert (reply.code, reply.pointers) == ("invalid-request", ["Gavel-On-Behalf-Of"])


@pytest.mark.parametrize("header", ["bob", "alice", "", "aws:x"])
def test_users_act_for_nobody(header: str) -> None:
    api = HostApi()
    assert api("GET", ME, headers={"gavel-on-behalf-of": header}).code == "not-permitted"
    assert not api.gavel.asked


def test_an_unknown_caller_learns_nothing_of_their_request() -> None:
    assert HostApi()("PUT", "/meetings/x?y=1", b"{", claims={"sub": ""}).code == "not-permitted"
