"""Which keys an issuer of tokens signs with. API Gateway's JWT authorizers take RSA keys and no others.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import json
import urllib.request
from typing import Any

TIMEOUT = 5
DISCOVERY = "/.well-known/openid-configuration"


def lacks_rsa_key(issuer: str) -> str | None:
    """Why tokens of this issuer would be answered 401; None if they would not, or if it can't be asked."""
    try:
        keys = _document(_document(issuer.rstrip("/") + DISCOVERY)["jwks_uri"])["keys"]
        kinds = {key["kty"] for key in keys}
        rsa = [key for key in keys if key["kty"] == "RSA" and key.get("use", "sig") == "sig"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if rsa or not kinds:
        return None
    return (
        f"`jwtIssuer`: {issuer} signs with {', '.join(sorted(kinds))} keys only. API Gateway's JWT authorizers take "
        "RSA (RS256, RS384, RS512): every token would be answered 401. Let the issuer sign with RS256, or leave "
        "`jwtIssuer` out and use the stack's own user pool."
    )


def _document(url: str) -> Any:
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise ValueError(url)
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response:  # noqa: S310 - the scheme is looked at above
        return json.loads(response.read())
