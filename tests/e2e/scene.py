"""A registered meeting with people in it, made anew for each test so that none depends on another."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from local.aws import client
from local.stack import LocalStack
from tests.e2e.caller import Caller, Json, Web, done
from tests.e2e.deadline import until
from tests.e2e.simulator import Simulator
from tests.e2e.tap import Tap

ROLES = {"alice": "host", "bob": "participant", "carol": "participant", "victor": "viewer"}
EVERYTHING = {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
MUTED = EVERYTHING | {"audio": "Receive"}
RECEIVING = {"audio": "Receive", "video": "Receive", "content": "Receive"}
BACK_END = "back-end"


@dataclass(frozen=True)
class Theatre:
    """Where scenes are set: the stack and those who watch it."""

    stack: LocalStack
    web: Web
    simulator: Simulator
    tap: Tap

    def close_connection(self, meeting_id: str, user: str) -> None:
        """What API Gateway does by itself after ten minutes of silence, and after two hours."""
        with self.connection(meeting_id, user) as (gateway, connection_id):
            gateway.delete_connection(ConnectionId=connection_id)

    @contextmanager
    def connection(self, meeting_id: str, user: str) -> Iterator[tuple[Any, str]]:
        """A client of API Gateway's management of connections, and the one on which the user listens."""
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

    def scene(
        self, roles: Mapping[str, str] = ROLES, registration: Json | None = None, **features: Any
    ) -> "ModeratedMeeting":
        """Everybody who has a role has a seat as well."""
        meeting_id = self.simulator.create_meeting(**features)
        seats = {user: self.simulator.join(meeting_id, user) for user in roles}
        scene = ModeratedMeeting(self, meeting_id, seats)
        scene.register({"roles": dict(roles), **(registration or {})})
        return scene


@dataclass(frozen=True)
class ModeratedMeeting:
    """One meeting. `seats`: ExternalUserId → AttendeeId."""

    theatre: Theatre
    meeting_id: str
    seats: dict[str, str]

    @property
    def admin(self) -> Caller:
        return Caller(self.theatre.web, self.meeting_id, self.theatre.stack.token(BACK_END, scope="gavel/admin"))

    def register(self, body: Json) -> None:
        """Returns when Chime has what the meeting's rules say, also if that takes longer than an answer may."""
        answer = self.admin.put(body=body)
        assert answer.status_code in (httpx.codes.OK, httpx.codes.ACCEPTED), answer.text
        if answer.status_code == httpx.codes.ACCEPTED:
            change_id = answer.headers["Location"].rpartition("/")[2]
            stored = f"/changes/{change_id}"
            until(lambda: done(self.admin.get(stored))["status"] == "applied", 60, "the meeting is registered")

    def on_behalf_of(self, user: str) -> Caller:
        token = self.theatre.stack.token(BACK_END, scope="gavel/admin")
        return Caller(self.theatre.web, self.meeting_id, token, {"Gavel-On-Behalf-Of": quote(user, safe="")})

    def person(self, user: str) -> Caller:
        return Caller(self.theatre.web, self.meeting_id, self.theatre.stack.token(user))

    def with_token(self, token: str | None) -> Caller:
        return Caller(self.theatre.web, self.meeting_id, token)

    @property
    def alice(self) -> Caller:
        """The host."""
        return self.person("alice")

    @property
    def bob(self) -> Caller:
        """A participant."""
        return self.person("bob")

    def at(self, user: str, deed: str = "") -> str:
        """The path of somebody's first seat."""
        return f"/attendees/{self.seats[user]}{deed}"

    def join(self, user: str) -> str:
        """A further seat, or the first of somebody who comes later."""
        return self.theatre.simulator.join(self.meeting_id, user)

    def has(self, user: str) -> dict[str, str]:
        """What Chime lets him do at his first seat."""
        return self.theatre.simulator.has(self.meeting_id, self.seats[user])

    def changes(self) -> list[Json]:
        return self.theatre.simulator.changes(self.meeting_id)

    def fault(self, **trouble: Any) -> None:
        self.theatre.simulator.fault(self.meeting_id, **trouble)

    def ledger_fault(self, operation: str, *, count: int = 1, **trouble: Any) -> None:
        """Trouble for the next calls of DynamoDB or SQS, of whichever meeting they are."""
        order = {"operation": operation, "count": count, **trouble}
        url = f"{self.theatre.stack.faults_url}/_simulator/faults"
        httpx.post(url, json=order, timeout=10, trust_env=False).raise_for_status()

    def shown(self, user: str) -> Json:
        """The attendee as the host sees him."""
        return done(self.alice.get(self.at(user)))

    def change(self, change_id: str) -> Json:
        return done(self.alice.get(f"/changes/{change_id}"))

    def story(self, change_id: str) -> list[str]:
        """What the history tells of one change: the types of its entries, in their order."""
        return [entry["type"] for entry in self.alice.history() if entry["changeId"] == change_id]
