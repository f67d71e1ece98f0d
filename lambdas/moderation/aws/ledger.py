"""The ledger as one DynamoDB table."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..core.change import Change
from ..core.entry import Entry, iso
from ..core.meeting import Meeting, User
from ..ports import Clause, Conflict, Contention, KeyTaken, LedgerUnavailable, Loaded, Page
from . import items
from .attributes import Attribute, values
from .clauses import (
    DUE_SHARDS,
    Writer,
    change_key,
    idempotency_key,
    meeting_key,
    partition,
    seat_key,
    user_key,
)

MEETING_LIVES = timedelta(hours=24)
"""No Chime meeting lives longer."""
MOST_CLAUSES = 100
CONTENTION = {
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "TransactionInProgressException",
}
CALLS_A_SECOND = 5
"""What background work may take of Chime's ten capability calls a second."""
MOST_SAVED = 10

Image = Mapping[str, Attribute]


class DynamoLedger:
    """`client` is a boto3 client of dynamodb with one attempt a call."""

    def __init__(self, client: Any, table: str, retention: timedelta, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._keep = MEETING_LIVES + retention
        self._now = now

    def load(
        self, meeting_id: str, users: Collection[str] = (), seats: Collection[str] = (), key: str | None = None
    ) -> Loaded:
        keys = [
            meeting_key(meeting_id),
            *(user_key(meeting_id, user_id) for user_id in dict.fromkeys(users)),
            *(seat_key(meeting_id, attendee_id) for attendee_id in dict.fromkeys(seats)),
            *([idempotency_key(key)] if key else []),
        ]
        images = {(i["pk"]["S"], i["sk"]["S"]): i for i in self._batch_get(keys)}
        found = {sort: values(image) for (_, sort), image in images.items()}
        return Loaded(
            meeting=items.meeting_of(found["MEETING"]) if "MEETING" in found else None,
            users={u: items.user_of(found[f"USER#{u}"]) if f"USER#{u}" in found else User(u) for u in users},
            seats={a: found[f"SEAT#{a}"]["userId"] for a in seats if f"SEAT#{a}" in found},
            key=_taken(found["KEY"]) if "KEY" in found else None,
        )

    def transact(self, clauses: Sequence[Clause]) -> None:
        if len(clauses) > MOST_CLAUSES:
            raise ValueError(f"{len(clauses)} clauses in one transaction")
        writer = Writer(self._table, int((self._now() + self._keep).timestamp()))
        try:
            self._client.transact_write_items(TransactItems=[writer.action(clause) for clause in clauses])
        except self._client.exceptions.TransactionCanceledException as error:
            raise _failure(error.response.get("CancellationReasons", []), clauses) from None
        except ClientError as error:
            if error.response["Error"]["Code"] in CONTENTION:
                raise Contention from None
            raise LedgerUnavailable(error.response["Error"]["Code"]) from None
        except BotoCoreError as error:
            raise LedgerUnavailable(type(error).__name__) from None

    def everybody(self, meeting_id: str) -> Mapping[str, User]:
        found = self._query(meeting_id, "USER#", "USER#\U0010ffff")
        return {user.id: user for user in (items.user_of(values(image)) for image in found)}

    def change(self, meeting_id: str, change_id: str) -> Change | None:
        answer = self._read("get_item", Key=change_key(meeting_id, change_id), ConsistentRead=True)
        return items.change_of(values(answer["Item"])) if "Item" in answer else None

    def due(self, now: datetime, limit: int) -> Sequence[Change]:
        found = []
        for shard in range(DUE_SHARDS):
            answer = self._read(
                "query",
                IndexName="due",
                KeyConditionExpression="dueShard = :shard AND dueAt <= :now",
                ExpressionAttributeValues={":shard": {"S": f"CHANGE#{shard}"}, ":now": {"S": iso(now)}},
                Limit=limit,
            )
            found += [items.change_of(values(image)) for image in answer["Items"]]
        return sorted(found, key=lambda change: change.due_at or now)[:limit]

    def take_calls(self, count: int, now: datetime) -> bool:
        """A token bucket in one item. Two takers at once: the slower one goes without."""
        where = {"pk": {"S": "ALLOWANCE"}, "sk": {"S": "CHIME"}}
        answer = self._read("get_item", Key=where, ConsistentRead=True)
        stored = values(answer["Item"]) if "Item" in answer else {"milli": MOST_SAVED * 1000, "at": 0, "version": 0}
        at = int(now.timestamp() * 1000)
        gained = max(at - stored["at"], 0) * CALLS_A_SECOND
        left = min(stored["milli"] + gained, MOST_SAVED * 1000) - count * 1000
        if left < 0:
            return False
        version = stored["version"]
        new = {**where, "milli": {"N": str(left)}, "at": {"N": str(at)}, "version": {"N": str(version + 1)}}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=new,
                ConditionExpression="attribute_not_exists(pk) OR version = :version",
                ExpressionAttributeValues={":version": {"N": str(version)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        except (ClientError, BotoCoreError) as error:
            raise LedgerUnavailable(type(error).__name__) from None
        return True

    def history(self, meeting_id: str, after: str, before: str, limit: int, attendee_id: str | None) -> Page:
        """Filtered pages are read on until they are full."""
        found: list[Entry] = []
        low, high = f"ENTRY#{after}", f"ENTRY#{before}"
        for image in self._query(meeting_id, low, high):
            document = values(image)
            if document["sk"] in (low, high) or (attendee_id and attendee_id not in document["attendeeIds"]):
                continue
            if len(found) == limit:
                return Page(tuple(found), more=True)
            found.append(items.entry_of(document))
        return Page(tuple(found), more=False)

    def _read(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return _called(getattr(self._client, operation), TableName=self._table, **parameters)

    def _query(self, meeting_id: str, low: str, high: str) -> Iterator[Image]:
        start: dict[str, Any] = {}
        while True:
            answer = self._read(
                "query",
                KeyConditionExpression="pk = :pk AND sk BETWEEN :low AND :high",
                ExpressionAttributeValues={
                    ":pk": {"S": partition(meeting_id)},
                    ":low": {"S": low},
                    ":high": {"S": high},
                },
                ConsistentRead=True,
                **start,
            )
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _batch_get(self, keys: list[dict[str, Attribute]]) -> list[Image]:
        found: list[Image] = []
        wanted = {self._table: {"Keys": keys, "ConsistentRead": True}}
        while wanted:
            answer = _called(self._client.batch_get_item, RequestItems=wanted)
            found += answer["Responses"].get(self._table, [])
            wanted = answer.get("UnprocessedKeys") or {}
        return found


def _called(operation: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
    try:
        return operation(**parameters)
    except ClientError as error:
        raise LedgerUnavailable(error.response["Error"]["Code"]) from None
    except BotoCoreError as error:
        raise LedgerUnavailable(type(error).__name__) from None


def _failure(reasons: Sequence[Mapping[str, Any]], clauses: Sequence[Clause]) -> Exception:
    """A condition that does not hold will not hold again by itself; contention may be over the next moment."""
    pairs = list(zip(clauses, reasons, strict=False))
    failed = [clause for clause, reason in pairs if reason.get("Code") == "ConditionalCheckFailed"]
    if failed:
        return Conflict(failed, _found([reason["Item"] for _, reason in pairs if reason.get("Item")]))
    if any(reason.get("Code") in CONTENTION for _, reason in pairs):
        return Contention()
    return LedgerUnavailable(", ".join(str(reason.get("Code")) for _, reason in pairs))


def _found(images: Sequence[Image]) -> Loaded:
    documents = [values(image) for image in images]
    meetings: list[Meeting] = [items.meeting_of(d) for d in documents if d["sk"] == "MEETING"]
    people = [items.user_of(d) for d in documents if d["sk"].startswith("USER#")]
    return Loaded(meetings[0] if meetings else None, {user.id: user for user in people})


def _taken(document: Mapping[str, Any]) -> KeyTaken:
    answer = document.get("answer")
    return KeyTaken(
        id=document["digest"],
        fingerprint=document["fingerprint"],
        meeting_id=document["meetingId"],
        change_id=document.get("changeId"),
        answer=json.loads(answer) if answer is not None else None,
    )
