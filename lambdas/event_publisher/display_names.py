"""Display names in events, if the customer turns them on. They are read while an event is published, and not stored."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moderation.adapters import clients
from moderation.adapters.dynamodb.keys import user_key
from moderation.adapters.settings import settings

MOST_KEYS = 100
"""The most keys of one BatchGetItem."""
Record = dict[str, Any]
Names = Mapping[str, str]
NamesOf = Callable[[str, Collection[str]], Names]
"""Returns the display names of these users of the meeting by id. Users without a name are missing."""


class NamesUnavailableError(Exception):
    """The table cannot be read now."""


def display_names(meeting_id: str, users: Collection[str]) -> Names:
    """The display names in the table now. Raises `NamesUnavailableError`."""
    keys = [user_key(meeting_id, user) for user in users]
    found: dict[str, str] = {}
    for start in range(0, len(keys), MOST_KEYS):
        found |= _read(keys[start : start + MOST_KEYS])
    return found


def _read(keys: list[Any]) -> Names:
    table = settings().table
    wanted: Any = {"Keys": keys, "ProjectionExpression": "id, displayName"}
    try:
        answer = clients.dynamodb().batch_get_item(RequestItems={table: wanted})
    except (BotoCoreError, ClientError):
        raise NamesUnavailableError from None
    if answer.get("UnprocessedKeys"):
        raise NamesUnavailableError
    users = answer["Responses"][table]
    return {user["id"]["S"]: user["displayName"]["S"] for user in users if "displayName" in user}


def with_display_names(records: Sequence[Record], names_of: NamesOf, most_bytes: int) -> list[Record]:
    """The records with the names of the users in their entries.

    Each meeting is read once. An entry that cannot be read stays unchanged, and so does one that names would make
    larger than `most_bytes`.
    """
    details = [_detail(record) for record in records]
    users: dict[str, set[str]] = {}
    for detail in details:
        if found := set(_user_ids(detail)):
            users.setdefault(str(detail["meetingId"]), set()).update(found)
    names = {meeting_id: names_of(meeting_id, sorted(ids)) for meeting_id, ids in users.items()}
    return [
        _with(record, _named(detail, names.get(str(detail.get("meetingId")), {})), most_bytes)
        for record, detail in zip(records, details, strict=True)
    ]


def _detail(record: Record) -> dict[str, Any]:
    """The entry; empty if it can't be read."""
    try:
        detail = json.loads(record["dynamodb"]["NewImage"]["detail"]["S"])
    except (LookupError, TypeError, ValueError):
        return {}
    return detail if isinstance(detail, dict) and isinstance(detail.get("meetingId"), str) else {}


def _users_in(detail: Mapping[str, Any]) -> Iterable[tuple[dict[str, Any], str]]:
    """The parts of an entry that are about a user, each with the key of the user's id."""
    actor = detail.get("actor")
    if isinstance(actor, dict) and actor.get("kind") == "user":
        yield actor, "id"
    attendees = detail.get("attendees")
    for attendee in attendees if isinstance(attendees, list) else ():
        if isinstance(attendee, dict):
            yield attendee, "externalUserId"


def _user_ids(detail: Mapping[str, Any]) -> Iterable[str]:
    return (part[key] for part, key in _users_in(detail) if isinstance(part.get(key), str))


def _named(detail: dict[str, Any], names: Names) -> dict[str, Any] | None:
    """The entry with the names; `None` if no user in it has one."""
    found = False
    for part, key in _users_in(detail):
        name = names.get(str(part.get(key)))
        if name is not None:
            part["displayName"], found = name, True
    return detail if found else None


def _with(record: Record, detail: dict[str, Any] | None, most_bytes: int) -> Record:
    if detail is None:
        return record
    text = json.dumps(detail, ensure_ascii=False)
    if len(text.encode()) > most_bytes:
        return record
    stream = record["dynamodb"]
    return {**record, "dynamodb": {**stream, "NewImage": {**stream["NewImage"], "detail": {"S": text}}}}
