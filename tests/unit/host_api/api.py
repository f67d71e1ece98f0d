"""The API with a stand-in behind it, called as API Gateway calls it. Every answer is checked against the
description.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from host_api.app import App, create_app, resolvable
from host_api.call import Gavel
from moderation.application.queries.directory import MeetingFilter
from moderation.application.requests import Answer, Outcome, Refused, Request, Selected
from moderation.domain.actor import Actor
from moderation.domain.capability import EVERYTHING, SENDING
from moderation.domain.commands import Target
from moderation.domain.documents import Document

from contracts import responses
from contracts.openapi import openapi

M = "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
A = "ffffffff-0000-9999-0000-ffffffffffff"
CAPABILITIES = {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"}
LIMIT: Document = {
    "media": ["audio"],
    "withholds": "send",
    "by": "restriction",
    "liftableBy": "host",
    "actor": "alice",
    "reason": "noise",
    "since": "2026-05-04T10:00:00.000Z",
    "until": None,
    "remainingSeconds": None,
}
ATTENDEE: Document = {
    "meetingId": M,
    "attendeeId": A,
    "externalUserId": "bob",
    "role": "participant",
    "capabilities": CAPABILITIES,
    "status": "applied",
    "hand": None,
    "floor": None,
    "revision": "p3.m7",
    "asked": None,
    "limits": [LIMIT],
}
MEETING: Document = {
    "meetingId": M,
    "externalMeetingId": "lecture",
    "mode": "open",
    "defaultRole": "participant",
    "frozen": False,
    "muteAll": [],
    "unmuteConsent": "none",
    "lobby": False,
    "features": {"video": True, "content": True},
    "endedAt": None,
    "revision": "m7",
}
CHANGE: Document = {
    "changeId": "01JZ",
    "meetingId": M,
    "command": "mute",
    "parameters": {"media": ["audio"]},
    "actor": {"kind": "user", "id": "alice"},
    "reason": None,
    "status": "applied",
    "attendeeId": A,
    "externalUserId": "bob",
    "before": CAPABILITIES,
    "after": CAPABILITIES,
    "effects": [],
    "decidedAt": "2026-05-04T10:00:00.000Z",
    "supersededBy": None,
    "awaiting": None,
    "revision": "p3.m7",
}
ENTRY: Document = {
    "type": "Moderation Decided",
    "schemaVersion": "1",
    "entryId": "01JZ",
    "changeId": "01JZ",
    "meetingId": M,
    "externalMeetingId": "lecture",
    "occurredAt": "2026-05-04T10:00:00.000Z",
    "actor": {"kind": "user", "id": "bob", "via": "back-end"},
    "command": "mute",
    "reason": None,
    "revision": "p3.m7",
    "verdict": "accepted",
    "summary": "alice muted bob",
    "summaryParts": [{"externalUserId": "alice"}, {"text": " muted "}, {"externalUserId": "bob"}],
}
CURSOR = "01JZ0000000000000000000000"
PLACE = f"2026-05-04T10:00:00.000Z#{M}"
APPLIED = Answer("applied", ATTENDEE, "01JZ", EVERYTHING, EVERYTHING & ~SENDING, ("content-audio-may-flow",))
REGISTERED = Answer("applied", MEETING, "01JZ")
OUTCOMES: tuple[Document, ...] = tuple(
    {"attendeeId": A, "externalUserId": user, "outcome": outcome, "capabilities": CAPABILITIES}
    for user, outcome in (("alice", "spared"), ("bob", "applied"))
)
GOVERNED = Answer("applied", MEETING, "01JZ", outcomes=OUTCOMES)
ADMISSION: Document = {
    "externalUserId": "bob",
    "admitted": True,
    "capabilities": {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"},
}
ADMITTED = Answer("applied", MEETING, outcomes=(ADMISSION,))
SELECTED = Answer(
    "pending",
    {},
    outcomes=(
        {"attendeeId": A, "externalUserId": "bob", "outcome": "pending", "changeId": "01JZ", "awaiting": "consent"},
        {"attendeeId": None, "externalUserId": "carol", "outcome": "refused", "code": "last-host", "detail": "One."},
    ),
)
ANSWERS = {
    "register": REGISTERED,
    "admit-users": ADMITTED,
    "undo": APPLIED,
}
LISTS: dict[str, Document] = {
    "hands": {"items": [{"externalUserId": "bob", "attendeeId": A, "raisedAt": "2026-05-04T10:00:00.000Z"}]},
    "bans": {
        "items": [
            {
                "externalUserId": "dave",
                "actor": "alice",
                "reason": None,
                "since": "2026-05-04T10:00:00.000Z",
                "until": None,
            }
        ]
    },
    "lobby": {"items": [{"externalUserId": "eve", "role": "participant", "since": "2026-05-04T10:00:00.000Z"}]},
}


class StandIn:
    """Writes down what it is asked and says what it was told to say."""

    def __init__(self, outcome: Outcome | None = None, refused: Refused | None = None) -> None:
        self.outcome = outcome
        self.refused = refused
        self.requests: list[Request] = []
        self.selection: list[Selected] = []
        self.asked: list[tuple[object, ...]] = []
        self.which: dict[str, Any] = {}
        """Which entries of the history were asked for last."""

    @property
    def actor(self) -> Actor:
        """Who asked last."""
        if self.requests:
            return self.requests[-1].actor
        actor = self.asked[-1][2]
        assert isinstance(actor, Actor)
        return actor

    def perform(self, request: Request) -> Outcome:
        self.requests.append(request)
        otherwise = GOVERNED if request.command.target is Target.MEETING else APPLIED
        usual = ANSWERS.get(request.command.name, otherwise)
        return self.refused or self.outcome or usual

    def perform_on_each(self, request: Request, selection: Sequence[Selected]) -> Outcome:
        self.requests.append(request)
        self.selection = list(selection)
        return self.refused or self.outcome or SELECTED

    def meeting(self, meeting_id: str, actor: Actor) -> Document | Refused:
        return self._say(MEETING, "meeting", meeting_id, actor)

    def meetings(self, actor: Actor, wanted: MeetingFilter, *, limit: int, after: str | None) -> Document | Refused:
        said: Document = {"items": [MEETING | {"registeredAt": "2026-05-04T10:00:00.000Z"}], "nextToken": PLACE}
        return self._say(said, "meetings", wanted, actor, limit, after)

    def me(self, meeting_id: str, actor: Actor) -> Document | Refused:
        said: Document = {"role": "participant", "attendee": ATTENDEE, "may": ["mute-self"], "modes": [], "roles": []}
        return self._say(said, "me", meeting_id, actor)

    def attendee(
        self, meeting_id: str, actor: Actor, *, attendee_id: str | None = None, user_id: str | None = None
    ) -> Document | Refused:
        return self._say(ATTENDEE, "attendee", meeting_id, actor, attendee_id, user_id)

    def attendees(self, meeting_id: str, actor: Actor, *, limit: int, after: str | None) -> Document | Refused:
        said: Document = {"items": [ATTENDEE], "nextToken": A}
        return self._say(said, "attendees", meeting_id, actor, limit, after)

    def history(
        self,
        meeting_id: str,
        actor: Actor,
        *,
        after: str | None,
        limit: int,
        attendee_id: str | None,
        user_id: str | None,
        **which: Any,
    ) -> Document | Refused:
        said: Document = {"items": [ENTRY], "cursor": CURSOR}
        self.which = which
        return self._say(said, "history", meeting_id, actor, after, limit, attendee_id, user_id)

    def hands(self, meeting_id: str, actor: Actor) -> Document | Refused:
        return self._say(LISTS["hands"], "hands", meeting_id, actor)

    def bans(self, meeting_id: str, actor: Actor) -> Document | Refused:
        return self._say(LISTS["bans"], "bans", meeting_id, actor)

    def lobby(self, meeting_id: str, actor: Actor) -> Document | Refused:
        return self._say(LISTS["lobby"], "lobby", meeting_id, actor)

    def change(self, meeting_id: str, actor: Actor, change_id: str) -> Document | Refused:
        return self._say(CHANGE, "change", meeting_id, actor, change_id)

    def live(self, meeting_id: str, actor: Actor) -> Document | Refused:
        said: Document = {"url": "wss://x/live?ticket=t", "ticket": "t", "expiresAt": "2026-05-04T10:01:00.000Z"}
        return self._say(said | {"cursor": "01JZ"}, "live", meeting_id, actor)

    def _say(self, said: Document, *asked: object) -> Document | Refused:
        self.asked.append(asked)
        return self.refused or said


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    document: dict[str, Any]

    @property
    def code(self) -> object:
        return self.document.get("code")

    @property
    def pointers(self) -> list[str]:
        return [error["pointer"] for error in self.document["errors"]]


@dataclass
class HostApi:
    gavel: StandIn = field(default_factory=StandIn)
    claims: dict[str, str] | None = field(default_factory=lambda: {"sub": "alice"})
    identity_claim: str = "sub"

    def __call__(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        claims: dict[str, str] | None = None,
    ) -> Reply:
        """`body` is made JSON, unless it is bytes, which are sent as they are."""
        return self.send(event(method, target, body, headers, claims or self.claims))

    def send(self, said: object) -> Reply:
        return answered(self.gavel, said, self.identity_claim)


class _Behind:
    """What the one API of the tests has behind it at the moment: making an API anew for each request is slow."""

    gavel: Gavel
    identity_claim: str

    @cached_property
    def app(self) -> App:
        return create_app(lambda: self.gavel, lambda: self.identity_claim)


_BEHIND = _Behind()


def answered(gavel: Gavel, said: object, identity_claim: str = "sub") -> Reply:
    _BEHIND.gavel, _BEHIND.identity_claim = gavel, identity_claim
    answer = _BEHIND.app(said)
    headers, body = answer["headers"], answer["body"]
    assert isinstance(headers, dict)
    assert isinstance(body, str)
    assert isinstance(answer["statusCode"], int)
    reply = Reply(answer["statusCode"], headers, json.loads(body))
    _conforms(said, reply)
    return reply


def event(
    method: str,
    target: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    claims: dict[str, str] | None = None,
) -> dict[str, Any]:
    """What the gateway makes of a request."""
    split = urlsplit(target)
    said: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": _as_the_gateway_decodes(split.path),
        "rawQueryString": split.query,
        "headers": dict(headers or {}),
        "requestContext": {"http": {"method": method}, "requestId": "r-1", "stage": "$default"},
        "isBase64Encoded": False,
    }
    if claims is not None:
        said["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    if isinstance(body, bytes):
        said |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    elif body is not None:
        said["body"] = json.dumps(body)
        said["headers"] = {"content-type": "application/json"} | said["headers"]
    return said


def _as_the_gateway_decodes(path: str) -> str:
    """Every escape but `%25`."""

    def decoded(run: re.Match[str]) -> str:
        return bytes.fromhex(run[0].replace("%", "")).decode("utf-8", "replace")

    return re.sub(r"(?:%(?!25)[0-9A-Fa-f]{2})+", decoded, path)


def _conforms(said: object, reply: Reply) -> None:
    """Every answer has the form, the status and the code that the description promises."""
    assert reply.headers["Cache-Control"] == "no-store"
    if reply.status == 401:
        assert reply.document == {"message": "Unauthorized"}, "the gateway's own form"
        return
    operation = operation_of(said)
    if reply.status >= 300:
        assert reply.headers["Content-Type"] == "application/problem+json"
        responses.Problem.model_validate(reply.document, strict=True)
        assert reply.document["status"] == reply.status
    if operation is None:
        return
    promised = resolved(operation["responses"][str(reply.status)])
    unpromised = set(reply.headers) - set(promised.get("headers", {})) - {"Content-Type", "Cache-Control"}
    if reply.status < 300:
        assert not unpromised
        name = promised["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        if hasattr(responses, name):
            getattr(responses, name).model_validate(reply.document, strict=True)
    else:
        assert unpromised <= {"Idempotency-Replayed"}
        assert reply.code in operation["x-problems"]
        assert f"`{reply.code}`" in promised["description"]


def operation_of(said: object) -> dict[str, Any] | None:
    """What the description has of the route that an event is for."""
    request = resolvable(said)
    method, path = request["requestContext"]["http"]["method"], request["rawPath"]
    for route in _BEHIND.app.resolver.routes:
        if route.method == method and route.rule.match(path):
            found: dict[str, Any] = openapi()["paths"][route.openapi_path][method.lower()]
            return found
    return None


def resolved(reference: dict[str, Any]) -> dict[str, Any]:
    """What a reference of the description leads to."""
    found: Any = openapi()
    for part in reference["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    assert isinstance(found, dict)
    return found
