"""An API of the tests: answers that are prepared, and requests that were seen."""

import json
from typing import Any

import httpx
from gavel_client import AsyncGavel, Gavel, Retry
from gavel_client.tokens import TokenSource

URL = "https://api.example.com"
MEETING = "2847961f-0a1b-4c2d-8e3f-5a6b7c8d0713"
ATTENDEE = "4ebcdbdc-1f2e-4d3c-9b4a-8c7d6e5f0a1b"
CHANGE = "01M86Q9NZR0G2V5T8W3Y6A4C1E"
ALL = {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
MUTED = ALL | {"audio": "Receive"}
Json = dict[str, Any]
Answer = httpx.Response | Exception


class Server:
    """Gives its answers one after the other, the last one again and again."""

    def __init__(self, *answers: Answer | tuple[int, Json]) -> None:
        self._answers = [httpx.Response(each[0], json=each[1]) if isinstance(each, tuple) else each for each in answers]
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    async def asynchronously(self, request: httpx.Request) -> httpx.Response:
        return self(request)

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def body(self) -> Any:
        return json.loads(self.last.content)

    def gavel(self, token: TokenSource = "token", **options: Any) -> Gavel:
        http = httpx.Client(transport=httpx.MockTransport(self), trust_env=False)
        return Gavel(URL, token, http_client=http, **{"retry": QUICK, **options})

    def async_gavel(self, token: TokenSource = "token", **options: Any) -> AsyncGavel:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.asynchronously), trust_env=False)
        return AsyncGavel(URL, token, http_client=http, **{"retry": QUICK, **options})


QUICK = Retry(first=0.001)


def attendee(**other: Any) -> Json:
    about = {"meetingId": MEETING, "attendeeId": ATTENDEE, "externalUserId": "bob", "role": "participant"}
    return (
        about | {"capabilities": MUTED, "status": "applied", "hand": None, "floor": None, "revision": "p3.m7"} | other
    )


def change_answer(**other: Any) -> Json:
    about = {"changeId": CHANGE, "status": "applied", "attendee": attendee(), "before": ALL, "after": MUTED}
    return about | {"effects": ["content-audio-may-flow"]} | other


def change(**other: Any) -> Json:
    about: Json = {"changeId": CHANGE, "meetingId": MEETING, "command": "mute", "parameters": {}, "status": "applied"}
    about |= {"actor": {"kind": "user", "id": "alice"}, "reason": None, "attendeeId": ATTENDEE, "externalUserId": "bob"}
    about |= {"before": ALL, "after": MUTED, "effects": [], "decidedAt": "2026-05-04T10:00:00.000Z"}
    return about | {"supersededBy": None, "awaiting": None, "revision": "p3.m7"} | other


def meeting(**other: Any) -> Json:
    about: Json = {"meetingId": MEETING, "externalMeetingId": "demo", "mode": "open", "defaultRole": "participant"}
    about |= {"frozen": False, "muteAll": [], "unmuteConsent": "none", "lobby": False, "endedAt": None}
    return about | {"features": {"video": True, "content": True}, "revision": "m7"} | other


def problem(status: int, code: str, **other: Any) -> tuple[int, Json]:
    about = {"type": f"urn:gavel:problem:{code}", "title": code, "status": status, "detail": "text", "instance": "/x"}
    return status, {**about, "code": code, **other}


def entry(number: int) -> Json:
    about: Json = {"type": "Moderation Decided", "schemaVersion": "1", "entryId": f"E{number}", "changeId": CHANGE}
    about |= {"meetingId": MEETING, "externalMeetingId": "demo", "occurredAt": "2026-05-04T10:00:00.000Z"}
    about |= {"actor": {"kind": "user", "id": "alice"}, "command": "mute", "reason": None, "revision": "m7"}
    return about | {"summary": f"entry {number}", "summaryParts": [{"text": f"entry {number}"}]}
