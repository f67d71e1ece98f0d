"""One log line for each request: what was asked, and what was answered. Neither query, token nor reason is in it."""

from dataclasses import dataclass, field
from time import perf_counter

from moderation.domain.actor import Actor
from moderation.telemetry import DECISIONS, LATENCY, Metric, write

from .response import Response

DEEPEST = 8
FAILED = {"internal-error", "busy", "contended", "outcome-unknown", "chime-refused"}
"""Codes by which nobody refused: something could not be done."""
NOTHING_CHANGED = {"unchanged", "dry-run"}


@dataclass(slots=True)
class Record:
    """`person` holds whatever names somebody, so that one key can be redacted. `command` is None until the request is
    understood, and in questions.
    """

    request_id: str
    route: str = "none"
    command: str | None = None
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
        took = round((perf_counter() - self.started) * 1000, 1)
        said: dict[str, object] = {} if self.command is None else _decided(response)
        write(
            "ERROR" if self.failure else "INFO",
            "answered",
            command=self.command,
            measures=self._measures(said, took),
            requestId=self.request_id,
            route=self.route,
            status=response.status,
            code=response.document.get("code"),
            changeId=response.change_id or response.document.get("changeId"),
            meetingId=self.meeting_id,
            person=self.person,
            durationMs=took,
            **said,
            **self.failure,
        )

    def _measures(self, said: dict[str, object], took: float) -> dict[Metric, float]:
        """An answer that is given again decides nothing."""
        if self.command is None:
            return {}
        return {LATENCY: took} if said["replayed"] else {LATENCY: took, DECISIONS: 1}


def _decided(response: Response) -> dict[str, object]:
    return {
        "verdict": _verdict(response),
        "pending": response.status == 202,
        "replayed": "Idempotency-Replayed" in response.headers,
    }


def _verdict(response: Response) -> str:
    if response.status >= 400:
        return "failed" if response.document.get("code") in FAILED else "refused"
    status = response.document.get("status")
    return str(status) if status in NOTHING_CHANGED else "accepted"
