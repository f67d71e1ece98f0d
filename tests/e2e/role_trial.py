"""Runs a function's code in this process with its deployed role, or with one grant less.

The trial's role has the deployed role's policy, read from IAM, with a table and a queue of its own, so that no other
function interferes. Emulator and Chime simulator check it as they check the function's role. Sleeping turns the clock,
so retries give up at once.
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
from moderation.adapters.cedar.validation import layered
from moderation.adapters.chime import ChimeGateway
from moderation.adapters.dynamodb.connections import DynamoConnections
from moderation.adapters.dynamodb.ledger import DynamoLedger
from moderation.adapters.sqs import SqsWakeupScheduler
from moderation.adapters.websocket import ApiGatewayConnections
from moderation.application.live.publisher import LivePublisher
from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel, Ports, meeting_queries
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Command, Register
from moderation.domain.meeting import Meeting
from websockets.sync.client import ClientConnection

from local.aws import ACCOUNT, REGION
from local.stack import LocalStack
from tests.e2e.caller import done
from tests.e2e.meeting import ObservedStack
from tests.e2e.page import connection
from tests.grants import BUS, CLOSES, LEDGER, MEETINGS, POSTS, WAKEUPS, Grant, function_of
from tests.infra.resources import as_list
from tests.integration.ledger.table import table_definition
from tests.memory.clock import Clock

ROLES = {"alice": "host", "bob": "participant", "carol": "participant", "dora": "participant"}
ADMIN = Actor(ActorKind.ADMIN, "back-end")
ALICE = Actor(ActorKind.USER, "alice")
NAME = "meeting"
CONNECTION = "CONNECTION#"
NUMBERS = count(1)
ONE_ATTEMPT = Config(proxies={}, retries={"total_max_attempts": 1})
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": ROOT, "Action": "sts:AssumeRole"}]}


class RealDay(Clock):
    """Starts at the present time, because stored records have to outlive the test."""

    def __init__(self) -> None:
        super().__init__()
        self.time = datetime.now(UTC).replace(microsecond=0)


class Clients:
    """boto3 clients of the emulator and of the simulator. The service descriptions are read once."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._session = boto3.Session(region_name=REGION)

    def of(
        self, service: Any, key: str = "local", secret: str = "local", token: str | None = None, url: str | None = None
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


class DeployedFunctions:
    """The deployed functions with their roles, shared by all role trials."""

    def __init__(self, local_stack: ObservedStack, policies: Path) -> None:
        stack, self.simulator = local_stack.stack, local_stack.simulator
        self._local_stack, self._stage = local_stack, local_stack.meeting()
        self.clients = Clients(stack)
        self.policies = CedarPolicies(layered(policies))
        self.iam, self.sts = self.clients.of("iam"), self.clients.of("sts")
        self.dynamodb, self.sqs = self.clients.of("dynamodb"), self.clients.of("sqs")
        functions = self.clients.of("lambda").list_functions()["Functions"]
        self.functions = {function_of(function["Handler"]): function for function in functions}
        connections = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self._live_api()}/live/%s/@connections/*"
        self.arns = {
            LEDGER: f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{stack.table}",
            WAKEUPS: _arn_of_queue(self.sqs, "GavelWakeupsQueue"),
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
        """An open connection to the stack's live API, and its id, which the client never learns."""
        with connection(done(self._stage.alice.post("/live"))["url"]) as opened:
            yield self._newest_connection(), opened

    def _newest_connection(self) -> str:
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self._local_stack.stack.table, ConsistentRead=True
        )
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
class RoleTrial:
    """A registered meeting outside of the stack: host alice, participants bob, carol and dora.

    `gavel` has the function's role; `master` may do everything.
    """

    deployed: DeployedFunctions
    meeting_id: str
    attendees: dict[str, str]
    clock: Clock
    queue_url: str
    master: Gavel
    gavel: Gavel
    table: str
    role: dict[str, str]
    _ports: tuple[Ports, Ports]

    def ask(self, gavel: Gavel, command: Command, user: str | None = None, **how: Any) -> str:
        """Sends a command as alice. Returns the answer's status, or the refusal's code."""
        attendee_id = self.attendees[user] if user else None
        outcome = gavel.perform(Request(self.meeting_id, ALICE, command, attendee_id=attendee_id, **how))
        return outcome.status if isinstance(outcome, Answer) else outcome.code

    def joins(self, user: str) -> str:
        """A further attendee in Chime with every capability, without an event."""
        return self.deployed.simulator.join(self.meeting_id, user)

    def has(self, attendee_id: str) -> str:
        """The attendee's audio capabilities in Chime."""
        return self.deployed.simulator.has(self.meeting_id, attendee_id)["audio"]

    def attendees_in_chime(self) -> set[str]:
        """Empty if Chime does not have the meeting any more."""
        try:
            return set(self.deployed.simulator.have(self.meeting_id))
        except AssertionError:
            return set()

    def wakeups(self) -> int:
        names = [f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")]
        found = self.deployed.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def meeting(self) -> Meeting:
        found = self._ports[0].ledger.load(self.meeting_id).meeting
        assert found is not None
        return found

    def connections(self, *, by_master: bool = False) -> DynamoConnections:
        client = self.deployed.dynamodb if by_master else self.deployed.clients.of("dynamodb", **self.role)
        return DynamoConnections(client, self.table, self.clock.now)

    def publisher(self) -> LivePublisher:
        """A publisher with the function's role, on the connections of the stack's own API."""
        endpoint = self.deployed.functions["live.broadcast"]["Environment"]["Variables"]["GAVEL_LIVE_ENDPOINT"]
        lines = ApiGatewayConnections(self.deployed.clients.of("apigatewaymanagementapi", **self.role, url=endpoint))
        ports = self._ports[1]
        queries = meeting_queries(ports)
        return LivePublisher(ports.ledger, ports.policies, ports.clock, queries, self.connections(), lines)


def role_trial(deployed: DeployedFunctions, function: str, without: Grant | None = None) -> RoleTrial:
    name = f"role_trial-{next(NUMBERS)}"
    deployed.dynamodb.create_table(**table_definition(name))
    queue_url = deployed.sqs.create_queue(QueueName=name)["QueueUrl"]
    role = _role(deployed, name, deployed.policy(function, without))
    clock = RealDay()
    everything, granted = (_ports_of(deployed, clock, name, queue_url, credentials) for credentials in ({}, role))
    with deployed.simulator.without("events", "quota"):
        meeting_id = deployed.simulator.create_meeting(NAME)
        attendees = {user: deployed.simulator.join(meeting_id, user) for user in ROLES}
    master = Gavel(everything)
    registered = master.perform(Request(meeting_id, ADMIN, Register(roles=ROLES)))
    assert isinstance(registered, Answer), registered
    ports = (everything, granted)
    return RoleTrial(deployed, meeting_id, attendees, clock, queue_url, master, Gavel(granted), name, role, ports)


def _role(deployed: DeployedFunctions, name: str, policy: dict[str, Any]) -> dict[str, str]:
    """The credentials of a new role with this policy."""
    text = json.dumps(policy)
    text = text.replace(deployed.arns[LEDGER], f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
    text = text.replace(deployed.arns[WAKEUPS], f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
    arn = deployed.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    deployed.iam.put_role_policy(RoleName=name, PolicyName="Grants", PolicyDocument=text)
    given = deployed.sts.assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
    deployed.simulator.control("PUT", "principals", {given["AccessKeyId"]: arn})
    return {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}


def _ports_of(
    deployed: DeployedFunctions, clock: Clock, table: str, queue_url: str, credentials: dict[str, str]
) -> Ports:
    dynamodb, sqs = deployed.clients.of("dynamodb", **credentials), deployed.clients.of("sqs", **credentials)
    return Ports(
        ledger=DynamoLedger(dynamodb, table, timedelta(days=1), clock.now),
        chime=ChimeGateway(deployed.clients.of("chime-sdk-meetings", **credentials)),
        policies=deployed.policies,
        clock=clock,
        wakeups=SqsWakeupScheduler(sqs, queue_url),
    )
