"""A function's code in this process with its role as it is deployed, or with one grant less.

The role that plays the part has the deployed role's policy, read from IAM, with the names of a table and a queue of its
own in place of the stack's; so no other function comes in between. Emulator and Chime simulator ask it as they ask the
function's. Time is a clock that sleeping turns, so that whoever tries again gives up at once.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moderation.adapters.cedar import CedarPolicies
from moderation.adapters.chime import ChimeGateway
from moderation.adapters.dynamodb.connections import DynamoConnections
from moderation.adapters.dynamodb.ledger import DynamoLedger
from moderation.adapters.sqs import SqsWakeupScheduler
from moderation.adapters.websocket import ApiGatewayConnections
from moderation.application.live.publisher import LivePublisher
from moderation.application.queries.meetings import MeetingQueries
from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Command, Register
from moderation.domain.meeting import Meeting
from moderation.ports import World
from websockets.sync.client import ClientConnection

from local.aws import ACCOUNT, REGION
from local.stack import LocalStack
from tests.e2e.caller import done
from tests.e2e.page import connection
from tests.e2e.scene import Theatre
from tests.grants import BUS, CLOSES, LEDGER, MEETINGS, POSTS, WAKEUPS, Grant, function_of
from tests.infra.resources import as_list
from tests.integration.ledger.table import table_definition
from tests.memory.clock import Surroundings

ROLES = {"alice": "host", "bob": "participant", "carol": "participant", "dora": "participant"}
ADMIN = Actor(ActorKind.ADMIN, "back-end")
ALICE = Actor(ActorKind.USER, "alice")
NAME = "meeting"
CONNECTION = "CONNECTION#"
NUMBERS = count(1)
ONE_ATTEMPT = Config(proxies={}, retries={"total_max_attempts": 1})
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": ROOT, "Action": "sts:AssumeRole"}]}


class RealDay(Surroundings):
    """Begins now: what is made has to outlive the day of the test."""

    def __init__(self) -> None:
        super().__init__()
        self.time = datetime.now(UTC).replace(microsecond=0)


class Clients:
    """boto3 clients of the emulator and of the simulator; the descriptions of the services are read once."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._session = boto3.Session(region_name=REGION)

    def of(
        self, service: str, key: str = "local", secret: str = "local", token: str | None = None, url: str | None = None
    ) -> Any:
        if url is None:
            url = self._stack.chime_url if service == "chime-sdk-meetings" else self._stack.aws_endpoint_url
        return self._session.client(
            service,
            endpoint_url=url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=ONE_ATTEMPT,
        )


class Troupe:
    """What all rehearsals share."""

    def __init__(self, theatre: Theatre, policies: Path) -> None:
        stack, self.simulator = theatre.stack, theatre.simulator
        self._theatre, self._stage = theatre, theatre.scene()
        self.clients = Clients(stack)
        self.policies = CedarPolicies(policies)
        self.iam, self.sts = self.clients.of("iam"), self.clients.of("sts")
        self.dynamodb, self.sqs = self.clients.of("dynamodb"), self.clients.of("sqs")
        functions = self.clients.of("lambda").list_functions()["Functions"]
        self.functions = {function_of(function["Handler"]): function for function in functions}
        connections = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self._live_api()}/live/%s/@connections/*"
        self.arns = {
            LEDGER: f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{stack.table}",
            WAKEUPS: _arn_of_queue(self.sqs, "WakeupsQueue"),
            BUS: f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{stack.bus}",
            MEETINGS: f"arn:aws:chime:*:{ACCOUNT}:meeting/*",
            POSTS: connections % "POST",
            CLOSES: connections % "DELETE",
        }

    def _live_api(self) -> str:
        apis = self.clients.of("apigatewayv2").get_apis()["Items"]
        (found,) = [api["ApiId"] for api in apis if api["ProtocolType"] == "WEBSOCKET"]
        return str(found)

    @contextmanager
    def line(self) -> Iterator[tuple[str, ClientConnection]]:
        """An open connection to the stack's live API, and its id, which its end never learns."""
        with connection(done(self._stage.alice.post("/live"))["url"]) as opened:
            yield self._newest_connection(), opened

    def _newest_connection(self) -> str:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self._theatre.stack.table, ConsistentRead=True)
        items = [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith(CONNECTION)]
        newest = max(items, key=lambda item: str(item["since"]["S"]))
        return str(newest["pk"]["S"]).removeprefix(CONNECTION)

    def role_name(self, function: str) -> str:
        return str(self.functions[function]["Role"]).rpartition("/")[2]

    def policy(self, function: str, without: Grant | None = None) -> dict[str, Any]:
        """The deployed role's policy, with one grant less."""
        role = self.role_name(function)
        (name,) = self.iam.list_role_policies(RoleName=role)["PolicyNames"]
        document: dict[str, Any] = self.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        return self._less(document, without) if without else document

    def _less(self, document: dict[str, Any], grant: Grant) -> dict[str, Any]:
        resource = grant.resource.replace(LEDGER, self.arns[LEDGER])
        resource = self.arns.get(resource, resource)
        one_by_one = [
            {**statement, "Action": action, "Resource": each}
            for statement in document["Statement"]
            for action in as_list(statement["Action"])
            for each in as_list(statement["Resource"])
        ]
        kept = [each for each in one_by_one if (each["Action"], each["Resource"]) != (grant.action, resource)]
        taken = len(one_by_one) - len(kept)
        assert taken == 1, f"the policy has {grant} {taken} times"
        return {**document, "Statement": kept}


def _arn_of_queue(sqs: Any, name: str) -> str:
    """CloudFormation adds a hash to the construct's name."""
    (url,) = [url for url in sqs.list_queues()["QueueUrls"] if f"-{name}" in url]
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


@dataclass
class Rehearsal:
    """A registered meeting that the stack doesn't know: alice hosts, bob, carol and dora take part.

    `gavel` has the function's role; `master` may do everything.
    """

    troupe: Troupe
    meeting_id: str
    seats: dict[str, str]
    clock: Surroundings
    queue_url: str
    master: Gavel
    gavel: Gavel
    table: str
    role: dict[str, str]
    _worlds: tuple[World, World]

    def ask(self, gavel: Gavel, command: Command, user: str | None = None, **how: Any) -> str:
        """alice asks; the answer's status, or the refusal's code."""
        attendee_id = self.seats[user] if user else None
        outcome = gavel.perform(Request(self.meeting_id, ALICE, command, attendee_id=attendee_id, **how))
        return outcome.status if isinstance(outcome, Answer) else outcome.code

    def joins(self, user: str) -> str:
        """A seat more in Chime, with everything allowed, of which nobody has told Gavel."""
        return self.troupe.simulator.join(self.meeting_id, user)

    def has(self, attendee_id: str) -> str:
        """What Chime lets a seat do with audio."""
        return self.troupe.simulator.have(self.meeting_id)[attendee_id]["audio"]

    def seats_in_chime(self) -> set[str]:
        """None where Chime has no such meeting any more."""
        try:
            return set(self.troupe.simulator.have(self.meeting_id))
        except AssertionError:
            return set()

    def wakeups(self) -> int:
        names = [f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")]
        found = self.troupe.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def meeting(self) -> Meeting:
        found = self._worlds[0].ledger.load(self.meeting_id).meeting
        assert found is not None
        return found

    def listeners(self, *, by_master: bool = False) -> DynamoConnections:
        client = self.troupe.dynamodb if by_master else self.troupe.clients.of("dynamodb", **self.role)
        return DynamoConnections(client, self.table, self.clock.now)

    def herald(self) -> LivePublisher:
        """With the function's role, on the lines of the stack's own API."""
        endpoint = self.troupe.functions["live.broadcast"]["Environment"]["Variables"]["GAVEL_LIVE_ENDPOINT"]
        lines = ApiGatewayConnections(self.troupe.clients.of("apigatewaymanagementapi", **self.role, url=endpoint))
        world = self._worlds[1]
        return LivePublisher(world, MeetingQueries(world), self.listeners(), lines)


def rehearsal(troupe: Troupe, function: str, without: Grant | None = None) -> Rehearsal:
    name = f"rehearsal-{next(NUMBERS)}"
    troupe.dynamodb.create_table(**table_definition(name))
    queue_url = troupe.sqs.create_queue(QueueName=name)["QueueUrl"]
    role = _role(troupe, name, troupe.policy(function, without))
    clock = RealDay()
    everything, granted = (_world(troupe, clock, name, queue_url, credentials) for credentials in ({}, role))
    with troupe.simulator.without("events", "quota"):
        meeting_id = troupe.simulator.create_meeting(NAME)
        seats = {user: troupe.simulator.join(meeting_id, user) for user in ROLES}
    master = Gavel(everything)
    registered = master.perform(Request(meeting_id, ADMIN, Register(roles=ROLES)))
    assert isinstance(registered, Answer), registered
    worlds = (everything, granted)
    return Rehearsal(troupe, meeting_id, seats, clock, queue_url, master, Gavel(granted), name, role, worlds)


def _role(troupe: Troupe, name: str, policy: dict[str, Any]) -> dict[str, str]:
    """Its credentials."""
    text = json.dumps(policy)
    text = text.replace(troupe.arns[LEDGER], f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
    text = text.replace(troupe.arns[WAKEUPS], f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
    arn = troupe.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    troupe.iam.put_role_policy(RoleName=name, PolicyName="Grants", PolicyDocument=text)
    given = troupe.sts.assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
    troupe.simulator.control("PUT", "principals", {given["AccessKeyId"]: arn})
    return {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}


def _world(troupe: Troupe, clock: Surroundings, table: str, queue_url: str, credentials: dict[str, str]) -> World:
    dynamodb, sqs = troupe.clients.of("dynamodb", **credentials), troupe.clients.of("sqs", **credentials)
    return World(
        ledger=DynamoLedger(dynamodb, table, timedelta(days=1), clock.now),
        chime=ChimeGateway(troupe.clients.of("chime-sdk-meetings", **credentials)),
        policies=troupe.policies,
        surroundings=clock,
        wakeups=SqsWakeupScheduler(lambda: sqs, queue_url),
    )
