"""A lesson in which something happens at every door, and what the doors write down of it."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError
from chime_events import handler as chime_events
from event_commands import handler as event_commands
from event_commands.processor import CommandProcessor
from event_publisher import handler as event_publisher
from host_api.app import create_app
from live import broadcast as told_live
from live import websocket
from moderation.adapters.chime import ChimeGateway
from moderation.bootstrap import Gavel
from moderation.domain.capability import EVERYTHING, Capabilities, from_words
from moderation.domain.change import Lease, Status
from moderation.domain.commands import Mute
from moderation.domain.entry import Entry
from moderation.ports import SeatInChime
from reconciler import handler as reconciler

from tests.memory.chime import MemoryChime
from tests.memory.live import House
from tests.memory.moderated_meeting import MEETING, ModeratedMeeting, seat
from tests.unit.event_commands.door import MAX_AGE, PERMISSIVE, SOURCE
from tests.unit.event_commands.door import event as command
from tests.unit.host_api.door import event as request

Json = dict[str, Any]
STAGE = "rehearsal"
DOORS = ("host_api", "event_commands", "chime_events", "reconciler", "event_publisher", "live")
TRACE = "1-5759e988-bd862e3fe1be46a994272793"


class Throttled:
    """Of boto3's client what orders need. Refuses as often as it is told to, then passes on."""

    def __init__(self, chime: MemoryChime) -> None:
        self._chime = chime
        self.throttles = 0

    def update_attendee_capabilities(self, *, MeetingId: str, AttendeeId: str, Capabilities: Json) -> Json:  # noqa: N803
        if self.throttles:
            self.throttles -= 1
            said: Any = {"Error": {"Code": "ThrottledClientException"}, "ResponseMetadata": {"HTTPStatusCode": 429}}
            raise ClientError(said, "UpdateAttendeeCapabilities")
        self._chime.order(MeetingId, AttendeeId, from_words(Capabilities))
        return {"Attendee": {"AttendeeId": AttendeeId, "ExternalUserId": "", "Capabilities": Capabilities}}


class BehindTheGateway:
    """Orders go through the real gateway, all else straight to the memory."""

    def __init__(self, chime: MemoryChime) -> None:
        self.client = Throttled(chime)
        self.order = ChimeGateway(self.client).order
        self.order_except, self.meeting, self.seat, self.roster = (
            chime.order_except,
            chime.meeting,
            chime.seat,
            chime.roster,
        )
        self.remove, self.end = chime.remove, chime.end


class Story:
    def __init__(self) -> None:
        self.scene = ModeratedMeeting()
        self.chime = BehindTheGateway(self.scene.chime)
        self.gavel = Gavel(replace(self.scene.world, chime=self.chime, policies=PERMISSIVE))
        self.lines: dict[str, list[Json]] = {door: [] for door in DOORS}

    def ask(self, method: str, path: str, body: object = None, who: str = "alice") -> Json:
        app = create_app(lambda: self.gavel, lambda: "sub")
        said = request(method, f"/meetings/{MEETING}{path}", body, claims={"sub": who})
        with self._heard("host_api"):
            answer = app(said)
        document: Json = json.loads(str(answer["body"]))
        return document

    def send(self, name: str, event_id: str = "e-1", **fields: Any) -> None:
        inbox = CommandProcessor(self.gavel, self.scene.surroundings.now, MAX_AGE)
        detail = {"command": name, "meetingId": MEETING, **fields}
        said = command(detail, event_id, SOURCE, self.scene.surroundings.now())
        with self._heard("event_commands"), patch.object(event_commands, "inbox", lambda: inbox):
            event_commands.handler({"Records": [{"messageId": "1", "body": json.dumps(said)}]}, None)

    def tell(self, event_type: str, user: str, **more: Any) -> None:
        about = {"meetingId": MEETING, "attendeeId": seat(user), "externalUserId": user, **more}
        body = json.dumps({"id": "e-1", "detail": {"eventType": event_type, **about}})
        with self._heard("chime_events"), patch.object(chime_events, "presence", lambda: self.gavel.presence):
            chime_events.handler({"Records": [{"messageId": "1", "body": body}]}, None)

    def tick(self, seconds: float) -> None:
        self.scene.surroundings.pass_by(seconds)
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
            self._heard("event_publisher"),
            patch.object(event_publisher, "_events", lambda: bus),
            patch.dict("os.environ", {"GAVEL_BUS": "gavel"}),
        ):
            event_publisher.handler({"Records": records}, None)

    def listen(self, user: str) -> None:
        """He opens a page, something happens, and his page shows it."""
        house = House(self.scene)
        ticket = house.ticket(user)["ticket"]
        context = {"connectionId": "c1"}
        with self._heard("live"), patch.object(websocket, "subscriptions", lambda: house.listening):
            for route, more in (
                ("$connect", {"queryStringParameters": {"ticket": ticket}}),
                ("listen", {"body": "{}"}),
            ):
                websocket.handler({"requestContext": {"routeKey": route, **context}, **more}, None)
        self.scene.ask(user, Mute(reason="noise"), user)
        with (
            self._heard("live"),
            patch.object(told_live, "live_publisher", lambda: house.herald),
            patch.object(told_live, "surroundings", lambda: self.scene.surroundings),
            patch.object(told_live, "meeting_deltas", lambda _: [house.news()]),
        ):
            told_live.handler({"Records": []}, None)

    def drift(self, user: str, held: Capabilities) -> None:
        """Somebody changes him in Chime, behind our back."""
        self.scene.chime.write(MEETING, SeatInChime(seat(user), user, held), held)

    def refuse(self, times: int) -> None:
        """Chime takes none of the next orders, for good."""
        self.scene.chime.before = [_refused] * times

    @contextmanager
    def _heard(self, door: str) -> Iterator[None]:
        said = io.StringIO()
        environment = {"GAVEL_STAGE": STAGE, "_X_AMZN_TRACE_ID": f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1"}
        with redirect_stdout(said), patch.dict("os.environ", environment):
            yield
        self.lines[door] += [json.loads(line) for line in said.getvalue().splitlines()]

    def _reconcile(self, event: Json) -> None:
        with (
            self._heard("reconciler"),
            patch.object(reconciler, "gavel", lambda: self.gavel),
            patch.object(reconciler, "surroundings", lambda: self.scene.surroundings),
        ):
            reconciler.handler(event, None)


@cache
def told() -> dict[str, list[Json]]:
    """Everything that can happen: each metric there is has a reason to be written."""
    story = Story()
    for happening in (_decisions, _news, _drift, _pursued, _given_up, _unknown_end, _listened, _poisoned):
        happening(story)
    story.publish(story.scene.entries())
    story.publish(story.scene.entries()[:1], taken=False)
    return story.lines


def _decisions(story: Story) -> None:
    story.chime.client.throttles = 2
    story.ask("POST", f"/attendees/{seat('bob')}/mute", {"reason": "noise"})
    story.ask("POST", f"/attendees/{seat('bob')}/mute", {"reason": "noise"}, who="carol")
    story.ask("POST", f"/attendees/{seat('bob')}/unmute?dryRun=true", {})
    story.ask("POST", "/mute-all", {})
    story.ask("POST", "/unmute-all", {})
    story.ask("POST", f"/attendees/{seat('bob')}/mute", {"media": ["smell"]})
    story.ask("GET", "/history")
    story.send("unmute", attendeeId=seat("bob"))
    story.send("unmute", attendeeId=seat("bob"))
    story.send("mute", "e-2", externalUserId="nobody")
    story.send("mute-all", "e-3", meetingId=seat("nobody"))


def _news(story: Story) -> None:
    story.tell("chime:AttendeeJoined", "carol")


def _drift(story: Story) -> None:
    story.ask("POST", f"/attendees/{seat('bob')}/mute", {})
    story.tick(120)
    story.drift("bob", EVERYTHING)
    story.tell("chime:AttendeeCapabilitiesUpdated", "bob")
    story.tell("chime:AttendeeCapabilitiesUpdated", "bob", success=0)


def _pursued(story: Story) -> None:
    """A narrowing that Chime refuses."""
    story.refuse(100)
    change = story.ask("POST", f"/attendees/{seat('carol')}/mute", {})
    assert change["status"] == "pending"
    story.tick(60)
    story.scene.surroundings.pass_by(60)
    story.remind(change["changeId"])
    story.refuse(0)
    story.tick(120)


def _given_up(story: Story) -> None:
    story.refuse(1)
    story.ask("POST", f"/attendees/{seat('carol')}/unmute", {})


def _listened(story: Story) -> None:
    story.listen("bob")


def _poisoned(story: Story) -> None:
    """A change that nobody can make sense of is due."""
    ledger, now = story.scene.ledger, story.scene.surroundings.now()
    some = next(change for change in ledger.changes.values() if change.command == "mute")
    nobody: Any = "nobody"
    lease = Lease("token", now)
    poison = replace(some, id="poison", actor=nobody, committed_at=now, status=Status.PENDING, lease=lease, due_at=now)
    ledger.changes[MEETING, poison.id] = poison
    story.remind(poison.id)


def _unknown_end(story: Story) -> None:
    from botocore.exceptions import ReadTimeoutError

    def dropped() -> None:
        raise ReadTimeoutError(endpoint_url="")

    story.scene.chime.after = [dropped]
    story.ask("POST", f"/attendees/{seat('cora')}/mute", {})


def _refused() -> None:
    said: Any = {"Error": {"Code": "BadRequestException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    raise ClientError(said, "UpdateAttendeeCapabilities")
