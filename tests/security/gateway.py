"""The API as a WSGI application: what API Gateway makes of HTTP, without the tokens' signatures."""

import base64
from collections.abc import Callable, Iterable
from typing import Any

from host_api.app import create_app
from host_api.call import Gavel

Start = Callable[[str, list[tuple[str, str]]], object]
TOKENS: dict[str, dict[str, str]] = {
    "admin": {"sub": "back-end", "scope": "gavel/admin"},
    **{who: {"sub": who} for who in ("alice", "cora", "pete", "mallory")},
}
OPEN = ("/health", "/openapi.json")


class Gateway:
    """`Authorization: Bearer alice` is a token of alice's."""

    def __init__(self, gavel: Callable[[], Gavel]) -> None:
        self._app = create_app(gavel, lambda: "sub")

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        event = _event(environ)
        if event is None:
            start("401 -", [("Content-Type", "application/json")])
            return [b'{"message":"Unauthorized"}']
        answer: dict[str, Any] = self._app(event)
        headers = {str(name): str(value) for name, value in answer["headers"].items()}
        start(f"{answer['statusCode']} -", list(headers.items()))
        return [answer["body"].encode()]


def _event(environ: dict[str, Any]) -> dict[str, Any] | None:
    """None without a token that is known."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    content = environ["wsgi.input"].read(length) if length else b""
    headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    token = headers.pop("authorization", "").removeprefix("Bearer ")
    said: dict[str, Any] = {
        "rawPath": environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
        "rawQueryString": environ.get("QUERY_STRING", ""),
        "headers": headers,
        "requestContext": {"http": {"method": environ["REQUEST_METHOD"]}, "requestId": "r-1"},
        "body": base64.b64encode(content).decode(),
        "isBase64Encoded": True,
    }
    if said["rawPath"] not in OPEN:
        if token not in TOKENS:
            return None
        said["requestContext"]["authorizer"] = {"jwt": {"claims": TOKENS[token], "scopes": None}}
    return said
