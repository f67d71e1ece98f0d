"""What only a table has: a definition, items that end, sparse indexes, pages, keys that wait, answers that get lost."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from moderation.adapters.dynamodb.keys import BUDGET_KEYS, due_shard, meeting_key, user_key
from moderation.domain.capability import EVERYTHING
from moderation.domain.change import Closure, Status
from moderation.ports import (
    AttendeesNoted,
    BatchesRecorded,
    Budget,
    ChangeKept,
    ChangeOpened,
    Clause,
    EntryWritten,
    HandRaised,
    LedgerUnavailableError,
    MeetingList,
    MeetingRevised,
    UserRevised,
    actions_of,
    meeting_at,
)

from tests.integration.ledger.examples import (
    ATTENDEE,
    KEY,
    NOW,
    SCENE,
    SEATED,
    TOKEN,
    M,
    a_user,
    change,
    conflict,
    entry,
    meeting,
    seconds,
    user,
)
from tests.integration.ledger.table import RETENTION, Table, table_definition

LOST = ReadTimeoutError(endpoint_url="")


def test_the_table_is_the_stacks(tmp_path: Path) -> None:
    template = synthesized(tmp_path)
    definition = table_definition("name")

    for name in ("KeySchema", "BillingMode", "GlobalSecondaryIndexes"):
        assert template[name] == definition[name]
    assert by_name(template) == by_name(definition)
    assert template["StreamSpecification"]["StreamViewType"] == definition["StreamSpecification"]["StreamViewType"]
    assert template["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}


def by_name(definition: Mapping[str, Any]) -> dict[str, str]:
    return {each["AttributeName"]: each["AttributeType"] for each in definition["AttributeDefinitions"]}


def synthesized(directory: Path) -> dict[str, Any]:
    from infra.tools.node import use_bundled_node

    use_bundled_node()
    from aws_cdk import App, Stack
    from aws_cdk.assertions import Template

    from infra.constructs.ledger import Ledger

    stack = Stack(App(outdir=str(directory), analytics_reporting=False), "Stack")
    Ledger(stack, "Ledger")
    [found] = Template.from_stack(stack).find_resources("AWS::DynamoDB::Table").values()
    properties: dict[str, Any] = found["Properties"]
    return properties


def test_every_item_ends_from_its_first_write(table: Table) -> None:
    batches = BatchesRecorded(M, "c1", frozenset({EVERYTHING}))
    scene: list[Clause] = [*SCENE, HandRaised(M, "bob", NOW), batches]
    table.ledger.transact(scene)
    table.ledger.acquire_background_calls(1, NOW)
    ends_at = int((NOW + RETENTION).timestamp()) + 24 * 60 * 60

    found = {(each["pk"]["S"], each["sk"]["S"]): each["expiresAt"] for each in table.items()}

    assert len(found) == sum(map(actions_of, scene)) + 1
    assert set(map(str, found.values())) == {str({"N": str(ends_at)})}


def test_every_item_ends_after_it_was_written_again(table: Table) -> None:
    table.ledger.transact(SCENE)
    table.ledger.transact([MeetingRevised(meeting(revision=2), 1), UserRevised(M, a_user(revision=2), 1)])
    table.ledger.transact(
        [AttendeesNoted(M, "bob", 2, (SEATED,)), ChangeKept(change(closure=Closure(Status.APPLIED)), TOKEN)]
    )
    for _ in range(2):
        table.ledger.acquire_background_calls(1, NOW)

    assert all("expiresAt" in each for each in table.items())


def test_the_outbox_finds_in_an_entry_what_it_publishes(table: Table) -> None:
    written = entry("e1", about={"bob": ATTENDEE, "carol": None})
    table.ledger.transact([EntryWritten(written)])

    [image] = table.items()

    assert image["detailType"] == {"S": written.type}
    assert json.loads(image["detail"]["S"]) == written.detail


def indexed(table: Table, index: str) -> list[str]:
    return sorted(each["sk"]["S"] for each in table.client.scan(TableName=table.name, IndexName=index)["Items"])


def test_indexes_hold_what_they_are_for(table: Table) -> None:
    table.ledger.transact(SCENE)

    assert indexed(table, "due") == ["CHANGE#c1", "MEETING"]

    table.ledger.transact([ChangeKept(change(next_attempt_at=None, lease=None), TOKEN)])
    table.ledger.transact([MeetingRevised(meeting(revision=2, external_id="", check_at=None), 1)])

    assert indexed(table, "due") == []


def test_meetings_are_spread_over_the_shards_of_the_index() -> None:
    assert len({due_shard(f"m{n}") for n in range(40)}) == 4


def two_at_a_time(params: dict[str, Any], **_: object) -> None:
    """What 1 MB is to real pages."""
    params.setdefault("Limit", 2)


def one_at_a_time(params: dict[str, Any], **_: object) -> None:
    params["Limit"] = 1


ALL = MeetingList()
READS: dict[str, Callable[[Table], object]] = {
    "load": lambda table: table.ledger.load(M, ["bob"]),
    "all_users": lambda table: table.ledger.all_users(M),
    "change": lambda table: table.ledger.change(M, "c1"),
    "hands": lambda table: table.ledger.hands(M),
    "history": lambda table: table.ledger.history(M, "", "~", 10, None),
    "attendees after": lambda table: table.ledger.attendees_after(M, "", 10),
    "meetings named": lambda table: table.ledger.meetings_named("room 7"),
    "all meetings": lambda table: table.ledger.listed(ALL, "", "~", 10),
    "meetings": lambda table: table.ledger.registered([M]),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_what_was_just_written_is_read(table: Table, read: Callable[[Table], object]) -> None:
    """An index, and a read that is not strong, may be behind: emulators never are."""
    asked: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: object) -> None:
        asked.extend(params.get("RequestItems", {"": params}).values())

    with table.hooked("before-parameter-build.dynamodb", note):
        read(table)
    assert asked
    assert all(each["ConsistentRead"] is True and "IndexName" not in each for each in asked)


def test_meetings_of_a_name_are_read_over_many_pages(table: Table) -> None:
    ids = [f"{M[:-2]}{n:02}" for n in range(7)]
    for each in ids:
        table.ledger.transact([MeetingRevised(meeting(each, external_id="room 7"), 0)])

    with table.hooked("before-parameter-build.dynamodb.Query", two_at_a_time):
        assert table.ledger.meetings_named("room 7") == ids[::-1]
        assert [meeting_at(place) for place in table.ledger.listed(ALL, "", "~", 5)] == ids[:1:-1]


def test_everybody_is_read_over_many_pages(table: Table) -> None:
    users = {f"u{n}": a_user(f"u{n}") for n in range(7)}
    table.ledger.transact([MeetingRevised(meeting(), 0), *(UserRevised(M, each, 0) for each in users.values())])

    with table.hooked("before-parameter-build.dynamodb.Query", two_at_a_time):
        assert table.ledger.all_users(M) == users


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_what_is_due_is_read_over_many_pages(table: Table, limit: int) -> None:
    """A page ends at 1 MB, whatever the limit: what falls due later must not hide behind it."""
    stuck = [change(f"c{n}", next_attempt_at=seconds(n)) for n in range(7)]
    table.ledger.transact([ChangeOpened(each) for each in stuck])

    with table.hooked("before-parameter-build.dynamodb.Query", one_at_a_time):
        found = table.ledger.due(seconds(60), limit)

    assert [due.change_id for due in found] == [each.id for each in stuck][:limit]


def test_hands_are_read_over_many_pages(table: Table) -> None:
    table.ledger.transact([HandRaised(M, f"u{n}", seconds(n)) for n in range(7)])

    with table.hooked("before-parameter-build.dynamodb.Query", two_at_a_time):
        assert table.ledger.hands(M) == {f"u{n}": seconds(n) for n in range(7)}


@pytest.mark.parametrize("user_id", [None, "bob"])
def test_history_is_read_over_many_pages(table: Table, user_id: str | None) -> None:
    entries = tuple(entry(f"e{n}", about={"bob": ATTENDEE}) for n in range(7))
    table.ledger.transact([EntryWritten(each) for each in entries])

    with table.hooked("before-parameter-build.dynamodb.Query", one_at_a_time):
        page = table.ledger.history(M, "e0", "~", 4, user_id)
        assert (page.entries, page.more) == (entries[1:5], True)
        page = table.ledger.history(M, "e2", "e9", 4, user_id)
        assert (page.entries, page.more) == (entries[3:], False)


class Busy:
    """Has no time for some of the keys it is asked for: leaves all but the first `served` of each call for later."""

    def __init__(self, name: str, served: int) -> None:
        self._name, self._served = name, served
        self.calls = 0

    def __call__(self, parsed: dict[str, Any], **_: object) -> None:
        self.calls += 1
        images = parsed["Responses"][self._name]
        parsed["Responses"] = {self._name: images[: self._served]}
        waiting = [{"pk": image["pk"], "sk": image["sk"]} for image in images[self._served :]]
        parsed["UnprocessedKeys"] = {self._name: {"Keys": waiting, "ConsistentRead": True}} if waiting else {}


def test_keys_that_the_table_had_no_time_for_are_asked_for_again(table: Table) -> None:
    users = {f"u{n}": a_user(f"u{n}") for n in range(4)}
    table.ledger.transact([UserRevised(M, each, 0) for each in users.values()])
    busy = Busy(table.name, served=1)

    with table.hooked("after-call.dynamodb.BatchGetItem", busy):
        assert table.ledger.load(M, users).users == users
    assert busy.calls == 4


def test_a_table_that_never_has_time_is_unavailable(table: Table) -> None:
    table.ledger.transact(SCENE)

    with (
        table.hooked("after-call.dynamodb.BatchGetItem", Busy(table.name, served=0)),
        pytest.raises(LedgerUnavailableError, match="UnprocessedKeys"),
    ):
        table.ledger.load(M)


def test_a_transaction_whose_answer_is_lost_may_have_been_done(table: Table) -> None:
    def lose(**_: object) -> None:
        raise LOST

    with table.hooked("after-call.dynamodb.TransactWriteItems", lose), pytest.raises(LedgerUnavailableError):
        table.ledger.transact(SCENE)

    assert user(table.ledger) == a_user("bob", 1, SEATED)
    assert conflict(table.ledger, KEY).failed == (KEY,)


def test_of_two_takers_at_once_the_slower_goes_without(table: Table) -> None:
    """Though there would be enough for both: it would have to look again."""
    ahead: list[bool] = []

    def another_first(**_: object) -> None:
        if not ahead:
            ahead.append(False)
            ahead[0] = table.ledger.acquire_background_calls(4, NOW)

    with table.hooked("before-call.dynamodb.PutItem", another_first):
        assert not table.ledger.acquire_background_calls(4, NOW)

    assert ahead == [True]
    assert table.ledger.acquire_background_calls(6, NOW)
    assert not table.ledger.acquire_background_calls(1, NOW)


def test_keys_of_the_table_are_told_apart() -> None:
    keys = [
        BUDGET_KEYS[Budget.CALLS],
        meeting_key("m"),
        user_key("m", "MEETING"),
        user_key("m#USER", "x"),
        user_key("m", "USER#x"),
    ]

    assert len({(key["pk"]["S"], key["sk"]["S"]) for key in keys}) == len(keys)
