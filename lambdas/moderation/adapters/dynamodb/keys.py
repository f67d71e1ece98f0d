"""The keys of the table's items: partition and sort key."""

from collections.abc import Mapping
from hashlib import sha256

from ...domain.entry import Entry
from ...ports import MEETING_SHARDS, Budget, Due, Minute
from .attributes import Attribute

DUE_SHARDS = 4
"""The number of partitions of the `due` index. With one, all due records of an account would share its throughput."""

Key = dict[str, Attribute]


def key(partition: str, sort: str) -> Key:
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def partition(meeting_id: str) -> str:
    return f"MEETING#{meeting_id}"


def meeting_key(meeting_id: str) -> Key:
    return key(partition(meeting_id), "MEETING")


def entry_key(entry: Entry) -> Key:
    """The key of an entry. An entry without a meeting has a partition of its own: it is published and belongs to no
    history.
    """
    where = partition(entry.meeting_id) if entry.meeting_id is not None else f"REFUSED#{entry.id}"
    return key(where, f"ENTRY#{entry.id}")


def user_key(meeting_id: str, user_id: str) -> Key:
    return key(partition(meeting_id), f"USER#{user_id}")


def attendee_key(meeting_id: str, attendee_id: str) -> Key:
    return key(partition(meeting_id), f"ATTENDEE#{attendee_id}")


def shard_key(meeting_id: str, number: int) -> Key:
    """The key of an item that repeats the meeting's revision. It is not in the meeting's partition, which subscribers
    read.
    """
    return key(f"REVISION#{meeting_id}", str(number))


def shard_of(beside: str) -> int:
    return sha256(beside.encode()).digest()[0] % MEETING_SHARDS


def change_key(meeting_id: str, change_id: str) -> Key:
    return key(partition(meeting_id), f"CHANGE#{change_id}")


def hand_key(meeting_id: str, user_id: str) -> Key:
    return key(partition(meeting_id), f"HAND#{user_id}")


def idempotency_key(digest: str) -> Key:
    return key(f"KEY#{digest}", "KEY")


def batches_key(meeting_id: str) -> Key:
    """The key of the record of a meeting's batches. It is not in the meeting's partition, which subscribers read."""
    return key(f"BATCHES#{meeting_id}", "BATCHES")


MINUTES = {Minute.COMMANDS: "USER", Minute.READS: "READS", Minute.AUTOMATIC: "AUTOMATIC"}
BUDGET_KEYS = {
    Budget.CALLS: key("BUDGET", "CALLS"),
    Budget.COMPARISONS: key("BUDGET", "COMPARISONS"),
    Budget.READS: key("BUDGET", "READS"),
}


def minute_key(meeting_id: str, user_id: str, minute: Minute) -> Key:
    """The key of a token bucket. Records in the meeting's partition would be sent to its live subscribers."""
    return key(f"TOKENS#{meeting_id}", f"{MINUTES[minute]}#{user_id}")


def due_key(due: Due) -> Key:
    if due.change_id is not None:
        return change_key(due.meeting_id, due.change_id)
    return user_key(due.meeting_id, due.user_id) if due.user_id is not None else meeting_key(due.meeting_id)


def due_shard(meeting_id: str) -> str:
    return f"DUE#{sha256(meeting_id.encode()).digest()[0] % DUE_SHARDS}"


def place_of(image: Mapping[str, Attribute]) -> tuple[str, str]:
    return image["pk"]["S"], image["sk"]["S"]
