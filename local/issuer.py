"""An issuer of tokens for the local stack: whoever asks for a token of anybody gets it.

API Gateway checks these tokens as it would those of a real issuer, through the discovery document and the keys.
"""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from local.serving import ServerThread

AUDIENCE = "gavel"
KEY_ID = "local"
_FIELDS = {"sub", "scope", "expiresIn", "audience"}


RSA, ELLIPTIC = "RS256", "ES256"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def new_key(algorithm: str) -> Key:
    if algorithm == ELLIPTIC:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Serves from a thread of this process. `algorithm` is what its tokens are signed by."""

    def __init__(self, port: int, algorithm: str = RSA) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.algorithm = algorithm
        self.key = new_key(algorithm)
        self._serving = ServerThread(ThreadingHTTPServer(("127.0.0.1", port), self._door()), "issuer")

    def start(self) -> "Issuer":
        self._serving.start()
        return self

    def stop(self) -> None:
        """Safe to call before `start` as well."""
        self._serving.stop()

    def token(
        self, sub: str | None = None, *, scope: str | None = None, expires_in: int = 3600, audience: str = AUDIENCE
    ) -> str:
        """A signed token. A negative `expires_in` gives one that has expired; without `sub` it names nobody."""
        now = int(time.time())
        claims: dict[str, Any] = {"iss": self.url, "aud": audience, "iat": now, "exp": now + expires_in}
        claims |= {name: value for name, value in {"sub": sub, "scope": scope}.items() if value is not None}
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": KEY_ID})

    def documents(self) -> dict[str, object]:
        """What the issuer publishes, by path."""
        key = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.key.public_key(), as_dict=True)
        discovery = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks.json",
            "token_endpoint": f"{self.url}/token",
            "id_token_signing_alg_values_supported": [self.algorithm],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
        }
        return {
            "/.well-known/openid-configuration": discovery,
            "/jwks.json": {"keys": [key | {"kid": KEY_ID, "use": "sig", "alg": self.algorithm}]},
        }

    def answer(self, body: bytes) -> tuple[int, object]:
        """Status and answer to `POST /token`."""
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            return 400, {"error": "the body is not JSON"}
        problem = _problem(asked)
        if problem:
            return 400, {"error": problem}
        expires_in = asked.get("expiresIn", 3600)
        token = self.token(
            asked.get("sub"),
            scope=asked.get("scope"),
            expires_in=expires_in,
            audience=asked.get("audience", AUDIENCE),
        )
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": expires_in}

    def _door(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                document = issuer.documents().get(self.path)
                self._send(404 if document is None else 200, document or {"error": "not found"})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self._send(*(issuer.answer(body) if self.path == "/token" else (404, {"error": "not found"})))

            def log_message(self, *_: object) -> None:
                """Says nothing: tokens are asked for all the time."""

            def _send(self, status: int, answer: object) -> None:
                payload = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

        return Door


def _problem(asked: object) -> str | None:
    if not isinstance(asked, dict):
        return "the body is not an object"
    if unknown := sorted(asked.keys() - _FIELDS):
        return f"unknown: {', '.join(unknown)}; possible: {', '.join(sorted(_FIELDS))}"
    if not isinstance(asked.get("expiresIn", 0), int) or isinstance(asked.get("expiresIn"), bool):
        return "`expiresIn` is a whole number of seconds"
    if not all(isinstance(asked.get(name, ""), str) for name in ("sub", "scope", "audience")):
        return "`sub`, `scope` and `audience` are texts"
    return None
