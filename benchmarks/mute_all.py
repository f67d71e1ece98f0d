"""Muting a full meeting: one call for each attendee, as hand-written code does it, against Gavel."""

import random
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from chime_simulator import ChimeSimulator
from moderation.adapters.cedar import CedarPolicies
from moderation.adapters.chime import ChimeGateway
from moderation.adapters.clients import ONE_ATTEMPT
from moderation.adapters.system import SystemClock
from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel, Ports
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Medium
from moderation.domain.commands import Command, Mute, MuteEverybody, Register

from benchmarks.report import Report, Summary
from local.aws import ENVIRONMENT, REGION
from tests.e2e.simulator import Simulator
from tests.memory.ledger import MemoryLedger
from tests.memory.wakeups import MemoryWakeups

USERS = [f"person-{number:03d}" for number in range(250)]
KINDS = ((Medium.VIDEO,), (Medium.CONTENT,), (Medium.VIDEO, Medium.CONTENT))
RESTRICTED = {user: KINDS[number % len(KINDS)] for number, user in enumerate(USERS[:40])}
BACK_END = Actor(ActorKind.ADMIN, "back-end")
SILENCED = {"SendReceive": "Receive", "Send": "None"}
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
COLUMNS = ("", "capability calls", "throttled besides", "seconds", "ratio of calls", "ratio of time")
LEDGER_SECONDS = 0.02
"""What each read and write of the ledger is made to take: without it our side would look better than it is."""


class SlowLedger(MemoryLedger):
    """A ledger that is asked over a network."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or not callable(found):
            return found

        def slowly(*args: Any, **kwargs: Any) -> Any:
            time.sleep(LEDGER_SECONDS)
            return found(*args, **kwargs)

        return slowly


@dataclass(frozen=True)
class Measured:
    calls: int
    throttled: int
    seconds: float

    def row(self, name: str, against: "Measured") -> list[str]:
        ratios = [against.calls / self.calls, against.seconds / self.seconds]
        counted = [str(self.calls), str(self.throttled), f"{self.seconds:.2f}"]
        return [name, *counted, *(f"{ratio:.0f} : 1" for ratio in ratios)]


SETTING = """\
The meeting has 250 users; 40 of them have restrictions on video or content. The mute-all takes the permission to
send audio from all of them, and nothing else. The simulator has Chime's default quota: 10 capability calls a
second, bursts of 20."""
REMARKS = (
    """\
One by one: a loop over `ListAttendees` with a call for each attendee, repeated with backoff and jitter if Chime
  throttles it. At this quota 250 calls take 23 s at best.""",
    f"""\
Gavel: the production code with a ledger in memory that takes {LEDGER_SECONDS * 1000:.0f} ms for each read and
  write. Its seconds do not include Lambda and API Gateway. Neither side includes the network to Chime.""",
    "After both, all attendees have the same capabilities.",
)


def run() -> Report:
    by_hand, ours = _measured(_one_by_one), _measured(_moderated)
    return Report(
        name="mute_all",
        title="Mute-all of 250 users",
        setting=SETTING,
        columns=COLUMNS,
        rows=[by_hand.row("one by one", by_hand), ours.row("Gavel", by_hand)],
        remarks=REMARKS,
        summaries=[
            Summary(
                "mute-all of 250: calls to Chime",
                str(by_hand.calls),
                str(ours.calls),
                f"{by_hand.calls / ours.calls:.0f} : 1",
            ),
            Summary(
                "mute-all of 250: time",
                f"{by_hand.seconds:.1f} s",
                f"{ours.seconds:.1f} s",
                f"{by_hand.seconds / ours.seconds:.0f} : 1",
            ),
        ],
    )


def _measured(mute: Callable[[Gavel, Any, str], None]) -> Measured:
    with ChimeSimulator() as chime, closing(Simulator(chime.url)) as simulator, closing(_client(chime.url)) as client:
        gavel = Gavel(Ports(SlowLedger(), ChimeGateway(client), CedarPolicies(), SystemClock(), MemoryWakeups()))
        with simulator.without("quota"):
            meeting_id = simulator.create_meeting()
            simulator.join_together(meeting_id, USERS)
            _perform(gavel, meeting_id, Register(roles={}))
            for user, media in RESTRICTED.items():
                _perform(gavel, meeting_id, Mute(media), user)
        had, before = simulator.have(meeting_id), len(simulator.changes(meeting_id))
        started = time.monotonic()
        mute(gavel, client, meeting_id)
        seconds = time.monotonic() - started
        calls = simulator.changes(meeting_id)[before:]
        wanted = {attendee: has | {"audio": SILENCED.get(has["audio"], has["audio"])} for attendee, has in had.items()}
        if simulator.have(meeting_id) != wanted:
            raise RuntimeError(f"`{mute.__name__}` has not muted everybody, or took more than that")
    throttled = sum(call["status"] == 429 for call in calls)
    return Measured(len(calls) - throttled, throttled, seconds)


def _one_by_one(_: Gavel, client: Any, meeting_id: str) -> None:
    """The obvious code: each attendee keeps their capabilities except sending audio."""
    for attendee in _listed(client, meeting_id):
        has = attendee["Capabilities"]
        _patiently(
            client,
            MeetingId=meeting_id,
            AttendeeId=attendee["AttendeeId"],
            Capabilities=has | {"Audio": SILENCED.get(has["Audio"], has["Audio"])},
        )


def _listed(client: Any, meeting_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = client.list_attendees(MeetingId=meeting_id, MaxResults=100, **token)
        found += page["Attendees"]
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


def _patiently(client: Any, **call: Any) -> None:
    """The moderator's own pauses, so that neither side waits more wisely than the other."""
    pause = FIRST_PAUSE
    while True:
        try:
            client.update_attendee_capabilities(**call)
            return
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 429:
                raise
        time.sleep(pause * random.uniform(0.5, 1.5))
        pause = min(pause * 2, LONGEST_PAUSE)


def _moderated(gavel: Gavel, _: Any, meeting_id: str) -> None:
    _perform(gavel, meeting_id, MuteEverybody((Medium.AUDIO,), spared_roles=()))


def _perform(gavel: Gavel, meeting_id: str, command: Command, user: str | None = None) -> None:
    outcome = gavel.perform(Request(meeting_id, BACK_END, command, user_id=user))
    if not isinstance(outcome, Answer) or outcome.status == "pending":
        raise RuntimeError(f"{command}: {outcome}")


def _client(url: str) -> Any:
    """As the deployed functions have it."""
    return boto3.client(
        "chime-sdk-meetings",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        config=ONE_ATTEMPT.merge(Config(proxies={})),
    )
