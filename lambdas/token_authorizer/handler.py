"""The Lambda function `token_authorizer`: returns the claims of a token, or why the token is refused.

It lets every request pass: API Gateway would answer a denial with 403, and a refused token is 401 everywhere else.
`host_api`, behind every route, refuses a request without claims (docs/adr/0029-a-function-checks-tokens.md).

If the issuer's keys cannot be fetched, the function fails: API Gateway answers 500 and does not cache that.
"""

import json
import os
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from moderation.telemetry import UNEXPECTED_ERRORS, logger, metrics, write
from pydantic import BaseModel, Field, Json

from .keys import IssuerKeys
from .tokens import RefusedError, Verifier


class Settings(BaseModel):
    """The environment variables that the stack gives this function."""

    issuer: str = Field(alias="GAVEL_ISSUER")
    audience: Json[frozenset[str]] = Field(alias="GAVEL_AUDIENCE")


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, object]:
    [authorization] = event["identitySource"]
    request_id = event.get("requestContext", {}).get("requestId")
    try:
        claims = verifier().claims(authorization)
    except RefusedError as refused:
        write("INFO", "token refused", requestId=request_id, because=str(refused))
        return _answer(refusal=str(refused))
    except Exception as error:
        measures = {UNEXPECTED_ERRORS: 1}
        write("ERROR", "failed", measures=measures, requestId=request_id, exception=type(error).__name__)
        raise
    write("INFO", "token accepted", requestId=request_id)
    return _answer(claims=json.dumps({name: _as_text(value) for name, value in claims.items()}))


@cache
def verifier() -> Verifier:
    settings = Settings.model_validate(dict(os.environ))
    return Verifier(settings.issuer, settings.audience, IssuerKeys(settings.issuer))


def _answer(**context: str) -> dict[str, object]:
    return {"isAuthorized": True, "context": context}


def _as_text(value: object) -> str:
    """The claims as texts, lists as `[a b]`: API Gateway's own authorizer passes them on like this."""
    if isinstance(value, list):
        return f"[{' '.join(map(_as_text, value))}]"
    return value if isinstance(value, str) else json.dumps(value)
