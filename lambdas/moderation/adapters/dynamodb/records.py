"""Converts the domain's records to documents and back.

The attributes follow from the fields of the dataclasses. An attribute is missing while its value is `None`. A record
that was stored before a field existed is read with the field's default; attributes without a field are ignored.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from pydantic import ConfigDict, create_model
from pydantic.alias_generators import to_camel

from ...domain.change import AttendeeChange, Change, MeetingChange
from ...domain.entry import Entry
from ...domain.meeting import Attendee, Meeting, User, UserRules
from ...domain.schedule import next_end
from ...ports import Due, KeyTaken
from ...ports.live import Connection, Ticket
from .attributes import Document, Source
from .token_bucket import TokenBucket

INDEXED = {"check_at": "dueAt", "next_attempt_at": "dueAt"}
"""Fields that are the sort key of the index `due`."""
NOT_STORED = frozenset({"claims"})
"""Fields that are not stored: the claims of a user's token are not needed later."""
AS_JSON = frozenset({"parameters", "answer"})
"""Attributes that hold a document of the API, as JSON text."""

Record = TypeVar("Record")


def _attribute_name(field: str) -> str:
    return INDEXED.get(field) or to_camel(field)


KINDS: Mapping[type, str] = {
    kind: kind.__name__.lower()
    for kind in (
        AttendeeChange,
        MeetingChange,
        Connection,
        Entry,
        KeyTaken,
        Meeting,
        Attendee,
        Ticket,
        TokenBucket,
        User,
        UserRules,
    )
}
FIELDS: dict[str, Any] = {name: (kind | None, None) for kind, name in KINDS.items()}
_Records = create_model(
    "_Records", __config__=ConfigDict(alias_generator=_attribute_name, hide_input_in_errors=True), **FIELDS
)
"""One field for each kind of record. A single model derives the types that several kinds share only once."""


def document_of(record: object) -> Document:
    """The attributes of a record of one of the `KINDS`."""
    name = KINDS[type(record)]
    written = _Records.model_construct(None, **{name: record}).model_dump(by_alias=True, exclude_none=True)
    document: Document = _with_json(written[name], json.dumps)
    return document


def record_of(kind: type[Record], document: Source) -> Record:
    """The record in a document. Raises `ValueError` if the document is not of this kind."""
    return _parsed(kind, _with_json(document, json.loads))


def _parsed(kind: type[Record], document: Source) -> Record:
    return cast("Record", getattr(_Records.model_validate({KINDS[kind]: document}), KINDS[kind]))


def _with_json(value: Any, convert: Callable[[Any], Any]) -> Any:
    """The value with its JSON attributes as text for storing, or as documents after reading. Works on lists too, such
    as restrictions.
    """
    if isinstance(value, list | tuple):
        return [_with_json(item, convert) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: convert(item) if name in AS_JSON else _with_json(item, convert)
        for name, item in value.items()
        if name not in NOT_STORED
    }


def user_document(user: User) -> Document:
    """The user without the hand, which has a record of its own."""
    return document_of(replace(user, hand=None)) | {"dueAt": next_end(user.rules)}


CHANGES: Mapping[str, type[Change]] = {"attendee": AttendeeChange, "meeting": MeetingChange}


def change_document(change: Change) -> Document:
    [kind] = (name for name, kind in CHANGES.items() if kind is type(change))
    return document_of(change) | {"changes": kind}


def change_of(document: Source) -> Change:
    return record_of(CHANGES[document["changes"]], document)


def hand_document(user_id: str, at: datetime | None) -> Document:
    """A lowered hand keeps its record, because no function may delete records."""
    return {"userId": user_id, "raisedAt": at}


def hands_of(documents: Iterable[Source]) -> dict[str, datetime]:
    """Users with a raised hand, and since when it is up."""
    return {d["userId"]: datetime.fromisoformat(d["raisedAt"]) for d in documents if "raisedAt" in d}


def due_of(document: Source) -> Due:
    """The due record of an index item, which has keys only."""
    kind, _, identity = document["sk"].partition("#")
    at, meeting_id = datetime.fromisoformat(document["dueAt"]), document["pk"].removeprefix("MEETING#")
    return Due(at, meeting_id, identity if kind == "CHANGE" else None, identity if kind == "USER" else None)


OF_EVERY_ENTRY = {"schemaVersion", "entryId", *(_attribute_name(field.name) for field in fields(Entry))}


def entry_document(entry: Entry) -> Document:
    """The entry. Its `detail` is exactly what the event publisher publishes."""
    return {"detailType": entry.type, "detail": json.dumps(entry.detail, ensure_ascii=False)}


def entry_of(document: Source) -> Entry:
    detail = json.loads(document["detail"])
    extra = {name: value for name, value in detail.items() if name not in OF_EVERY_ENTRY}
    return _parsed(Entry, {**detail, "id": detail["entryId"], "type": document["detailType"], "extra": extra})
