"""What commands cost in DynamoDB: the request units of Gavel's own reads and transactions, item by item."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from unittest import mock

from moderation.adapters.cedar import CedarPolicies
from moderation.application.requests import Refused, Request
from moderation.bootstrap import Gavel, Ports
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Command, Mute, MuteEverybody, Register, Unmute
from moderation.domain.schedule import CHECKED_EVERY
from moto import mock_aws

from benchmarks.report import Report
from local.aws import ENVIRONMENT
from tests.integration.ledger.backends import dynamodb
from tests.integration.ledger.table import Table, fresh_table
from tests.memory.chime import MemoryChime
from tests.memory.clock import Clock
from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.memory.wakeups import MemoryWakeups

Image = dict[str, dict[str, Any]]
WRITE_BYTES, READ_BYTES = 1024, 4096
USERS = {"alice": "host", "bob": "participant", "carol": "participant"}
CROWD = 50
MANY = {"alice": "host", "bob": "participant"} | {f"{n:04d}-person": "participant" for n in range(CROWD - 2)}
RUN = timedelta(seconds=50)
WRITE_DOLLARS, READ_DOLLARS = 0.625, 0.125
"""For a million units on demand in us-east-1, November 2026: https://aws.amazon.com/dynamodb/pricing/on-demand/"""
COLUMNS = ("", "transactions", "write units", "read units", "largest item, bytes", "entries, bytes", "$ a million")
SETTING = """\
The production code runs on a table of moto. The benchmark calculates each item's size as DynamoDB does: names and
values in UTF-8. A write unit is 1 KB. A transaction costs two units for each KB. An index entry that moves is a
write, too. A read unit is 4 KB, strongly consistent. The dollars are for these units only, on demand in us-east-1."""
REMARKS = (
    "Warm: the function has meeting and users in its cache, and reads the meeting once. Cold: it has just started.",
    "A change of the whole meeting writes a note on each attendee: three to four units each.",
)


@dataclass
class Meter:
    """A client of DynamoDB that reckons what is charged."""

    client: Any
    table: str
    transactions: int = 0
    writes: int = 0
    reads: float = 0
    largest: int = 0
    entries: int = 0
    exceptions: Any = field(init=False)

    def __post_init__(self) -> None:
        self.exceptions = self.client.exceptions

    def start_anew(self) -> None:
        self.transactions = self.writes = self.largest = self.entries = 0
        self.reads = 0

    def transact_write_items(self, **call: Any) -> Any:
        keys = [_key(action) for action in call["TransactItems"]]
        before = [self._image(key) for key in keys]
        answer = self.client.transact_write_items(**call)
        self.transactions += 1
        for was, key in zip(before, keys, strict=True):
            became = self._image(key)
            size = max(_size(was), _size(became), 1)
            self.writes += 2 * ceil(size / WRITE_BYTES) + _of_the_index(was, became)
            self.largest = max(self.largest, size)
            self.entries += size if key["sk"]["S"].startswith("ENTRY#") else 0
        return answer

    def batch_get_item(self, **call: Any) -> Any:
        answer = self.client.batch_get_item(**call)
        asked = len(call["RequestItems"][self.table]["Keys"])
        found = [ceil(_size(image) / READ_BYTES) for image in answer["Responses"][self.table]]
        self.reads += sum(found) + asked - len(found)
        return answer

    def get_item(self, **call: Any) -> Any:
        answer = self.client.get_item(**call)
        self.reads += max(1, ceil(_size(answer.get("Item")) / READ_BYTES))
        return answer

    def query(self, **call: Any) -> Any:
        answer = self.client.query(**call)
        units = max(1, ceil(sum(_size(image) for image in answer["Items"]) / READ_BYTES))
        self.reads += units if call.get("ConsistentRead") else units / 2
        return answer

    def put_item(self, **call: Any) -> Any:
        self.writes += ceil(_size(call["Item"]) / WRITE_BYTES)
        return self.client.put_item(**call)

    def _image(self, key: Image) -> Image | None:
        found: Image | None = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return found

    def row(self, name: str) -> list[str]:
        dollars = self.writes * WRITE_DOLLARS + self.reads * READ_DOLLARS
        counted = [self.transactions, self.writes, f"{self.reads:g}", self.largest, self.entries, f"{dollars:,.2f}"]
        return [name, *map(str, counted)]


def _key(action: Mapping[str, Any]) -> Image:
    [body] = action.values()
    found = body.get("Key") or {name: body["Item"][name] for name in ("pk", "sk")}
    return dict(found)


def _of_the_index(was: Image | None, became: Image | None) -> int:
    """`due` holds an item for as long as it has `dueAt`; to move it there is to delete it and to put it anew."""
    old, new = [((image or {}).get("dueAt", {}).get("S"), image) for image in (was, became)]
    if old[0] and new[0] and old[0] == new[0]:
        return ceil(max(_size(was), _size(became)) / WRITE_BYTES)
    return sum(ceil(_size(image) / WRITE_BYTES) for due_at, image in (old, new) if due_at)


def _size(image: Image | None) -> int:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    return sum(len(name.encode()) + _size_of(value) for name, value in (image or {}).items())


def _size_of(value: Mapping[str, Any]) -> int:
    [(kind, held)] = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "N":
        return (len(held.strip("-")) + 1) // 2 + 1
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size_of(inner) for name, inner in held.items())
    if kind == "L":
        return 3 + sum(1 + _size_of(inner) for inner in held)
    if kind == "SS":
        return sum(len(each.encode()) for each in held)
    return 1  # true, false, null


@dataclass
class MeteredMeeting:
    """A registered meeting in a table. `process` is a function that has just started, with a meter of its own."""

    table: Table
    users: Mapping[str, str]

    def __post_init__(self) -> None:
        self.chime, self.clock = MemoryChime(), Clock()
        self.chime.open(MEETING, {attendee_of(user): user for user in self.users})
        self.process()
        roles = {user: role for user, role in self.users.items() if role != "participant"}
        self.say("back-end", Register(roles=roles))

    def process(self) -> None:
        self.meter = Meter(self.table.client, self.table.name)
        ledger = Table(self.meter, self.table.name).ledger
        self.gavel = Gavel(Ports(ledger, self.chime, CedarPolicies(), self.clock, MemoryWakeups()))

    def in_a_while(self) -> datetime:
        return self.clock.now() + RUN

    def say(self, who: str, command: Command, target: str | None = None) -> None:
        kind = ActorKind.ADMIN if who == "back-end" else ActorKind.USER
        request = Request(MEETING, Actor(kind, who), command, attendee_id=attendee_of(target) if target else None)
        outcome = self.gavel.perform(request)
        if isinstance(outcome, Refused) and outcome.code != "not-permitted":
            raise RuntimeError(f"{command}: {outcome}")

    def metered(self, call: Callable[[], object]) -> Meter:
        self.meter.start_anew()
        call()
        return self.meter

    def said(self, who: str, command: Command, target: str | None = None) -> Meter:
        return self.metered(lambda: self.say(who, command, target))


def run() -> Report:
    rows: list[list[str]] = []
    for users, measured in ((USERS, _of_one), (MANY, _of_many)):
        with _table() as table:
            rows += measured(MeteredMeeting(table, users))
    return Report("cost", "What commands cost in DynamoDB", SETTING, COLUMNS, rows, REMARKS)


def _of_one(meeting: MeteredMeeting) -> Iterator[list[str]]:
    meeting.process()
    yield meeting.said("alice", Mute(reason="noise"), "bob").row("mute, cold")
    meeting.say("alice", Unmute(), "bob")
    yield meeting.said("alice", Mute(reason="noise"), "bob").row("mute, warm")
    yield meeting.said("alice", Mute(reason="noise"), "bob").row("mute again: unchanged")
    yield meeting.said("carol", Mute(), "bob").row("refused")


def _of_many(meeting: MeteredMeeting) -> Iterator[list[str]]:
    alice = Actor(ActorKind.USER, "alice")
    yield meeting.said("alice", MuteEverybody()).row(f"mute-all of {CROWD}")
    yield meeting.metered(lambda: meeting.gavel.attendee(MEETING, alice, attendee_id=attendee_of("bob"))).row(
        "GET attendee"
    )
    yield meeting.metered(lambda: meeting.gavel.reconciler.run(meeting.in_a_while())).row("reconciler, nothing due")
    meeting.clock.pass_by(CHECKED_EVERY.total_seconds())
    compared = meeting.metered(lambda: meeting.gavel.reconciler.run(meeting.in_a_while()))
    yield compared.row(f"reconciler, comparison of {CROWD}")


@contextmanager
def _table() -> Iterator[Table]:
    with mock.patch.dict(os.environ, ENVIRONMENT), mock_aws(), fresh_table(dynamodb()) as table:
        yield table


if __name__ == "__main__":
    print(run().markdown())
