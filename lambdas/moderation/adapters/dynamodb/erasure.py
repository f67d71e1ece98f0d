"""Erases a user or a meeting from the table, for `gavel forget`. No function imports this module, and none may scan or
delete.

It reads the whole table, because records of others name a user too: as the one who muted them, in lists of exceptions,
in stored answers. It leaves out meetings that are not over, because their records are rules in force, and reports them.
It may be stopped and run again at any time.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from ...ports import meeting_at
from .attributes import Document, item, values
from .keys import Key, key
from .pseudonyms import Pseudonyms, attendees_of

TRIES = 3
"""How often a record is read again after another process has written it."""
OF_MEETINGS = ("MEETING", "REVISION", "TOKENS", "BATCHES")
"""Prefixes of partitions that a meeting's id follows."""
LISTS = ("NAME", "REGISTERED")
KINDS = {
    "ENTRY": "history entries",
    "CHANGE": "changes",
    "USER": "user records",
    "ATTENDEE": "attendee records",
    "HAND": "raised hands",
    "LIVE": "live connections",
    "MEETING": "meetings",
    "KEY": "idempotency records",
    "TICKET": "tickets",
    "CONNECTION": "connections",
    "NAME": "list items",
    "REGISTERED": "list items",
    "TOKENS": "rate limits",
    "REVISION": "revisions",
    "BATCHES": "records of batches",
}
OF_A_USER = ("USER", "HAND", "READS", "AUTOMATIC")
"""Prefixes of sort keys that an ExternalUserId follows."""
DELETED_IF_NAMED = ("KEY", "TICKET", "CONNECTION", "LIVE", "ATTENDEE")
"""Kinds of records that have no use without the user."""


class MeetingNotOverError(Exception):
    """The meeting has not ended, or a change of it is still pending."""


class MeetingNotFoundError(Exception):
    """The table has no such meeting."""


@dataclass
class Report:
    """The result of an erasure: kinds of records and how many, deleted or rewritten.

    `not_over`: meetings that were left out. `unknown_fields`: kinds of records that still name the user, in a field
    that is not known to hold ids.
    """

    deleted: Counter[str] = field(default_factory=Counter)
    rewritten: Counter[str] = field(default_factory=Counter)
    meetings: set[str] = field(default_factory=set)
    not_over: set[str] = field(default_factory=set)
    unknown_fields: set[str] = field(default_factory=set)
    pseudonym: str | None = None

    @property
    def is_complete(self) -> bool:
        return not (self.not_over or self.unknown_fields)


@dataclass
class _Meetings:
    """The meetings of the table, record by record."""

    ended: dict[str, bool] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)

    def add(self, document: Mapping[str, Any]) -> None:
        if document["sk"] == "MEETING":
            self.ended[meeting_of(document)] = "endedAt" in document
        elif kind_of(document) == "CHANGE" and "closure" not in document:
            self.pending.add(meeting_of(document))

    @property
    def over(self) -> dict[str, bool]:
        """Meeting → whether it is over: it has ended, and all of its changes are closed."""
        return {meeting_id: is_ended and meeting_id not in self.pending for meeting_id, is_ended in self.ended.items()}


class Erasure:
    """`client` is a boto3 client of dynamodb, with the operator's credentials. `dry_run` writes nothing."""

    def __init__(self, client: Any, table: str, now: Callable[[], datetime], *, dry_run: bool = False) -> None:
        self._client = client
        self._table = table
        self._now = now
        self._dry_run = dry_run

    def forget_meeting(self, meeting_id: str) -> Report:
        """Deletes everything of a meeting that is over. Its own record goes last, so that a stopped erasure can be
        repeated.
        """
        meetings = _Meetings()
        for document in self._scan():
            meetings.add(document)
        over = meetings.over
        if meeting_id not in over:
            raise MeetingNotFoundError(meeting_id)
        if not over[meeting_id]:
            raise MeetingNotOverError(meeting_id)
        report, last = Report(meetings={meeting_id}), None
        for document in self._scan():
            if meeting_of(document) != meeting_id:
                continue
            if document["sk"] == "MEETING":
                last = document
            else:
                self._delete(document, report)
        if last is not None:
            self._delete(last, report)
        return report

    def forget_user(self, user_id: str) -> Report:
        """Deletes the user's own records, and removes the user from all others."""
        meetings, attendees = _Meetings(), set[str]()
        for document in self._scan():
            meetings.add(document)
            attendees |= set(_attendees_in(document, user_id))
        over = meetings.over
        report = Report(pseudonym=f"erased-{uuid4()}")
        names = Pseudonyms(user_id, str(report.pseudonym), {attendee: str(uuid4()) for attendee in attendees})
        for document in self._scan():
            is_own = _is_of(user_id, attendees, document)
            if not (is_own or names.is_named(_content(document))):
                continue
            meeting_id = meeting_of(document)
            if meeting_id and not over.get(meeting_id, _is_expired(document, self._now())):
                report.not_over.add(meeting_id)
                continue
            report.meetings |= {meeting_id} if meeting_id else set()
            if is_own or kind_of(document) in DELETED_IF_NAMED:
                self._delete(document, report)
            else:
                self._rewrite(document, names, report)
        return report

    def _scan(self) -> Iterator[Document]:
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        for page in pages:
            yield from map(values, page["Items"])

    def _delete(self, document: Document, report: Report) -> None:
        if not self._dry_run:
            self._client.delete_item(TableName=self._table, Key=_key(document))
        report.deleted[name_of(document)] += 1

    def _rewrite(self, document: Document, names: Pseudonyms, report: Report) -> None:
        """Rewrites the record, unless another process has written it meanwhile."""
        for _ in range(TRIES):
            erased = names.without(document)
            if names.is_left(_content(erased)):
                report.unknown_fields.add(name_of(document))
            if self._dry_run or erased == document or self._is_put(document, erased):
                report.rewritten[name_of(document)] += erased != document
                return
            found = self._client.get_item(TableName=self._table, Key=_key(document), ConsistentRead=True)
            if "Item" not in found:
                return
            document = values(found["Item"])
        report.not_over.add(meeting_of(document))

    def _is_put(self, was: Document, erased: Document) -> bool:
        changed = [name for name in was if erased.get(name) != was[name]]
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item(erased),
                ConditionExpression=" AND ".join(f"#n{number} = :v{number}" for number in range(len(changed))),
                ExpressionAttributeNames={f"#n{number}": name for number, name in enumerate(changed)},
                ExpressionAttributeValues=item({f":v{number}": was[name] for number, name in enumerate(changed)}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _attendees_in(document: Mapping[str, Any], user_id: str) -> Iterator[str]:
    kind, _, identity = str(document["sk"]).partition("#")
    if kind == "ATTENDEE" and document.get("userId") == user_id:
        yield identity
    if (kind, identity) == ("USER", user_id):
        yield from document.get("attendees", {})
    yield from attendees_of(user_id, document)


def kind_of(document: Mapping[str, Any]) -> str:
    """The kind of a record: the first part of its sort key in the partitions of meetings, else of its partition key."""
    partition = str(document["pk"]).partition("#")[0]
    return str(document["sk"]).partition("#")[0] if partition in ("MEETING", "REFUSED") else partition


def name_of(document: Mapping[str, Any]) -> str:
    return KINDS.get(kind_of(document), "other records")


def meeting_of(document: Mapping[str, Any]) -> str:
    """The meeting that a record belongs to; empty if it belongs to none."""
    partition, _, identity = str(document["pk"]).partition("#")
    if partition in OF_MEETINGS:
        return identity
    return meeting_at(str(document["sk"])) if partition in LISTS else str(document.get("meetingId", ""))


def _is_of(user_id: str, attendees: set[str], document: Mapping[str, Any]) -> bool:
    kind, _, identity = str(document["sk"]).partition("#")
    return (kind in OF_A_USER and identity == user_id) or (kind == "ATTENDEE" and identity in attendees)


def _is_expired(document: Mapping[str, Any], now: datetime) -> bool:
    """Whether the record has expired. DynamoDB deletes such records within days."""
    return int(document.get("expiresAt", 0)) < now.timestamp()


def _content(document: Mapping[str, Any]) -> Document:
    return {name: value for name, value in document.items() if name not in ("pk", "sk")}


def _key(document: Mapping[str, Any]) -> Key:
    return key(document["pk"], document["sk"])
