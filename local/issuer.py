"""An issuer of tokens for the local stack: it gives a token of any user to any caller.

API Gateway checks these tokens like those of a real issuer, with its discovery document and keys.
"""

import json
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from local.files import write_whole
from local.serving import LocalServer, ServerThread

AUDIENCE = "gavel"
KEY_ID = "local"
SUBJECT = "sub"
_FIELDS = {"sub", "scope", "expiresIn", "audience", "claims"}
_OWN_CLAIMS = {"aud", "exp", "iat", "iss", "scope", "sub"}
RSA, ELLIPTIC = "RS256", "ES256"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def new_key(algorithm: str) -> Key:
    if algorithm == ELLIPTIC:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def kept_key(algorithm: str, file: Path) -> Key:
    """The key in the file. Without a file, a new key, which is written into it."""
    if file.exists():
        return cast("Key", load_pem_private_key(file.read_bytes(), None))
    key = new_key(algorithm)
    write_whole(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), mode=0o600)
    return key


class Issuer:
    """The server, on a thread of this process.

    `algorithm` is the algorithm of its signatures. `identity_claim` is the claim that holds the user's name, beside
    `sub`. With a `key_file` the tokens of the last run stay valid.
    """

    def __init__(
        self, port: int, algorithm: str = RSA, identity_claim: str = SUBJECT, key_file: Path | None = None
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.algorithm = algorithm
        self.identity_claim = identity_claim
        self.key = kept_key(algorithm, key_file) if key_file else new_key(algorithm)
        self._serving = ServerThread(LocalServer(("127.0.0.1", port), self._handler()), "issuer")

    def start(self) -> "Issuer":
        self._serving.start()
        return self

    def stop(self) -> None:
        """Stops the server, even if it was not started."""
        self._serving.stop()

    def token(
        self,
        sub: str | None = None,
        *,
        scope: str | None = None,
        expires_in: int = 3600,
        audience: str = AUDIENCE,
        **others: object,
    ) -> str:
        """A signed token with `others` as further claims. A negative `expires_in` gives an expired token. Without `sub`
        it names no user.
        """
        now = int(time.time())
        claims: dict[str, Any] = {"iss": self.url, "aud": audience, "iat": now, "exp": now + expires_in}
        named = {self.identity_claim: sub, "sub": sub, "scope": scope, **others}
        claims |= {name: value for name, value in named.items() if value is not None}
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": KEY_ID})

    def documents(self) -> dict[str, object]:
        """The published documents by path."""
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
        """The status and the body of the answer to `POST /token`."""
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
            **asked.get("claims", {}),
        )
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": expires_in}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                document = issuer.documents().get(self.path)
                self._send(404 if document is None else 200, document or {"error": "not found"})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self._send(*(issuer.answer(body) if self.path == "/token" else (404, {"error": "not found"})))

            def log_message(self, *_: object) -> None:
                """Logs nothing: requests for tokens are too many."""

            def _send(self, status: int, answer: object) -> None:
                payload = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

        return Handler


def _problem(asked: object) -> str | None:
    if not isinstance(asked, dict):
        return "the body is not an object"
    if unknown := sorted(asked.keys() - _FIELDS):
        return f"unknown: {', '.join(unknown)}; possible: {', '.join(sorted(_FIELDS))}"
    if not isinstance(asked.get("expiresIn", 0), int) or isinstance(asked.get("expiresIn"), bool):
        return "`expiresIn` is a whole number of seconds"
    if not all(isinstance(asked.get(name, ""), str) for name in ("sub", "scope", "audience")):
        return "`sub`, `scope` and `audience` are texts"
    if not isinstance(asked.get("claims", {}), dict) or _OWN_CLAIMS & asked.get("claims", {}).keys():
        return f"`claims` is an object without {', '.join(sorted(_OWN_CLAIMS))}"
    return None
