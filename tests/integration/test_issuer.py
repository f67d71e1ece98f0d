"""The local issuer returns a well-formed token for any claims."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest

from local.issuer import Issuer
from local.ports import Ports


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    running = Issuer(Ports.free().issuer).start()
    yield running
    running.stop()


def ask(issuer: Issuer, body: str) -> httpx.Response:
    return httpx.post(f"{issuer.url}/token", content=body, timeout=30, trust_env=False)


def claims(issuer: Issuer, token: str) -> dict[str, object]:
    """Verified as any client would, by discovery."""
    discovery = httpx.get(f"{issuer.url}/.well-known/openid-configuration", timeout=30, trust_env=False).json()
    keys = httpx.get(discovery["jwks_uri"], timeout=30, trust_env=False).json()["keys"]
    key = next(each for each in keys if each["kid"] == jwt.get_unverified_header(token)["kid"])
    verified: dict[str, object] = jwt.decode(
        token, jwt.PyJWK(key), algorithms=["RS256"], audience="gavel", issuer=discovery["issuer"]
    )
    return verified


def test_a_key_in_a_file_outlives_the_issuer(tmp_path: Path) -> None:
    tokens = []
    for _ in range(2):
        running = Issuer(Ports.free().issuer, key_file=tmp_path / "key.pem").start()
        tokens.append(running.token("alice", expires_in=60))
        public = running.key.public_key()
        assert [jwt.decode(each, public, ["RS256"], audience="gavel")["sub"] for each in tokens] == ["alice"] * len(
            tokens
        )
        running.stop()
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0, "for its owner alone"


def test_a_token_says_what_was_asked(issuer: Issuer) -> None:
    answer = ask(issuer, '{"sub": "alice", "scope": "gavel/admin", "expiresIn": 60}')
    assert answer.status_code == 200
    verified = claims(issuer, answer.json()["access_token"])
    assert (verified["sub"], verified["scope"]) == ("alice", "gavel/admin")


def test_a_token_has_further_claims(issuer: Issuer) -> None:
    answer = ask(issuer, '{"sub": "alice", "claims": {"department": "physics"}}')
    assert claims(issuer, answer.json()["access_token"])["department"] == "physics"


def test_the_identity_claim_names_the_user_too() -> None:
    issuer = Issuer(Ports.free().issuer, identity_claim="email")
    token = issuer.token("alice@example.com")
    issuer.stop()
    read = jwt.decode(token, options={"verify_signature": False})
    assert (read["email"], read["sub"]) == ("alice@example.com", "alice@example.com")


@pytest.mark.parametrize("body", ["", "{}"])
def test_a_token_may_name_nobody(issuer: Issuer, body: str) -> None:
    assert "sub" not in claims(issuer, ask(issuer, body).json()["access_token"])


def test_a_token_may_have_expired(issuer: Issuer) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        claims(issuer, ask(issuer, '{"sub": "alice", "expiresIn": -1}').json()["access_token"])


def test_a_token_may_be_meant_for_others(issuer: Issuer) -> None:
    with pytest.raises(jwt.InvalidAudienceError):
        claims(issuer, ask(issuer, '{"audience": "others"}').json()["access_token"])


@pytest.mark.parametrize(
    "body", ["nonsense", "[]", '{"sub": 1}', '{"expiresIn": "1h"}', '{"user": "alice"}', '{"claims": {"sub": "bob"}}']
)
def test_what_it_does_not_understand_it_refuses(issuer: Issuer, body: str) -> None:
    answer = ask(issuer, body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_other_paths(issuer: Issuer) -> None:
    assert httpx.get(f"{issuer.url}/token", timeout=30, trust_env=False).status_code == 404
