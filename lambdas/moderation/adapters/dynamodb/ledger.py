"""The ledger as one DynamoDB table."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from time import sleep
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ...domain.change import Change
from ...domain.entry import EVERY_ENTRY, Entry, EntryFilter, iso
from ...domain.meeting import Meeting, User
from ...ports import Budget, Clause, ConditionFailedError, Due, LedgerUnavailableError, Loaded, MeetingIs, Minute, Page
from ..retries import backoff
from . import items
from .attributes import Attribute, item, values
from .clauses import (
    BUDGET_KEYS,
    DUE_SHARDS,
    Key,
    Writer,
    change_key,
    due_key,
    hand_key,
    idempotency_key,
    meeting_key,
    minute_key,
    name_key,
    partition,
    place,
    place_of,
    seat_key,
    shard_key,
    shard_of,
    user_key,
)
from .errors import Image, called_with_retry, not_written
from .token_bucket import A_MINUTE, A_SECOND, MOST_SAVED, TokenBucket

MEETING_LIVES = timedelta(hours=24)
"""No Chime meeting lives longer."""
MOST_ACTIONS = 100
MOST_KEYS = 100
"""That one BatchGetItem takes."""
TRIES = 5
"""How often keys are asked for again that the table had no time for."""

OF_THE_MEETING = "pk = :pk"
IS_A_USER = "begins_with(sk, :user)"
IS_A_HAND = "begins_with(sk, :hand)"
LIES_BETWEEN = "sk BETWEEN :after AND :before"
IS_DUE = "dueShard = :shard AND dueAt <= :now"
NOBODY_TOOK_ANY = "attribute_not_exists(pk) OR (thousandths = :thousandths AND savedAt = :savedAt)"


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
        people = dict.fromkeys(users)
        keys = [
            meeting_key(meeting_id),
            *(user_key(meeting_id, user_id) for user_id in people),
            *(hand_key(meeting_id, user_id) for user_id in people),
            *(seat_key(meeting_id, attendee_id) for attendee_id in dict.fromkeys(seats)),
            *([idempotency_key(key)] if key is not None else []),
        ]
        found = {image["sk"]["S"]: values(image) for image in self._batch_get(keys)}
        hands = items.hands_of(record for sort, record in found.items() if sort.startswith("HAND#"))
        stored = {u: items.user_of(found[f"USER#{u}"]) for u in people if f"USER#{u}" in found}
        return Loaded(
            meeting=items.meeting_of(found["MEETING"]) if "MEETING" in found else None,
            users={u: replace(stored.get(u, User(u)), hand=hands.get(u)) for u in people},
            seats={a: found[f"SEAT#{a}"]["userId"] for a in seats if f"SEAT#{a}" in found},
            away=frozenset(a for a in seats if found.get(f"SEAT#{a}", {}).get("connected") is False),
            key=items.key_of(found["KEY"]) if "KEY" in found else None,
        )

    def transact(self, clauses: Sequence[Clause]) -> None:
        writer = Writer(self._table, self._expires_at())
        pairs = [(clause, action) for clause in clauses for action in writer.actions(clause)]
        actions = [action for _, action in pairs]
        if not 1 <= len(actions) <= MOST_ACTIONS:
            raise ValueError(f"{len(actions)} actions in one transaction")
        if len({place(action) for action in actions}) < len(actions):
            raise ValueError("two clauses on one item")
        try:
            self._client.transact_write_items(TransactItems=actions)
        except (ClientError, BotoCoreError) as error:
            failure = not_written(error, [clause for clause, _ in pairs])
        else:
            return None
        if isinstance(failure, ConditionFailedError) and self._has_spread(writer, failure.failed):
            return self.transact(clauses)
        raise failure

    def _has_spread(self, writer: Writer, failed: Sequence[Clause]) -> bool:
        """Writes the items that hold a meeting's revision, if an earlier version of Gavel wrote the meeting alone.
        Returns False if nothing is missing, or if the meeting has moved.
        """
        match failed:
            case [MeetingIs(meeting_id, revision, beside)] if revision:
                shard = shard_key(meeting_id, shard_of(beside))
            case _:
                return False
        stored = {place_of(image): values(image) for image in self._batch_get([meeting_key(meeting_id), shard])}
        if place_of(shard) in stored or stored.get(place_of(meeting_key(meeting_id)), {}).get("revision") != revision:
            return False
        actions = [writer.revision_check(meeting_key(meeting_id), revision), *writer.shards(meeting_id, revision)]
        try:
            self._client.transact_write_items(TransactItems=actions)
        except (ClientError, BotoCoreError) as error:
            raise not_written(error, []) from None
        return True

    def everybody(self, meeting_id: str) -> Mapping[str, User]:
        found = self._query(meeting_id, IS_A_USER, {":user": "USER#"})
        return {user.id: user for user in (items.user_of(values(image)) for image in found)}

    def seats_after(self, meeting_id: str, after: str, limit: int) -> Mapping[str, str]:
        bounds = {":after": f"SEAT#{after}", ":before": "SEAT#~"}
        records = map(values, self._query(meeting_id, LIES_BETWEEN, bounds, limit + 1))
        bound = ((record["sk"].removeprefix("SEAT#"), record["userId"]) for record in records)
        return dict(islice(((attendee_id, user_id) for attendee_id, user_id in bound if attendee_id != after), limit))

    def hands(self, meeting_id: str) -> Mapping[str, datetime]:
        return items.hands_of(map(values, self._query(meeting_id, IS_A_HAND, {":hand": "HAND#"})))

    def change(self, meeting_id: str, change_id: str) -> Change | None:
        answer = self._read("get_item", Key=change_key(meeting_id, change_id), ConsistentRead=True)
        return items.change_of(values(answer["Item"])) if "Item" in answer else None

    def meetings_named(self, external_id: str) -> Sequence[str]:
        found: list[str] = []
        page: dict[str, Any] = {}
        while True:
            answer = self._read(
                "query",
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=item({":pk": name_key(external_id, "")["pk"]["S"]}),
                ConsistentRead=True,
                **page,
            )
            found += [values(image)["sk"] for image in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def due(self, now: datetime, limit: int) -> Sequence[Due]:
        shards = (islice(self._due_in(f"DUE#{shard}", now, limit), limit) for shard in range(DUE_SHARDS))
        return sorted((due for shard in shards for due in shard), key=lambda due: due.at)[:limit]

    def _due_in(self, shard: str, now: datetime, limit: int) -> Iterator[Due]:
        """Page after page: one ends at 1 MB, whatever the limit."""
        page: dict[str, Any] = {}
        while True:
            answer = self._read(
                "query",
                IndexName="due",
                KeyConditionExpression=IS_DUE,
                ExpressionAttributeValues=item({":shard": shard, ":now": iso(now)}),
                Limit=limit,
                **page,
            )
            yield from (items.due_of(values(image)) for image in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def due_records(self, due: Collection[Due]) -> Mapping[Due, Change | Meeting]:
        wanted = {place_of(due_key(each)): each for each in due if each.user_id is None}
        images = self._batch_get([due_key(each) for each in wanted.values()])
        found = {wanted[place_of(image)]: _record(image) for image in images}
        return {each: record for each, record in found.items() if record is not None}

    def acquire_background_calls(self, count: int, now: datetime, budget: Budget = Budget.CALLS) -> bool:
        """Two takers at once: the slower one goes without."""
        return self._take(BUDGET_KEYS[budget], count, now, A_SECOND[budget], MOST_SAVED) is True

    def acquire_user_tokens(
        self, meeting_id: str, user_id: str, seconds: int, now: datetime, minute: Minute = Minute.COMMANDS
    ) -> bool:
        """A person may well do two things at once."""
        for _ in range(TRIES):
            taken = self._take(minute_key(meeting_id, user_id, minute), seconds, now, 1, A_MINUTE)
            if taken is not None:
                return taken
        return False

    def _take(self, where: Key, count: int, now: datetime, a_second: int, most: int) -> bool | None:
        """None if somebody else took some at this moment."""
        answer = self._read("get_item", Key=where, ConsistentRead=True)
        stored = items.allowance_of(values(answer["Item"])) if "Item" in answer else TokenBucket()
        left = stored.without(count, now, a_second, most)
        if left is None:
            return False
        known = items.allowance_document(stored)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=where | item(items.allowance_document(left) | {"expiresAt": self._expires_at()}),
                ConditionExpression=NOBODY_TOOK_ANY,
                ExpressionAttributeValues=item({f":{name}": value for name, value in known.items()}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        except (ClientError, BotoCoreError) as error:
            raise LedgerUnavailableError(type(error).__name__) from None
        return True

    def history(
        self,
        meeting_id: str,
        after: str,
        before: str,
        limit: int,
        user_id: str | None,
        only: EntryFilter = EVERY_ENTRY,
        *,
        newest_first: bool = False,
    ) -> Page:
        """Filtered pages are read on until they are full."""
        if after >= before:
            return Page((), more=False)
        found: list[Entry] = []
        bounds = {":after": f"ENTRY#{after}", ":before": f"ENTRY#{before}"}
        # With room for both bounds, and for one more entry that tells whether there are more.
        is_whole = user_id is None and only == EVERY_ENTRY
        together = limit + 3 if is_whole else None
        for image in self._query(meeting_id, LIES_BETWEEN, bounds, together, forward=not newest_first):
            entry = items.entry_of(values(image))
            if entry.id in (after, before) or (user_id is not None and not entry.concerns(user_id)):
                continue
            if not only.takes(entry):
                continue
            if len(found) == limit:
                return Page(tuple(found), more=True)
            found.append(entry)
        return Page(tuple(found), more=False)

    def _expires_at(self) -> int:
        """In epoch seconds, as TTL wants it."""
        return int((self._now() + self._keep).timestamp())

    def _read(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return called_with_retry(getattr(self._client, operation), TableName=self._table, **parameters)

    def _query(
        self,
        meeting_id: str,
        condition: str,
        bounds: Mapping[str, str],
        together: int | None = None,
        *,
        forward: bool = True,
    ) -> Iterator[Image]:
        """Items of a meeting, in the order of their keys; one page holds 1 MB, or so many `together`."""
        page: dict[str, Any] = {"Limit": together} if together else {}
        if not forward:
            page["ScanIndexForward"] = False
        while True:
            answer = self._read(
                "query",
                KeyConditionExpression=f"{OF_THE_MEETING} AND {condition}",
                ExpressionAttributeValues=item({":pk": partition(meeting_id), **bounds}),
                ConsistentRead=True,
                **page,
            )
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _batch_get(self, keys: list[dict[str, Attribute]]) -> list[Image]:
        """In as many calls as it takes."""
        together = [keys[start : start + MOST_KEYS] for start in range(0, len(keys), MOST_KEYS)]
        return [image for some in together for image in self._get_together(some)]

    def _get_together(self, keys: list[dict[str, Attribute]]) -> list[Image]:
        found: list[Image] = []
        wanted: dict[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for pause in backoff(TRIES):
            answer = called_with_retry(self._client.batch_get_item, RequestItems=wanted)
            found += answer["Responses"].get(self._table, [])
            wanted = answer.get("UnprocessedKeys", {})
            if not wanted:
                return found
            sleep(pause)
        raise LedgerUnavailableError("UnprocessedKeys")


def _record(image: Image) -> Change | Meeting | None:
    """None if it can't be read: then it fails by itself, when it is looked up alone."""
    try:
        document = values(image)
        return items.meeting_of(document) if document["sk"] == "MEETING" else items.change_of(document)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
