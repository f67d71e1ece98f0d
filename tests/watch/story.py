"""A meeting in which every function has work to do, and what the functions write about it."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from aws_lambda_powertools.metrics.provider import cold_start
from botocore.exceptions import ClientError
from chime_events import handler as chime_events
from event_commands import handler as event_commands
from event_commands.processor import CommandProcessor
from event_publisher import handler as event_publisher
from host_api.app import create_app
from live import broadcast, websocket
from moderation.adapters.chime import ChimeGateway
from moderation.application.requests import Request
from moderation.bootstrap import Gavel
from moderation.domain.capability import EVERYTHING, Capabilities, from_words
from moderation.domain.change import Lease
from moderation.domain.commands import Admit, Mute
from moderation.domain.entry import Entry
from moderation.ports import ChimeAttendee
from reconciler import handler as reconciler

from tests.memory.chime import MemoryChime
from tests.memory.live import LiveMeeting
from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, attendee_of
from tests.telemetry import CONTEXT
from tests.unit.event_commands.command_queue import MAX_AGE, PERMISSIVE, SOURCE
from tests.unit.event_commands.command_queue import event as command
from tests.unit.host_api.api import event as request

Json = dict[str, Any]
STAGE = "rehearsal"
FUNCTIONS = ("host_api", "event_commands", "chime_events", "reconciler", "event_publisher", "live")
NAMES = ("Bob the Quiet", "Carol the Loud")
TRACE = "1-5759e988-bd862e3fe1be46a994272793"


class Throttled:
    """A client of Chime for capability updates. Throttles `throttles` calls, then passes them on."""

    def __init__(self, chime: MemoryChime) -> None:
        self._chime = chime
        self.throttles = 0

    def update_attendee_capabilities(self, *, MeetingId: str, AttendeeId: str, Capabilities: Json) -> Json:  # noqa: N803
        if self.throttles:
            self.throttles -= 1
            said: Any = {"Error": {"Code": "ThrottledClientException"}, "ResponseMetadata": {"HTTPStatusCode": 429}}
            raise ClientError(said, "UpdateAttendeeCapabilities")
        self._chime.update(MeetingId, AttendeeId, from_words(Capabilities))
        return {"Attendee": {"AttendeeId": AttendeeId, "ExternalUserId": "", "Capabilities": Capabilities}}


class ThroughGateway:
    """Capability updates go through the real gateway, all else straight to the memory."""

    def __init__(self, chime: MemoryChime) -> None:
        self.client = Throttled(chime)
        client: Any = self.client
        self.update = ChimeGateway(client).update
        self.update_except, self.meeting, self.attendee, self.roster = (
            chime.update_except,
            chime.meeting,
            chime.attendee,
            chime.roster,
        )
        self.remove, self.end = chime.remove, chime.end


class Story:
    def __init__(self) -> None:
        self.meeting = ModeratedMeeting()
        self.chime = ThroughGateway(self.meeting.chime)
        self.gavel = Gavel(replace(self.meeting.ports, chime=self.chime, policies=PERMISSIVE))
        self.lines: dict[str, list[Json]] = {function: [] for function in FUNCTIONS}

    def ask(
        self, method: str, path: str, body: object = None, who: str = "alice", *, acting_for: str = "", **claims: str
    ) -> Json:
        app = create_app(lambda: self.gavel, lambda: "sub")
        headers = {"gavel-on-behalf-of": acting_for} if acting_for else None
        said = request(method, f"/meetings/{MEETING}{path}", body, headers, {"sub": who, **claims})
        with self._written_by("host_api"):
            answer = app(said)
        document: Json = json.loads(str(answer["body"]))
        return document

    def send(self, name: str, event_id: str = "e-1", **fields: Any) -> None:
        inbox = CommandProcessor(self.gavel, self.meeting.clock.now, MAX_AGE)
        detail = {"command": name, "meetingId": MEETING, **fields}
        said = command(detail, event_id, SOURCE, self.meeting.clock.now())
        with self._written_by("event_commands"), patch.object(event_commands, "commands", lambda: inbox):
            event_commands.handler({"Records": [{"messageId": "1", "body": json.dumps(said)}]}, CONTEXT)

    def tell(self, event_type: str, user: str, **more: Any) -> None:
        about = {"meetingId": MEETING, "attendeeId": attendee_of(user), "externalUserId": user, **more}
        body = json.dumps({"id": "e-1", "detail": {"eventType": event_type, **about}})
        with (
            self._written_by("chime_events"),
            patch.object(chime_events, "chime_events", lambda: self.gavel.chime_events),
        ):
            chime_events.handler({"Records": [{"messageId": "1", "body": body}]}, CONTEXT)

    def tick(self, seconds: float) -> None:
        self.meeting.clock.pass_by(seconds)
        self._reconcile({"source": "aws.events"})

    def remind(self, change_id: str) -> None:
        body = json.dumps({"meetingId": MEETING, "changeId": change_id})
        self._reconcile({"Records": [{"messageId": "1", "body": body}]})

    def publish(self, entries: list[Entry], taken: bool = True) -> None:
        images = [{"detailType": {"S": e.type}, "detail": {"S": json.dumps(e.detail)}} for e in entries]
        records = [{"dynamodb": {"SequenceNumber": str(n), "NewImage": image}} for n, image in enumerate(images)]
        failure: Json = {} if taken else {"ErrorCode": "InternalFailure"}
        bus = SimpleNamespace(
            put_events=lambda Entries: {  # noqa: N803
                "FailedEntryCount": 0 if taken else len(Entries),
                "Entries": [failure for _ in Entries],
            }
        )
        with (
            self._written_by("event_publisher"),
            patch.object(event_publisher, "events", lambda: bus),
            patch.object(
                event_publisher, "settings", lambda: SimpleNamespace(bus="gavel", display_names_in_events=False)
            ),
        ):
            event_publisher.handler({"Records": records}, CONTEXT)

    def listen(self, user: str) -> None:
        """The user opens a page, something happens, and the page shows it."""
        live = LiveMeeting(self.meeting)
        ticket = live.ticket(user)["ticket"]
        context = {"connectionId": "c1"}
        with self._written_by("live"), patch.object(websocket, "subscriptions", lambda: live.subscriptions):
            for route, more in (
                ("$connect", {"queryStringParameters": {"ticket": ticket}}),
                ("listen", {"body": "{}"}),
            ):
                websocket.handler({"requestContext": {"routeKey": route, **context}, **more}, CONTEXT)
        self.meeting.ask(user, Mute(reason="noise"), user)
        with (
            self._written_by("live"),
            patch.object(broadcast, "publisher", lambda: live.publisher),
            patch.object(broadcast, "clock", lambda: self.meeting.clock),
            patch.object(broadcast, "meeting_deltas", lambda _: [live.delta()]),
        ):
            broadcast.handler({"Records": []}, CONTEXT)

    def drift(self, user: str, held: Capabilities) -> None:
        """Another writer changes the user's capabilities in Chime."""
        self.meeting.chime.write(MEETING, ChimeAttendee(attendee_of(user), user, held), held)

    def refuse(self, times: int) -> None:
        """Chime rejects the next calls for good."""
        self.meeting.chime.before = [_refused] * times

    @contextmanager
    def _written_by(self, function: str) -> Iterator[None]:
        said = io.StringIO()
        environment = {"GAVEL_STAGE": STAGE, "_X_AMZN_TRACE_ID": f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1"}
        with redirect_stdout(said), patch.dict("os.environ", environment):
            yield
        self.lines[function] += [json.loads(line) for line in said.getvalue().splitlines()]

    def _reconcile(self, event: Json) -> None:
        with (
            self._written_by("reconciler"),
            patch.object(reconciler, "reconciler", lambda: self.gavel.reconciler),
            patch.object(reconciler, "clock", lambda: self.meeting.clock),
        ):
            reconciler.handler(event, CONTEXT)


@cache
def told() -> dict[str, list[Json]]:
    """Every document and line, by function. Each metric that exists is written somewhere in it."""
    cold_start.is_cold_start = True
    story = Story()
    for happening in (_decisions, _news, _drift, _pursued, _given_up, _unknown_end, _listened, _poisoned):
        happening(story)
    story.publish(story.meeting.entries())
    story.publish(story.meeting.entries()[:1], taken=False)
    return story.lines


def _decisions(story: Story) -> None:
    story.chime.client.throttles = 2
    story.ask("POST", f"/attendees/{attendee_of('bob')}/mute", {"reason": "noise"})
    story.ask("POST", f"/attendees/{attendee_of('bob')}/mute", {"reason": "noise"}, who="carol")
    story.ask("POST", f"/attendees/{attendee_of('bob')}/unmute?dryRun=true", {})
    story.ask("POST", "/mute-all", {})
    story.ask("POST", "/unmute-all", {})
    story.ask("POST", f"/attendees/{attendee_of('bob')}/mute", {"media": ["smell"]})
    story.ask("GET", "/history")
    story.ask("GET", "/history", who="back-end", acting_for="alice", scope="gavel/admin")
    with patch.object(story, "gavel", None):
        story.ask("GET", "/history")
    story.send("unmute", attendeeId=attendee_of("bob"))
    story.send("unmute", attendeeId=attendee_of("bob"))
    story.send("mute", "e-2", externalUserId="nobody")
    story.send("mute-all", "e-3", meetingId=attendee_of("nobody"))


def _news(story: Story) -> None:
    story.gavel.perform(Request(MEETING, ADMIN, Admit({"bob": None}, {"bob": NAMES[0]})))
    for name in (NAMES[1], "\u202e" + NAMES[1]):
        story.ask("PUT", f"/attendees/{attendee_of('carol')}", {"displayName": name}, scope="gavel/admin")
    story.tell("chime:AttendeeJoined", "carol")


def _drift(story: Story) -> None:
    story.ask("POST", f"/attendees/{attendee_of('bob')}/mute", {})
    story.tick(120)
    story.drift("bob", EVERYTHING)
    story.tell("chime:AttendeeCapabilitiesUpdated", "bob")
    story.tell("chime:AttendeeCapabilitiesUpdated", "bob", success=0)


def _pursued(story: Story) -> None:
    """A narrowing that Chime rejects."""
    story.refuse(100)
    change = story.ask("POST", f"/attendees/{attendee_of('carol')}/mute", {})
    assert change["status"] == "pending"
    story.tick(60)
    story.meeting.clock.pass_by(60)
    story.remind(change["changeId"])
    story.refuse(0)
    story.tick(120)


def _given_up(story: Story) -> None:
    story.refuse(1)
    story.ask("POST", f"/attendees/{attendee_of('carol')}/unmute", {})


def _listened(story: Story) -> None:
    story.listen("bob")


def _poisoned(story: Story) -> None:
    """A change that can't be read is due."""
    ledger, now = story.meeting.ledger, story.meeting.clock.now()
    some = next(change for change in ledger.changes.values() if change.command == "mute")
    nobody: Any = "nobody"
    lease = Lease("token", now)
    poison = replace(some, id="poison", actor=nobody, committed_at=now, closure=None, lease=lease, next_attempt_at=now)
    ledger.changes[MEETING, poison.id] = poison
    story.remind(poison.id)


def _unknown_end(story: Story) -> None:
    from botocore.exceptions import ReadTimeoutError

    def dropped() -> None:
        raise ReadTimeoutError(endpoint_url="")

    story.meeting.chime.after = [dropped]
    story.ask("POST", f"/attendees/{attendee_of('cora')}/mute", {})


def _refused() -> None:
    said: Any = {"Error": {"Code": "BadRequestException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    raise ClientError(said, "UpdateAttendeeCapabilities")
