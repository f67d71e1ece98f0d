"""The client says in words what is wrong with a token that is refused."""

import base64
import json
from typing import Any

import pytest
from gavel_client.token_problems import what_is_wrong

NOW = 1_800_000_000
GOOD = {"iss": "https://login.example.com", "aud": "meetings", "exp": NOW + 600, "scope": "openid gavel/admin"}


def token(algorithm: str = "RS256", **changes: Any) -> str:
    claims = {key: value for key, value in (GOOD | changes).items() if value is not None}
    parts = (json.dumps(each).encode() for each in ({"alg": algorithm}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2ln"])


@pytest.mark.parametrize(
    ("wrong", "refusal", "words"),
    [
        ("nonsense", "", "the token is no JWT"),
        ("a.b.c", "", "the token is no JWT"),
        (token(exp=NOW - 300), "", "it expired 5 min ago"),
        (token(exp=None), "", "it has no end"),
        (token(nbf=NOW + 120), "", "it begins in 2 min"),
        (token("ES256"), "", "signed with `ES256`, which is taken with the setting `authorizer: lambda` alone"),
        (token("HS256"), "", "signed with `HS256`, and RSA is taken (RS256), or ES256 with"),
        (token(iss=None), "", "it names no issuer"),
        (token(aud=None), "", "it names no audience"),
        (token(), 'error_description="the token does not have a valid audience"', "its audience is not among those"),
        (token(), 'error_description="invalid issuer"', "its issuer is not the one"),
        (token(), 'error_description="invalid signature"', "its signature is not the issuer's"),
        (token(aud=None, client_id="app"), "", "issuer `https://login.example.com` and audience `app`"),
    ],
)
def test_what_is_wrong_is_said(wrong: str, refusal: str, words: str) -> None:
    said = what_is_wrong(wrong, refusal, lambda: NOW)
    assert words in said
    assert wrong not in said


def test_a_missing_token_is_named() -> None:
    assert what_is_wrong("") == "the request has no token"


def test_what_the_stacks_own_authorizer_says_is_repeated() -> None:
    challenge = 'Bearer realm="gavel", error="invalid_token", error_description="the signature is not the issuer\'s"'
    said = what_is_wrong(token("ES256"), challenge, lambda: NOW)
    assert said.startswith("the token is refused: the signature is not the issuer's. It has issuer")
    assert "it expired" in what_is_wrong(token("ES256", exp=NOW - 60), challenge, lambda: NOW)


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = what_is_wrong(token("ES256", exp=NOW - 60), "invalid audience", lambda: NOW)
    assert all(words in said for words in ("`ES256`", "it expired", "its audience"))
