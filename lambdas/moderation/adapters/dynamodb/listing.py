"""The lists of meetings: all of them, those with one name, those of one user. Each is read newest first.

Items of their own list all meetings, one partition a month, and the meetings with a name, one partition a name. A
user's record lists its meeting itself, in the index `users`, which is eventually consistent.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ...domain.entry import iso
from ...domain.meeting import Meeting
from ...ports import MeetingList, position

USERS = "users"
"""The index of users' records, by `userListed` (the ExternalUserId) and `listedAt` (since when, and the meeting)."""
FIRST = " "
"""A position that sorts before every other."""


def name_partition(external_id: str) -> str:
    return f"NAME#{external_id}"


def month_partition(moment: str) -> str:
    """The partition of the meetings that were registered in the month of a moment in ISO 8601."""
    return f"REGISTERED#{moment[:7]}"


def places_of(meeting: Meeting) -> Iterator[tuple[str, str]]:
    """Partition and sort key of the items that list a meeting."""
    if meeting.registered_at is None:
        return
    at = position(meeting.registered_at, meeting.id)
    yield month_partition(at), at
    if meeting.external_id:
        yield name_partition(meeting.external_id), at


def listed(meeting_id: str, user_id: str, now: datetime) -> dict[str, object]:
    """The attributes that list a user's record, from its first write on."""
    return {"userListed": user_id, "listedAt": position(now, meeting_id)}


def queries(which: MeetingList, after: str, before: str, oldest: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """The parameters of the queries that read the list between two positions, in order.

    `oldest`: nothing older is kept, so a list without a lower bound ends there.
    """
    is_of_all = which.user_id is None and which.external_id is None
    first = max(after, iso(oldest)) if is_of_all else after or FIRST
    if first >= before:
        return
    if which.user_id is not None:
        yield _between("userListed", which.user_id, "listedAt", first, before) | {"IndexName": USERS}
    elif which.external_id is not None:
        yield _between("pk", name_partition(which.external_id), "sk", first, before) | {"ConsistentRead": True}
    else:
        for month in _months(first, min(before, iso(now + timedelta(days=1)))):
            yield _between("pk", month_partition(month), "sk", first, before) | {"ConsistentRead": True}


def _between(partition: str, value: str, sort: str, after: str, before: str) -> dict[str, Any]:
    """The condition on the sort key. `BETWEEN` includes the bounds; the reader leaves them out."""
    return {
        "KeyConditionExpression": f"{partition} = :list AND {sort} BETWEEN :after AND :before",
        "ExpressionAttributeValues": {":list": {"S": value}, ":after": {"S": after}, ":before": {"S": before}},
        "ScanIndexForward": False,
    }


def _months(first: str, last: str) -> Iterator[str]:
    """The months of two moments and all between, newest first."""
    year, month = int(last[:4]), int(last[5:7])
    while (found := f"{year:04}-{month:02}") >= first[:7]:
        yield found
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
