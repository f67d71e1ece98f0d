"""Verifies a token as API Gateway's own authorizer does, with keys of elliptic curves too: issuer, audience, times.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from .keys import UnknownKeyError

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
SCHEME = "bearer "
OF_EXCEPTIONS: Mapping[type[Exception], str] = {
    jwt.ExpiredSignatureError: "the token has expired",
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidIssuerError: "the issuer is not the one that the API takes",
    jwt.InvalidAlgorithmError: "the algorithm is not the key's, or not one that the API takes",
    jwt.InvalidSignatureError: "the signature is not the issuer's",
    jwt.MissingRequiredClaimError: "a claim is missing: a token needs `iss` and `exp`",
}
MALFORMED = "there is no readable token"
"""The reason for all other faults."""


class RefusedError(Exception):
    """The token is refused. The text gives the reason and quotes nothing of the token."""


class Keys(Protocol):
    """Returns the key with an id. Raises `UnknownKeyError`, or another exception if the keys cannot be fetched."""

    def find(self, key_id: str) -> jwt.PyJWK: ...


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies tokens with the issuer's keys."""

    issuer: str
    audience: frozenset[str]
    keys: Keys

    def claims(self, authorization: str) -> Mapping[str, Any]:
        """The claims of the token in the header. Raises `RefusedError`, and the exceptions of the issuer's keys."""
        if authorization[: len(SCHEME)].lower() != SCHEME:
            raise RefusedError(MALFORMED)
        claims = self._verified(authorization[len(SCHEME) :].strip())
        if not self.audience & _audience(claims):
            raise RefusedError("the audience is not one that the API takes")
        return claims

    def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            key = self.keys.find(_key_id(token))
        except UnknownKeyError:
            raise RefusedError("the signature is by a key that the issuer does not have") from None
        try:
            return jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self.issuer,
                options={"require": ["exp", "iss"], "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise RefusedError(OF_EXCEPTIONS.get(type(error), MALFORMED)) from None


def _key_id(token: str) -> str:
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError:
        raise RefusedError(MALFORMED) from None
    if not isinstance(key_id, str) or not key_id:
        raise RefusedError("the token names no key (`kid`)")
    return key_id


def _audience(claims: Mapping[str, Any]) -> set[str]:
    """The audience: `aud`, or `client_id` in access tokens of Cognito."""
    audience = claims.get("aud", claims.get("client_id"))
    return {each for each in (audience if isinstance(audience, list) else [audience]) if isinstance(each, str)}
