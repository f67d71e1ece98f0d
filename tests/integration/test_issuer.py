"""The local issuer gives everybody the token he asks for, and a well-formed one."""

from collections.abc import Iterator

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


def test_a_token_says_what_was_asked(issuer: Issuer) -> None:
    answer = ask(issuer, '{"sub": "alice", "scope": "gavel/admin", "expiresIn": 60}')
    assert answer.status_code == 200
    verified = claims(issuer, answer.json()["access_token"])
    assert (verified["sub"], verified["scope"]) == ("alice", "gavel/admin")


@pytest.mark.parametrize("body", ["", "{}"])
def test_a_token_may_name_nobody(issuer: Issuer, body: str) -> None:
    assert "sub" not in claims(issuer, ask(issuer, body).json()["access_token"])


def test_a_token_may_have_expired(issuer: Issuer) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        claims(issuer, ask(issuer, '{"sub": "alice", "expiresIn": -1}').json()["access_token"])


def test_a_token_may_be_meant_for_others(issuer: Issuer) -> None:
    with pytest.raises(jwt.InvalidAudienceError):
        claims(issuer, ask(issuer, '{"audience": "others"}').json()["access_token"])


@pytest.mark.parametrize("body", ["nonsense", "[]", '{"sub": 1}', '{"expiresIn": "1h"}', '{"user": "alice"}'])
def test_what_it_does_not_understand_it_refuses(issuer: Issuer, body: str) -> None:
    answer = ask(issuer, body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_other_paths(issuer: Issuer) -> None:
    assert httpx.get(f"{issuer.url}/token", timeout=30, trust_env=False).status_code == 404
