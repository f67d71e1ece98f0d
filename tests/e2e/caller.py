"""A caller of the API, and the checks that every answer has to pass."""

from typing import Any

import httpx

Json = dict[str, Any]

PROBLEM = "application/problem+json"
TIMEOUT = 90
"""Seconds. API Gateway gives up after 30; the emulator starts twenty functions at once on two cores."""


class Web:
    """The API over HTTP. Every answer is kept, for tests of what must not be in one."""

    def __init__(self, api_url: str) -> None:
        self._client = httpx.Client(
            base_url=api_url, timeout=TIMEOUT, trust_env=False, limits=httpx.Limits(max_connections=64)
        )
        self.answers: list[str] = []

    def close(self) -> None:
        self._client.close()

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        token: str | None = None,
    ) -> httpx.Response:
        """`body` as JSON; bytes as they are."""
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        sent = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        answer = self._client.request(method, path, headers={**authorization, **(headers or {})}, **sent)
        self.answers.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")
        return answer


class Caller:
    """A caller with a token, in one meeting: paths follow `/meetings/{m}`; without a meeting, they follow
    `/meetings`.
    """

    def __init__(
        self, web: Web, meeting_id: str | None, token: str | None, headers: dict[str, str] | None = None
    ) -> None:
        self._web = web
        self._meeting = f"/meetings/{meeting_id}" if meeting_id is not None else "/meetings"
        self._token = token
        self._headers = headers or {}

    def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Headers as words: `if_match="…"` is `If-Match`."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        return self._web.send(method, self._meeting + path, body, self._headers | named, self._token)

    def get(self, path: str = "") -> httpx.Response:
        return self.send("GET", path)

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        return self.send("POST", path, body, **headers)

    def put(self, path: str = "", body: object = None, **headers: str) -> httpx.Response:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> httpx.Response:
        return self.send("DELETE", path, **headers)

    def history(self) -> list[Json]:
        """The whole history, for meetings with less than a page of it."""
        items: list[Json] = done(self.get("/history?limit=100"))["items"]
        assert len(items) < 100
        return items


def done(answer: httpx.Response, status: int = 200) -> Json:
    """The document of an answer that is no problem."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    document: Json = answer.json()
    return document


def problem(answer: httpx.Response, status: int, code: str) -> Json:
    """The problem, in the form of RFC 9457 and with the contract's code."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM), answer.text
    document: Json = answer.json()
    assert (document["status"], document["code"]) == (status, code), document
    assert {"type", "title", "detail", "instance"} <= document.keys()
    assert "Traceback" not in answer.text
    return document
