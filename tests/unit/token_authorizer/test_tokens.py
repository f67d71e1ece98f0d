"""Checks of a token, for each kind of key, and how the issuer's keys are cached."""

import base64
import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.exceptions import PyJWTError
from token_authorizer import handler as function
from token_authorizer.keys import KEPT_FOR, READ_AGAIN_AFTER, IssuerKeys, UnknownKeyError
from token_authorizer.tokens import RefusedError, Verifier

from local.serving import ServerThread
from tests.telemetry import CONTEXT, lines, measured, metric_documents

AUDIENCE = "meetings"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
PRIVATE: dict[str, Any] = dict.fromkeys(("RS256", "RS384", "RS512"), RSA) | {
    name: ec.generate_private_key(curve) for name, curve in CURVES.items()
}


def public(algorithm: str, **members: str) -> dict[str, Any]:
    key = jwt.get_algorithm_by_name(algorithm).to_jwk(PRIVATE[algorithm].public_key(), as_dict=True)
    return {**key, "kid": algorithm, "alg": algorithm, **members}


class Issuer:
    """Publishes what `keys` holds; `asked` are the paths that were asked for."""

    def __init__(self) -> None:
        self.keys = [public(algorithm) for algorithm in PRIVATE]
        self.asked: list[str] = []
        self.is_down = False
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._door())
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.jwks_uri = f"{self.url}/keys"
        self.serving = ServerThread(server, "issuer")
        self.serving.start()

    def token(self, algorithm: str = "ES256", key_id: str | None = None, **changes: Any) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 600} | changes
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None},
            PRIVATE[algorithm],
            algorithm=algorithm,
            headers={"kid": key_id or algorithm},
        )

    def _document(self, path: str) -> object:
        return {"keys": self.keys} if path == "/keys" else {"issuer": self.url, "jwks_uri": self.jwks_uri}

    def _door(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Issuer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                body = json.dumps(issuer._document(self.path)).encode()
                self.send_response(503 if issuer.is_down else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    yield running
    running.serving.stop()


@pytest.fixture
def verifier(issuer: Issuer) -> Verifier:
    return Verifier(issuer.url, frozenset({AUDIENCE, "others"}), IssuerKeys(issuer.url))


def bearer(token: str) -> str:
    return f"Bearer {token}"


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_a_good_token_says_what_it_says(issuer: Issuer, verifier: Verifier, algorithm: str) -> None:
    claims = verifier.claims(bearer(issuer.token(algorithm, scope="openid gavel/admin")))
    assert (claims["sub"], claims["scope"]) == ("alice", "openid gavel/admin")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384"])
def test_a_key_need_not_name_its_algorithm_nor_its_use(issuer: Issuer, verifier: Verifier, algorithm: str) -> None:
    issuer.keys = [{name: v for name, v in public(algorithm).items() if name != "alg"}]
    assert verifier.claims(bearer(issuer.token(algorithm)))


@pytest.mark.parametrize(
    "audience", [{"aud": ["x", AUDIENCE]}, {"aud": None, "client_id": "others"}, {"aud": "others"}], ids=repr
)
def test_audiences(issuer: Issuer, verifier: Verifier, audience: Mapping[str, Any]) -> None:
    assert verifier.claims(bearer(issuer.token(**audience)))


BAD: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "no token": (lambda _: "Bearer ", "no readable token"),
    "another scheme": (lambda i: f"Basic {i.token()}", "no readable token"),
    "no scheme": (lambda i: i.token(), "no readable token"),
    "nonsense": (lambda _: "Bearer a.b.c", "no readable token"),
    "expired": (lambda i: bearer(i.token(exp=int(time.time()) - 1)), "has expired"),
    "expires now": (lambda i: bearer(i.token(exp=int(time.time()))), "has expired"),
    "without an end": (lambda i: bearer(i.token(exp=None)), "a claim is missing"),
    "not yet valid": (lambda i: bearer(i.token(nbf=int(time.time()) + 60)), "not valid yet"),
    "issued tomorrow": (lambda i: bearer(i.token(iat=int(time.time()) + 86_400)), "not valid yet"),
    "another issuer": (lambda i: bearer(i.token(iss="https://x.example.com")), "the issuer is not"),
    "nearly the issuer": (lambda i: bearer(i.token(iss=i.url + "/")), "the issuer is not"),
    "no issuer": (lambda i: bearer(i.token(iss=None)), "a claim is missing"),
    "another audience": (lambda i: bearer(i.token(aud="theirs")), "the audience is not"),
    "no audience": (lambda i: bearer(i.token(aud=None)), "the audience is not"),
    "an audience beside a client": (lambda i: bearer(i.token(aud="x", client_id=AUDIENCE)), "the audience is not"),
    "a key of another kind": (lambda i: bearer(i.token("ES256", "RS256")), "the algorithm is not"),
    "another algorithm of the key": (lambda i: bearer(i.token("RS512", "RS256")), "the algorithm is not"),
    "an unknown key": (lambda i: bearer(i.token(key_id="x")), "a key that the issuer does not have"),
    "a changed token": (lambda i: bearer(i.token()[:-4] + "AAAA"), "the signature is not"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_token_is_refused_in_words(issuer: Issuer, verifier: Verifier, bad: str) -> None:
    authorization, why = BAD[bad]
    with pytest.raises(RefusedError, match=why) as refused:
        verifier.claims(authorization(issuer))
    assert "alice" not in str(refused.value)


def test_shared_secrets_and_no_signature_count_for_nothing(issuer: Issuer, verifier: Verifier) -> None:
    """Even if the issuer should publish a secret as a key."""
    shared = b"everybody knows this " * 3
    issuer.keys.append({"kty": "oct", "kid": "shared", "k": base64.urlsafe_b64encode(shared).decode()})
    claims = {"iss": issuer.url, "aud": AUDIENCE, "exp": int(time.time()) + 60}
    for key, algorithm in ((shared, "HS256"), (None, "none")):
        token = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "shared"})  # type: ignore[arg-type]
        with pytest.raises(RefusedError, match="the algorithm is not"):
            verifier.claims(bearer(token))


def test_keys_are_read_once(issuer: Issuer, verifier: Verifier) -> None:
    for _ in range(3):
        verifier.claims(bearer(issuer.token()))
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]
    assert KEPT_FOR == 7200


def test_a_new_key_is_found_and_made_up_ones_cost_the_issuer_little(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, now = IssuerKeys(issuer.url), time.monotonic()
    everything, issuer.keys = issuer.keys, issuer.keys[:1]
    for made_up in range(5):
        with pytest.raises(UnknownKeyError):
            keys.find(f"made-up-{made_up}")
    assert issuer.asked.count("/keys") == 1
    issuer.keys = everything
    monkeypatch.setattr(time, "monotonic", lambda: now + READ_AGAIN_AFTER + 60)
    assert keys.find("ES256").key_id == "ES256"
    assert issuer.asked.count("/keys") == 2


def test_keys_that_are_not_to_be_had_are_no_refusal(issuer: Issuer, verifier: Verifier) -> None:
    """Which API Gateway would keep."""
    issuer.is_down = True
    with pytest.raises((OSError, PyJWTError)):
        verifier.claims(bearer(issuer.token()))
    issuer.is_down = False
    assert verifier.claims(bearer(issuer.token()))


@pytest.mark.parametrize("jwks_uri", ["file:///etc/passwd", "http://keys.example.com/", "ftp://127.0.0.1/"])
def test_keys_come_over_tls(issuer: Issuer, verifier: Verifier, jwks_uri: str) -> None:
    issuer.jwks_uri = jwks_uri
    with pytest.raises(ValueError, match="over TLS"):
        verifier.claims(bearer(issuer.token()))


def test_an_issuer_with_tls_has_its_keys_there_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.dumps({"jwks_uri": "http://127.0.0.1:80/keys"}).encode()
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: BytesIO(document))
    with pytest.raises(ValueError, match="over TLS"):
        IssuerKeys("https://login.example.com").find("x")


class TestHandler:
    @pytest.fixture(autouse=True)
    def environment(self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GAVEL_ISSUER", issuer.url)
        monkeypatch.setenv("GAVEL_AUDIENCE", json.dumps([AUDIENCE]))
        function.verifier.cache_clear()

    def asked(self, authorization: str) -> dict[str, Any]:
        answer: dict[str, Any] = function.handler({"identitySource": [authorization]}, CONTEXT)
        return answer

    def test_claims_are_handed_on_as_the_gateway_does(self, issuer: Issuer) -> None:
        """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html"""
        odd: dict[str, Any] = {"scp": ["openid", "gavel/admin"], "flag": True, "map": {"a": 1}, "n": 1.5}
        answer = self.asked(bearer(issuer.token(**odd, exp=4_000_000_000)))
        assert answer["isAuthorized"] is True
        claims = json.loads(answer["context"]["claims"])
        assert claims["scp"] == "[openid gavel/admin]"
        assert (claims["flag"], claims["map"], claims["n"]) == ("true", '{"a": 1}', "1.5")
        assert (claims["sub"], claims["exp"]) == ("alice", "4000000000")

    def test_a_refusal_says_why_and_has_no_claims(self, issuer: Issuer, capsys: pytest.CaptureFixture[str]) -> None:
        answer = self.asked(bearer(issuer.token(aud="theirs")))
        assert answer["context"] == {"refusal": "the audience is not one that the API takes"}
        [line] = lines(capsys.readouterr().out)
        assert (line["level"], line["message"]) == ("INFO", "token refused")
        assert "alice" not in json.dumps(line)

    def test_where_the_issuer_is_down_it_fails(self, issuer: Issuer, capsys: pytest.CaptureFixture[str]) -> None:
        issuer.is_down = True
        with pytest.raises((OSError, PyJWTError)):
            self.asked(bearer(issuer.token()))
        written = capsys.readouterr().out
        assert [line["level"] for line in lines(written)] == ["ERROR"]
        assert measured(metric_documents(written)) == {"UnexpectedErrors": 1}
