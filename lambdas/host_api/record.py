"""One log line for each request: what was asked, and what was answered. Neither query, token nor reason is in it."""

import json
import sys
from dataclasses import dataclass, field
from time import perf_counter

from moderation.core.actor import Actor

from .response import Response

DEEPEST = 8


@dataclass(slots=True)
class Record:
    """`person` holds whatever names somebody, so that one key can be redacted."""

    request_id: str
    route: str = "none"
    meeting_id: str | None = None
    person: dict[str, str] = field(default_factory=dict)
    failure: dict[str, object] = field(default_factory=dict)
    started: float = field(default_factory=perf_counter)

    def knows(self, actor: Actor, ids: dict[str, str]) -> None:
        self.meeting_id = ids.get("meetingId")
        self.person = {"actorKind": actor.kind.value, "actor": actor.id}
        if actor.via is not None:
            self.person["via"] = actor.via
        self.person |= {name: ids[name] for name in ("attendeeId", "externalUserId") if name in ids}

    def failed(self, error: Exception) -> None:
        """The kind of the failure and where it happened. Its message may quote anything, so it is left out."""
        import traceback

        frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
        at = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
        self.failure = {"exception": type(error).__name__, "at": at}

    def write(self, response: Response) -> None:
        line = {
            "level": "ERROR" if self.failure else "INFO",
            "message": "answered",
            "requestId": self.request_id,
            "route": self.route,
            "status": response.status,
            "code": response.document.get("code"),
            "changeId": response.document.get("changeId"),
            "meetingId": self.meeting_id,
            "person": self.person,
            "durationMs": round((perf_counter() - self.started) * 1000, 1),
            **self.failure,
        }
        sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
