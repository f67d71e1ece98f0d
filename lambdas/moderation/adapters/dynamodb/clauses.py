"""Each clause of a transaction as one action of TransactWriteItems, its condition under a name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ...domain.change import Change, Status
from ...domain.entry import Entry, iso
from ...domain.meeting import next_end
from ...ports import (
    MEETING_SHARDS,
    Budget,
    ChangeIsOpen,
    ChangeKept,
    ChangeOpened,
    CheckTaken,
    Clause,
    Due,
    EntryWritten,
    HandLowered,
    HandRaised,
    KeyTaken,
    MeetingIs,
    MeetingRevised,
    Minute,
    Postponed,
    SeatBound,
    SeatSeen,
    SeatsNoted,
    UserIs,
    UserRevised,
)
from . import items, rules
from .attributes import Attribute, item, packed

IS_NEW = "attribute_not_exists(pk)"
IS_DOWN = "attribute_not_exists(raisedAt)"
IS_UP = "attribute_exists(raisedAt)"
HAS_THE_REVISION = "revision = :revision"
HAS_THE_NOTES = f"{HAS_THE_REVISION} AND notes = :notes"
HAS_NO_NOTES = f"{HAS_THE_REVISION} AND (attribute_not_exists(notes) OR notes = :notes)"
"""Who was written before notes were counted has none."""
IS_STILL_DUE = "dueAt = :was"
IS_PENDING = "#status = :pending"
IS_MINE = "leaseToken = :token"
IS_KNOWN_AND_OLDER = "attribute_exists(pk) AND (attribute_not_exists(seenAt) OR seenAt <= :at)"
IS_NEW_OR_HIS = "attribute_not_exists(pk) OR userId = :user"
DUE = ("dueAt", "dueShard")
DUE_SHARDS = 4
"""Partitions of the `due` index, so that no single one takes all that is due in the account."""

Action = dict[str, dict[str, Any]]
Key = dict[str, Attribute]


def key(partition: str, sort: str) -> Key:
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def partition(meeting_id: str) -> str:
    return f"MEETING#{meeting_id}"


def meeting_key(meeting_id: str) -> Key:
    return key(partition(meeting_id), "MEETING")


def entry_key(entry: Entry) -> Key:
    """An entry without a meeting has a partition of its own: it is published and belongs to no history."""
    where = partition(entry.meeting_id) if entry.meeting_id is not None else f"REFUSED#{entry.id}"
    return key(where, f"ENTRY#{entry.id}")


def user_key(meeting_id: str, user_id: str) -> Key:
    return key(partition(meeting_id), f"USER#{user_id}")


def seat_key(meeting_id: str, attendee_id: str) -> Key:
    return key(partition(meeting_id), f"SEAT#{attendee_id}")


def shard_key(meeting_id: str, number: int) -> Key:
    """Of an item that holds the revision of the meeting. Not in the partition of the meeting: subscribers read that."""
    return key(f"REVISION#{meeting_id}", str(number))


def name_key(external_id: str, meeting_id: str) -> Key:
    """Of an item that leads from the name of a meeting to its id."""
    return key(f"NAME#{external_id}", meeting_id)


def shard_of(beside: str) -> int:
    return sha256(beside.encode()).digest()[0] % MEETING_SHARDS


def change_key(meeting_id: str, change_id: str) -> Key:
    return key(partition(meeting_id), f"CHANGE#{change_id}")


def hand_key(meeting_id: str, user_id: str) -> Key:
    return key(partition(meeting_id), f"HAND#{user_id}")


def idempotency_key(digest: str) -> Key:
    return key(f"KEY#{digest}", "KEY")


MINUTES = {Minute.COMMANDS: "USER", Minute.READS: "READS", Minute.AUTOMATIC: "AUTOMATIC"}
BUDGET_KEYS = {
    Budget.CALLS: key("ALLOWANCE", "CHIME"),
    Budget.SWEEPS: key("ALLOWANCE", "SWEEPS"),
    Budget.LOOKS: key("ALLOWANCE", "LOOKS"),
}


def minute_key(meeting_id: str, user_id: str, minute: Minute) -> Key:
    """Not in the meeting's partition, whose records are news to those who listen."""
    return key(f"ALLOWANCE#{meeting_id}", f"{MINUTES[minute]}#{user_id}")


def due_key(due: Due) -> Key:
    if due.change_id is not None:
        return change_key(due.meeting_id, due.change_id)
    return user_key(due.meeting_id, due.user_id) if due.user_id is not None else meeting_key(due.meeting_id)


def due_shard(meeting_id: str) -> str:
    return f"DUE#{sha256(meeting_id.encode()).digest()[0] % DUE_SHARDS}"


def place(action: Action) -> tuple[str, str]:
    """Partition and sort key of the item that an action is about."""
    [body] = action.values()
    return place_of(body.get("Key") or body["Item"])


def place_of(image: Mapping[str, Attribute]) -> tuple[str, str]:
    return image["pk"]["S"], image["sk"]["S"]


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes actions for one table. `expires_at` (epoch seconds) goes on every item from its first write."""

    table: str
    expires_at: int

    def actions(self, clause: Clause) -> Iterator[Action]:
        """As many as `actions_of` says."""
        yield self.action(clause)
        if isinstance(clause, MeetingRevised):
            yield from self.shards(clause.meeting.id, clause.meeting.revision)
            if clause.was == 0 and clause.meeting.external_id:
                yield self._in_table(self._put(name_key(clause.meeting.external_id, clause.meeting.id), {}))

    def shards(self, meeting_id: str, revision: int) -> Iterator[Action]:
        """What makes all items beside a meeting hold this revision."""
        for number in range(MEETING_SHARDS):
            yield self._in_table(self._put(shard_key(meeting_id, number), {"revision": revision}))

    def action(self, clause: Clause) -> Action:
        action = self._action(clause)
        [body] = action.values()
        body |= {"TableName": self.table, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        return action

    def _action(self, clause: Clause) -> Action:  # noqa: C901, PLR0911, PLR0912 - one case a clause
        match clause:
            case MeetingIs(meeting_id, 0):
                return _check(meeting_key(meeting_id), IS_NEW)
            case MeetingIs(meeting_id, revision, beside):
                return self.revision_check(shard_key(meeting_id, shard_of(beside)), revision)
            case UserIs(meeting_id, user_id, 0):
                return _check(user_key(meeting_id, user_id), IS_NEW)
            case UserIs(meeting_id, user_id, revision):
                return _check(user_key(meeting_id, user_id), HAS_THE_REVISION, {":revision": revision})
            case MeetingRevised(meeting, was):
                document = _when_due(meeting.id, items.meeting_document(meeting))
                return self._put_revised(meeting_key(meeting.id), document, was)
            case UserRevised(meeting_id, user, 0):
                document = _when_due(meeting_id, items.user_document(user))
                return self._put_revised(user_key(meeting_id, user.id), document, 0)
            case UserRevised():
                return self._revise_user(clause)
            case SeatsNoted():
                return self._note_seats(clause)
            case CheckTaken():
                return _take_check(clause)
            case Postponed(due, until):
                moved = {":was": iso(due.at), ":until": iso(until)}
                return _update(due_key(due), ["dueAt = :until"], IS_STILL_DUE, moved)
            case SeatBound(meeting_id, attendee_id, user_id):
                bound = {"userId": user_id}
                return self._put(seat_key(meeting_id, attendee_id), bound, IS_NEW_OR_HIS, {":user": user_id})
            case SeatSeen(meeting_id, attendee_id, at, connected):
                seen = {":at": iso(at), ":connected": connected}
                sets = ["seenAt = :at", "connected = :connected"]
                return _update(seat_key(meeting_id, attendee_id), sets, IS_KNOWN_AND_OLDER, seen)
            case ChangeOpened(change):
                return self._put(change_key(change.meeting_id, change.id), _change(change), IS_NEW)
            case ChangeIsOpen(meeting_id, change_id):
                action = _check(change_key(meeting_id, change_id), IS_PENDING, {":pending": Status.PENDING.value})
                action["ConditionCheck"]["ExpressionAttributeNames"] = {"#status": "status"}
                return action
            case ChangeKept(change, token):
                return self._put(change_key(change.meeting_id, change.id), _change(change), IS_MINE, {":token": token})
            case HandRaised(meeting_id, user_id, at):
                return self._put(hand_key(meeting_id, user_id), items.hand_document(user_id, at), IS_DOWN)
            case HandLowered(meeting_id, user_id):
                return self._put(hand_key(meeting_id, user_id), items.hand_document(user_id, None), IS_UP)
            case EntryWritten(entry):
                return self._put(entry_key(entry), items.entry_document(entry), IS_NEW)
            case KeyTaken():
                return self._put(idempotency_key(clause.id), items.key_document(clause), IS_NEW)

    def revision_check(self, where: Key, revision: int) -> Action:
        return self._in_table(_check(where, HAS_THE_REVISION, {":revision": revision}))

    def _in_table(self, action: Action) -> Action:
        [body] = action.values()
        body["TableName"] = self.table
        return action

    def _put(
        self,
        where: Key,
        document: Mapping[str, object],
        condition: str | None = None,
        names: Mapping[str, object] | None = None,
    ) -> Action:
        body = {"Item": {**where, **item(document), "expiresAt": packed(self.expires_at)}}
        return {"Put": body | (_condition(condition, names) if condition else {})}

    def _put_revised(self, where: Key, document: Mapping[str, object], was: int) -> Action:
        if was == 0:
            return self._put(where, document, IS_NEW)
        return self._put(where, document, HAS_THE_REVISION, {":revision": was})

    def _revise_user(self, clause: UserRevised) -> Action:
        """Sets the rules, adds the new seats and leaves what is noted on the others alone."""
        user = clause.user
        seats = {f"#s{n}": seat for n, seat in enumerate(clause.new_seats)}
        sets = ["#rules = :rules", "revision = :new", "revisedBy = :by", "expiresAt = :expires"]
        sets += [f"seats.{name} = if_not_exists(seats.{name}, :{name[1:]})" for name in seats]
        values: dict[str, object] = {
            ":rules": rules.user_rules_document(user.rules),
            ":new": user.revision,
            ":by": user.revised_by,
            ":expires": self.expires_at,
            ":revision": clause.was,
            **{f":{name[1:]}": rules.seat_document(seat) for name, seat in seats.items()},
        }
        names = {"#rules": "rules", **{name: seat.attendee_id for name, seat in seats.items()}}
        where, ends_at = user_key(clause.meeting_id, user.id), next_end(user.rules)
        condition, noted = _with_notes(clause.notes)
        if ends_at is None:
            return _update(where, sets, condition, values | noted, names, removes=DUE)
        due = {":due": iso(ends_at), ":shard": due_shard(clause.meeting_id)}
        return _update(where, [*sets, "dueAt = :due", "dueShard = :shard"], condition, values | noted | due, names)

    def _note_seats(self, clause: SeatsNoted) -> Action:
        condition, noted = _with_notes(clause.notes)
        if not clause.seats:
            where, revision = user_key(clause.meeting_id, clause.user_id), {":revision": clause.revision}
            return _check(where, condition, revision | noted)
        seats = {f"#s{n}": seat for n, seat in enumerate(clause.seats)}
        sets = ["notes = if_not_exists(notes, :none) + :one", *(f"seats.{name} = :{name[1:]}" for name in seats)]
        values = {f":{name[1:]}": rules.seat_document(seat) for name, seat in seats.items()}
        names = {name: seat.attendee_id for name, seat in seats.items()}
        where = user_key(clause.meeting_id, clause.user_id)
        counting = {":revision": clause.revision, ":none": 0, ":one": 1}
        return _update(where, sets, condition, {**counting, **noted, **values}, names)


def _with_notes(notes: int | None) -> tuple[str, dict[str, object]]:
    if notes is None:
        return HAS_THE_REVISION, {}
    return HAS_THE_NOTES if notes else HAS_NO_NOTES, {":notes": notes}


def _condition(condition: str, values: Mapping[str, object] | None) -> dict[str, Any]:
    body: dict[str, Any] = {"ConditionExpression": condition}
    if values:
        body["ExpressionAttributeValues"] = {name: packed(value) for name, value in values.items()}
    return body


def _check(where: Key, condition: str, values: Mapping[str, object] | None = None) -> Action:
    return {"ConditionCheck": {"Key": where, **_condition(condition, values)}}


def _update(
    where: Key,
    sets: list[str],
    condition: str,
    values: Mapping[str, object],
    names: Mapping[str, str] | None = None,
    removes: tuple[str, ...] = (),
) -> Action:
    parts = [f"SET {', '.join(sets)}"] * bool(sets) + [f"REMOVE {', '.join(removes)}"] * bool(removes)
    body: dict[str, Any] = {"Key": where, "UpdateExpression": " ".join(parts)}
    if names:
        body["ExpressionAttributeNames"] = dict(names)
    return {"Update": body | _condition(condition, values)}


def _change(change: Change) -> dict[str, object]:
    return _when_due(change.meeting_id, items.change_document(change))


def _when_due(meeting_id: str, document: dict[str, object]) -> dict[str, object]:
    """In the `due` index only while somebody has to look at it."""
    return document | {"dueShard": due_shard(meeting_id) if document["dueAt"] else None}


def _take_check(clause: CheckTaken) -> Action:
    where, was = meeting_key(clause.meeting_id), {":was": iso(clause.was)}
    if clause.then is None:
        return _update(where, [], IS_STILL_DUE, was, removes=DUE)
    sets, values = ["dueAt = :then"], {**was, ":then": iso(clause.then)}
    if clause.compared_at is not None:
        sets, values = [*sets, "comparedAt = :compared"], {**values, ":compared": iso(clause.compared_at)}
    return _update(where, sets, IS_STILL_DUE, values)
