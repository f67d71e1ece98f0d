"""An in-memory meeting behind the function `event_commands`, and messages like those of its queue."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from event_commands import handler
from event_commands.processor import CommandProcessor
from moderation.adapters.cedar import CedarPolicies
from moderation.bootstrap import Gavel
from moderation.domain.actor import ActorKind, Authorization, AuthorizationRequest
from moderation.domain.entry import DECIDED, Entry, iso

from tests.memory.moderated_meeting import MEETING, POLICIES, ModeratedMeeting, attendee_of
from tests.telemetry import CONTEXT

EXTERNAL = f"external-{MEETING}"
SOURCE = "exam.app"
MAX_AGE = timedelta(minutes=5)
BOB = {"meetingId": MEETING, "attendeeId": attendee_of("bob")}


class Policies(CedarPolicies):
    """As shipped, and one source of events may moderate."""

    def authorize(self, question: AuthorizationRequest) -> Authorization:
        principal = question.principal
        if principal.kind is ActorKind.SERVICE and principal.id == SOURCE:
            return Authorization(True, ("exam-app-may-moderate",))
        return POLICIES.authorize(question)


PERMISSIVE = Policies()


@dataclass
class CommandQueue:
    meeting: ModeratedMeeting = field(default_factory=ModeratedMeeting)

    def __post_init__(self) -> None:
        self.gavel = Gavel(replace(self.meeting.ports, policies=PERMISSIVE))
        self.sent = self.meeting.clock.now()

    def another_process(self) -> None:
        self.gavel = Gavel(replace(self.meeting.ports, policies=PERMISSIVE))

    def __call__(self, *bodies: object) -> list[str]:
        """Delivers the messages together; returns which are to come again: `0`, `1`, …"""
        records = [
            {"messageId": str(number), "body": body if isinstance(body, str) else json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
        with self.behind():
            answer = handler.handler({"Records": records}, CONTEXT)
        assert set(answer) == {"batchItemFailures"}
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    @contextmanager
    def behind(self) -> Iterator[None]:
        inbox = CommandProcessor(self.gavel, self.meeting.clock.now, MAX_AGE)
        with patch.object(handler, "commands", lambda: inbox):
            yield

    def send(self, command: str, event_id: str = "e-1", source: str = SOURCE, **fields: Any) -> list[str]:
        """One event, as the bus has it."""
        return self(event({"command": command, **fields}, event_id, source, self.sent))

    def trigger(self, command: str, event_id: str = "e-1", name: str = "exam", **fields: Any) -> list[str]:
        return self(triggered({"command": command, **fields}, event_id, name, self.sent))

    def verdicts(self) -> list[tuple[str, object, object]]:
        """The decisions in the history: actor, command and reason."""
        return [(e.actor.id, e.command, e.extra["code"]) for e in self.meeting.entries(DECIDED)]

    def refusal(self) -> Entry:
        [entry] = self.meeting.entries(DECIDED)
        assert entry.extra["verdict"] == "refused"
        return entry


def event(
    detail: object, event_id: str = "e-1", source: str = SOURCE, at: datetime | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "Moderation Command",
        "source": source,
        "account": "123456789012",
        "time": iso(at) if at else "2026-05-04T10:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
        **more,
    }


def triggered(
    template: object,
    event_id: str = "e-1",
    name: str = "exam",
    at: datetime | None = None,
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What the rule of a trigger makes of an event: its template, and the event as it is."""
    happened = event(detail or {}, event_id, "school", at, **{"detail-type": "ExamStarted"})
    return {"trigger": name, "template": template, "event": happened}
