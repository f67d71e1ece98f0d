"""The ledger as one DynamoDB table."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from time import sleep
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ...domain.capability import Capabilities
from ...domain.change import Change
from ...domain.entry import EVERY_ENTRY, Entry, EntryFilter
from ...domain.meeting import Meeting, User
from ...ports import (
    LAST_POSITION,
    Budget,
    Clause,
    Due,
    KeyTaken,
    LedgerUnavailableError,
    Loaded,
    MeetingList,
    Minute,
    Page,
    meeting_at,
)
from ..retries import backoff
from .attributes import Attribute, item, values
from .clauses import Writer, batches_of, place
from .errors import Image, called_with_retry, not_written
from .keys import (
    BUDGET_KEYS,
    DUE_SHARDS,
    Key,
    attendee_key,
    batches_key,
    change_key,
    due_key,
    hand_key,
    idempotency_key,
    meeting_key,
    minute_key,
    partition,
    place_of,
    user_key,
)
from .listing import queries
from .records import change_of, document_of, due_of, entry_of, hands_of, record_of
from .token_bucket import A_MINUTE, A_SECOND, MOST_SAVED, TokenBucket

MEETING_LIVES = timedelta(hours=24)
"""The longest time that a Chime meeting lives."""
MOST_ACTIONS = 100
MOST_KEYS = 100
"""The most keys of one BatchGetItem."""
TRIES = 5
"""How often unprocessed keys are requested again."""

OF_THE_MEETING = "pk = :pk"
IS_A_USER = "begins_with(sk, :user)"
IS_A_HAND = "begins_with(sk, :hand)"
LIES_BETWEEN = "sk BETWEEN :after AND :before"
IS_DUE = "dueShard = :shard AND dueAt <= :now"
OF_THE_ROLES: Mapping[str, Any] = {
    "ProjectionExpression": "#id, #rules.#role, #rules.#ban, #rules.#removedAt",
    "ExpressionAttributeNames": {f"#{name}": name for name in ("id", "rules", "role", "ban", "removedAt")},
}
UNCHANGED_SINCE_READ = "attribute_not_exists(pk) OR (thousandths = :thousandths AND savedAt = :savedAt)"


class DynamoLedger:
    """The ledger. `client` is a boto3 client of dynamodb with one attempt a call."""

    def __init__(self, client: Any, table: str, retention: timedelta, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._keep = MEETING_LIVES + retention
        self._now = now

    def load(
        self, meeting_id: str, users: Collection[str] = (), attendees: Collection[str] = (), key: str | None = None
    ) -> Loaded:
        user_ids = dict.fromkeys(users)
        keys = [
            meeting_key(meeting_id),
            *(user_key(meeting_id, user_id) for user_id in user_ids),
            *(hand_key(meeting_id, user_id) for user_id in user_ids),
            *(attendee_key(meeting_id, attendee_id) for attendee_id in dict.fromkeys(attendees)),
            *([idempotency_key(key)] if key is not None else []),
        ]
        found = {image["sk"]["S"]: values(image) for image in self._batch_get(keys)}
        hands = hands_of(record for sort, record in found.items() if sort.startswith("HAND#"))
        stored = {u: record_of(User, found[f"USER#{u}"]) for u in user_ids if f"USER#{u}" in found}
        return Loaded(
            meeting=record_of(Meeting, found["MEETING"]) if "MEETING" in found else None,
            users={u: replace(stored.get(u, User(u)), hand=hands.get(u)) for u in user_ids},
            attendees={a: found[f"ATTENDEE#{a}"]["userId"] for a in attendees if f"ATTENDEE#{a}" in found},
            away=frozenset(a for a in attendees if found.get(f"ATTENDEE#{a}", {}).get("connected") is False),
            key=record_of(KeyTaken, found["KEY"]) if "KEY" in found else None,
        )

    def transact(self, clauses: Sequence[Clause]) -> None:
        writer = Writer(self._table, self._expires_at(), self._now())
        pairs = [(clause, action) for clause in clauses for action in writer.actions(clause)]
        actions = [action for _, action in pairs]
        if not 1 <= len(actions) <= MOST_ACTIONS:
            raise ValueError(f"{len(actions)} actions in one transaction")
        if len({place(action) for action in actions}) < len(actions):
            raise ValueError("two clauses on one item")
        try:
            self._client.transact_write_items(TransactItems=actions)
        except (ClientError, BotoCoreError) as error:
            raise not_written(error, [clause for clause, _ in pairs]) from None

    def all_users(self, meeting_id: str) -> Mapping[str, User]:
        found = self._query(meeting_id, IS_A_USER, {":user": "USER#"})
        return {user.id: user for user in (record_of(User, values(image)) for image in found)}

    def all_roles(self, meeting_id: str) -> Mapping[str, User]:
        found = self._query(meeting_id, IS_A_USER, {":user": "USER#"}, **OF_THE_ROLES)
        return {user.id: user for user in (record_of(User, values(image)) for image in found)}

    def attendees_after(self, meeting_id: str, after: str, limit: int) -> Mapping[str, str]:
        bounds = {":after": f"ATTENDEE#{after}", ":before": "ATTENDEE#~"}
        records = map(values, self._query(meeting_id, LIES_BETWEEN, bounds, limit + 1))
        bound = ((record["sk"].removeprefix("ATTENDEE#"), record["userId"]) for record in records)
        return dict(islice(((attendee_id, user_id) for attendee_id, user_id in bound if attendee_id != after), limit))

    def hands(self, meeting_id: str) -> Mapping[str, datetime]:
        return hands_of(map(values, self._query(meeting_id, IS_A_HAND, {":hand": "HAND#"})))

    def change(self, meeting_id: str, change_id: str) -> Change | None:
        answer = self._read("get_item", Key=change_key(meeting_id, change_id), ConsistentRead=True)
        return change_of(values(answer["Item"])) if "Item" in answer else None

    def meetings_named(self, external_id: str) -> Sequence[str]:
        return [meeting_at(place) for place in self._listed(MeetingList(external_id=external_id), "", LAST_POSITION)]

    def listed(self, which: MeetingList, after: str, before: str, limit: int) -> Sequence[str]:
        return list(islice(self._listed(which, after, before, limit), limit))

    def _listed(self, which: MeetingList, after: str, before: str, limit: int | None = None) -> Iterator[str]:
        """The listed positions between the bounds, which are excluded."""
        together = {"Limit": limit + 2} if limit is not None else {}
        now = self._now()
        for parameters in queries(which, after, before, now - self._keep, now):
            sort = "sk" if "IndexName" not in parameters else "listedAt"
            for image in self._pages(**parameters, **together):
                if after < (place := image[sort]["S"]) < before:
                    yield place

    def registered(self, meeting_ids: Collection[str]) -> Mapping[str, Meeting]:
        images = self._batch_get([meeting_key(meeting_id) for meeting_id in dict.fromkeys(meeting_ids)])
        return {meeting.id: meeting for meeting in (record_of(Meeting, values(image)) for image in images)}

    def due(self, now: datetime, limit: int) -> Sequence[Due]:
        shards = (islice(self._due_in(f"DUE#{shard}", now, limit), limit) for shard in range(DUE_SHARDS))
        return sorted((due for shard in shards for due in shard), key=lambda due: due.at)[:limit]

    def _due_in(self, shard: str, now: datetime, limit: int) -> Iterator[Due]:
        """The due records of one shard. Reads several pages: a page ends at 1 MB, whatever the limit."""
        bounds = item({":shard": shard, ":now": now})
        found = self._pages(
            IndexName="due", KeyConditionExpression=IS_DUE, ExpressionAttributeValues=bounds, Limit=limit
        )
        yield from (due_of(values(image)) for image in found)

    def due_records(self, due: Collection[Due]) -> Mapping[Due, Change | Meeting]:
        wanted = {place_of(due_key(each)): each for each in due if each.user_id is None}
        images = self._batch_get([due_key(each) for each in wanted.values()])
        found = {wanted[place_of(image)]: _record(image) for image in images}
        return {each: record for each, record in found.items() if record is not None}

    def acquire_background_calls(self, count: int, now: datetime, budget: Budget = Budget.CALLS) -> bool:
        """Takes calls from the budget. Of two concurrent processes, the slower one gets none."""
        return self._take(BUDGET_KEYS[budget], count, now, A_SECOND[budget], MOST_SAVED) is True

    def acquire_user_tokens(
        self, meeting_id: str, user_id: str, seconds: int, now: datetime, minute: Minute = Minute.COMMANDS
    ) -> bool:
        """Takes tokens from the user's bucket, again after a conflict: a user may send two commands at once."""
        for _ in range(TRIES):
            taken = self._take(minute_key(meeting_id, user_id, minute), seconds, now, 1, A_MINUTE)
            if taken is not None:
                return taken
        return False

    def _take(self, where: Key, count: int, now: datetime, a_second: int, most: int) -> bool | None:
        """Takes tokens. Returns `None` if another process took some at the same moment."""
        answer = self._read("get_item", Key=where, ConsistentRead=True)
        stored = record_of(TokenBucket, values(answer["Item"])) if "Item" in answer else TokenBucket()
        left = stored.without(count, now, a_second, most)
        if left is None:
            return False
        known = document_of(stored)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=where | item(document_of(left) | {"expiresAt": self._expires_at()}),
                ConditionExpression=UNCHANGED_SINCE_READ,
                ExpressionAttributeValues=item({f":{name}": value for name, value in known.items()}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        except (ClientError, BotoCoreError) as error:
            raise LedgerUnavailableError(type(error).__name__) from None
        return True

    def recorded_batches(self, meeting_id: str) -> Collection[Capabilities]:
        answer = self._read("get_item", Key=batches_key(meeting_id), ConsistentRead=True)
        return batches_of(answer.get("Item", {}))

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
        """The entries between two bounds. The filter applies after the read, so pages are read until enough entries are
        found.
        """
        if after >= before:
            return Page((), more=False)
        found: list[Entry] = []
        bounds = {":after": f"ENTRY#{after}", ":before": f"ENTRY#{before}"}
        # The page has room for both bounds, and for one more entry that shows whether there are more.
        is_whole = user_id is None and only == EVERY_ENTRY
        together = limit + 3 if is_whole else None
        for image in self._query(meeting_id, LIES_BETWEEN, bounds, together, forward=not newest_first):
            entry = entry_of(values(image))
            if entry.id in (after, before) or (user_id is not None and not entry.concerns(user_id)):
                continue
            if not only.takes(entry):
                continue
            if len(found) == limit:
                return Page(tuple(found), more=True)
            found.append(entry)
        return Page(tuple(found), more=False)

    def _expires_at(self) -> int:
        """When a record expires, in epoch seconds for DynamoDB's time to live."""
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
        **projection: Any,
    ) -> Iterator[Image]:
        """Items of a meeting in the order of their keys. A page holds 1 MB, or `together` items."""
        return self._pages(
            KeyConditionExpression=f"{OF_THE_MEETING} AND {condition}",
            ExpressionAttributeValues=item({":pk": partition(meeting_id), **bounds}),
            ConsistentRead=True,
            **({"Limit": together} if together else {}),
            **({} if forward else {"ScanIndexForward": False}),
            **projection,
        )

    def _pages(self, **query: Any) -> Iterator[Image]:
        """The items that a query finds, from all its pages."""
        page: dict[str, Any] = {}
        while True:
            answer = self._read("query", **query, **page)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _batch_get(self, keys: list[dict[str, Attribute]]) -> list[Image]:
        """Reads the keys in as many calls as needed."""
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
    """The record; `None` if it cannot be read: then only its own processing fails."""
    try:
        document = values(image)
        return record_of(Meeting, document) if document["sk"] == "MEETING" else change_of(document)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
