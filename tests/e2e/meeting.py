"""A registered meeting with attendees, a new one for each test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from local.aws import client
from local.stack import LocalStack
from tests.e2e.bus_events import BusEvents
from tests.e2e.caller import Caller, Json, Web, done
from tests.e2e.deadline import until
from tests.e2e.simulator import Simulator

ROLES = {"alice": "host", "bob": "participant", "carol": "participant", "victor": "viewer"}
EVERYTHING = {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
MUTED = EVERYTHING | {"audio": "Receive"}
RECEIVING = {"audio": "Receive", "video": "Receive", "content": "Receive"}
BACK_END = "back-end"


@dataclass(frozen=True)
class ObservedStack:
    """The running local stack with an HTTP client, the simulator's controls, and the events of its bus."""

    stack: LocalStack
    web: Web
    simulator: Simulator
    bus_events: BusEvents

    def close_connection(self, meeting_id: str, user: str) -> None:
        """Closes a connection, as API Gateway does after ten minutes of silence and after two hours."""
        with self.connection(meeting_id, user) as (gateway, connection_id):
            gateway.delete_connection(ConnectionId=connection_id)

    @contextmanager
    def connection(self, meeting_id: str, user: str) -> Iterator[tuple[Any, str]]:
        """A client of API Gateway's connection management, and the id of the user's connection."""
        url = self.stack.aws_endpoint_url
        dynamodb, apis = client("dynamodb", url), client("apigatewayv2", url)
        found = dynamodb.query(
            TableName=self.stack.table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :live)",
            ExpressionAttributeValues={":pk": {"S": f"MEETING#{meeting_id}"}, ":live": {"S": "LIVE#"}},
        )["Items"]
        [connection_id] = [i["sk"]["S"].removeprefix("LIVE#") for i in found if i["actor"]["M"]["id"] == {"S": user}]
        [api_id] = [api["ApiId"] for api in apis.get_apis()["Items"] if api["ProtocolType"] == "WEBSOCKET"]
        gateway = client("apigatewaymanagementapi", f"{url}/_aws/execute-api/{api_id}/live")
        try:
            yield gateway, connection_id
        finally:
            for each in (dynamodb, apis, gateway):
                each.close()

    def meeting(
        self, roles: Mapping[str, str] = ROLES, registration: Json | None = None, **features: Any
    ) -> "ModeratedMeeting":
        """A new registered meeting. Each user with a role has an attendee."""
        meeting_id = self.simulator.create_meeting(**features)
        return self.registered(meeting_id, roles, registration)

    def registered(
        self, meeting_id: str, roles: Mapping[str, str], registration: Json | None = None
    ) -> "ModeratedMeeting":
        """Chime does not report the attendees: calls for such events could come after the registration's answer."""
        with self.simulator.without("events"):
            attendees = self.simulator.join_together(meeting_id, list(roles))
        meeting = ModeratedMeeting(self, meeting_id, attendees)
        meeting.register({"roles": dict(roles), **(registration or {})})
        return meeting


@dataclass(frozen=True)
class ModeratedMeeting:
    """One meeting. `attendees`: ExternalUserId → AttendeeId."""

    local_stack: ObservedStack
    meeting_id: str
    attendees: dict[str, str]

    @property
    def admin(self) -> Caller:
        return Caller(
            self.local_stack.web, self.meeting_id, self.local_stack.stack.token(BACK_END, scope="gavel/admin")
        )

    def of_all_meetings(self, user: str) -> Caller:
        """A user, or the back end, on the routes of all meetings."""
        stack = self.local_stack.stack
        token = stack.token(BACK_END, scope="gavel/admin") if user == "admin" else stack.token(user)
        return Caller(self.local_stack.web, None, token)

    def register(self, body: Json) -> None:
        """Returns when Chime has what the meeting's rules say, even if that takes longer than an answer may."""
        answer = self.admin.put(body=body)
        assert answer.status_code in (httpx.codes.OK, httpx.codes.ACCEPTED), answer.text
        if answer.status_code == httpx.codes.ACCEPTED:
            change_id = answer.headers["Location"].rpartition("/")[2]
            stored = f"/changes/{change_id}"
            until(lambda: done(self.admin.get(stored))["status"] == "applied", 60, "the meeting is registered")

    def on_behalf_of(self, user: str) -> Caller:
        token = self.local_stack.stack.token(BACK_END, scope="gavel/admin")
        return Caller(self.local_stack.web, self.meeting_id, token, {"Gavel-On-Behalf-Of": quote(user, safe="")})

    def caller(self, user: str) -> Caller:
        return Caller(self.local_stack.web, self.meeting_id, self.local_stack.stack.token(user))

    def with_token(self, token: str | None) -> Caller:
        return Caller(self.local_stack.web, self.meeting_id, token)

    @property
    def alice(self) -> Caller:
        """The host."""
        return self.caller("alice")

    @property
    def bob(self) -> Caller:
        """A participant."""
        return self.caller("bob")

    def at(self, user: str, path: str = "") -> str:
        """The path of the user's first attendee."""
        return f"/attendees/{self.attendees[user]}{path}"

    def join(self, user: str) -> str:
        """A further attendee, or the first of a user who joins later."""
        return self.local_stack.simulator.join(self.meeting_id, user)

    def has(self, user: str) -> dict[str, str]:
        """The capabilities of the user's first attendee in Chime."""
        return self.local_stack.simulator.has(self.meeting_id, self.attendees[user])

    def changes(self) -> list[Json]:
        """Chime's calls that have changed capabilities. Those of the registration may come after its answer."""
        return self.local_stack.simulator.changes(self.meeting_id)

    def changes_of(self, user: str) -> list[Json]:
        return [change for change in self.changes() if change.get("attendeeId") == self.attendees[user]]

    def fault(self, **trouble: Any) -> None:
        self.local_stack.simulator.fault(self.meeting_id, **trouble)

    def ledger_fault(self, operation: str, *, count: int = 1, **trouble: Any) -> None:
        """A fault of the next calls to DynamoDB or SQS, of any meeting."""
        order = {"operation": operation, "count": count, **trouble}
        url = f"{self.local_stack.stack.faults_url}/_simulator/faults"
        httpx.post(url, json=order, timeout=10, trust_env=False).raise_for_status()

    def shown(self, user: str) -> Json:
        """The attendee as the host sees them."""
        return done(self.alice.get(self.at(user)))

    def change(self, change_id: str) -> Json:
        return done(self.alice.get(f"/changes/{change_id}"))

    def settled(self, answer: httpx.Response) -> Json:
        """The answer to a command that is applied by now. A slow machine needs longer than Gavel lets a caller wait,
        and outcomes are `pending` then.
        """
        if answer.status_code == httpx.codes.ACCEPTED:
            pending = done(answer, httpx.codes.ACCEPTED)
            change_id = pending["changeId"]
            until(lambda: self.change(change_id)["status"] == "applied", 60, f"change {change_id} is applied")
            return pending
        document = done(answer)
        assert document["status"] == "applied"
        return document

    def story(self, change_id: str) -> list[str]:
        """The types of the history's entries about one change, in their order."""
        return [entry["type"] for entry in self.alice.history() if entry["changeId"] == change_id]
