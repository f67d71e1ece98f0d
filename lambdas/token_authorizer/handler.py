"""The Lambda function `token_authorizer`: what a token says, or why it is refused.

It always answers that the request may go on: API Gateway would make 403 of the other answer, and a refused token is 401
everywhere else. `host_api`, behind every route, refuses what comes without claims
(docs/adr/0029-a-function-checks-tokens.md). If the issuer's keys are not to be had the function fails: that is 500,
and unlike an answer API Gateway does not keep it.
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from moderation.telemetry import UNEXPECTED_ERRORS, write

from .keys import IssuerKeys
from .tokens import RefusedError, Verifier


def handler(event: Mapping[str, Any], _context: object) -> dict[str, object]:
    [authorization] = event["identitySource"]
    try:
        claims = verifier().claims(authorization)
    except RefusedError as refused:
        write("INFO", "token refused", because=str(refused))
        return _answer(refusal=str(refused))
    except Exception as error:
        write("ERROR", "failed", measures={UNEXPECTED_ERRORS: 1}, exception=type(error).__name__)
        raise
    write("INFO", "token taken")
    return _answer(claims=json.dumps({name: _as_text(value) for name, value in claims.items()}))


@cache
def verifier() -> Verifier:
    issuer = os.environ["GAVEL_ISSUER"]
    return Verifier(issuer, frozenset(json.loads(os.environ["GAVEL_AUDIENCE"])), IssuerKeys(issuer))


def _answer(**context: str) -> dict[str, object]:
    return {"isAuthorized": True, "context": context}


def _as_text(value: object) -> str:
    """As API Gateway's own authorizer hands claims on: all of them texts, lists as `[a b]`."""
    if isinstance(value, list):
        return f"[{' '.join(map(_as_text, value))}]"
    return value if isinstance(value, str) else json.dumps(value)
