"""Writes each clause of a transaction as one action of TransactWriteItems, with its condition."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...domain.capability import Capabilities
from ...domain.change import Change
from ...domain.schedule import next_end
from ...ports import (
    MEETING_SHARDS,
    AttendeeBound,
    AttendeeSeen,
    AttendeesNoted,
    BatchesOver,
    BatchesRecorded,
    ChangeIsOpen,
    ChangeKept,
    ChangeOpened,
    CheckTaken,
    Clause,
    EntryWritten,
    HandLowered,
    HandRaised,
    KeyTaken,
    MeetingIs,
    MeetingRevised,
    Postponed,
    UserIs,
    UserRevised,
)
from .attributes import Attribute, item, packed, values
from .keys import (
    Key,
    attendee_key,
    batches_key,
    change_key,
    due_key,
    due_shard,
    entry_key,
    hand_key,
    idempotency_key,
    key,
    meeting_key,
    place_of,
    shard_key,
    shard_of,
    user_key,
)
from .listing import listed, places_of
from .records import change_document, document_of, entry_document, hand_document, user_document

IS_NEW = "attribute_not_exists(pk)"
IS_DOWN = "attribute_not_exists(raisedAt)"
IS_UP = "attribute_exists(raisedAt)"
HAS_THE_REVISION = "revision = :revision"
HAS_THE_NOTES = f"{HAS_THE_REVISION} AND notes = :notes"
IS_STILL_DUE = "dueAt = :was"
IS_OPEN = "attribute_exists(pk) AND attribute_not_exists(closure)"
IS_MINE = "lease.#token = :token"
IS_KNOWN_AND_OLDER = "attribute_exists(pk) AND (attribute_not_exists(seenAt) OR seenAt <= :at)"
RESERVED = {"#token": "token"}
"""Attributes whose names are reserved words of DynamoDB."""
IS_NEW_OR_OF_USER = "attribute_not_exists(pk) OR userId = :user"
DUE = ("dueAt", "dueShard")

Action = dict[str, dict[str, Any]]


def place(action: Action) -> tuple[str, str]:
    """Partition and sort key of the item that an action is about."""
    [body] = action.values()
    return place_of(body.get("Key") or body["Item"])


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes actions for one table. `expires_at` (epoch seconds) goes on every item from its first write."""

    table: str
    expires_at: int
    now: datetime

    def actions(self, clause: Clause) -> Iterator[Action]:
        """The actions of a clause, as many as `actions_of` says."""
        yield self.action(clause)
        if isinstance(clause, MeetingRevised):
            for number in range(MEETING_SHARDS):
                where, document = shard_key(clause.meeting.id, number), {"revision": clause.meeting.revision}
                yield self._in_table(self._put(where, document))
            for partition_key, sort_key in places_of(clause.meeting) if clause.was == 0 else ():
                yield self._in_table(self._put(key(partition_key, sort_key), {}))

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
                return _check(shard_key(meeting_id, shard_of(beside)), HAS_THE_REVISION, {":revision": revision})
            case UserIs(meeting_id, user_id, 0):
                return _check(user_key(meeting_id, user_id), IS_NEW)
            case UserIs(meeting_id, user_id, revision):
                return _check(user_key(meeting_id, user_id), HAS_THE_REVISION, {":revision": revision})
            case MeetingRevised(meeting, was):
                document = _when_due(meeting.id, document_of(meeting))
                return self._put_revised(meeting_key(meeting.id), document, was)
            case UserRevised(meeting_id, user, 0):
                document = _when_due(meeting_id, user_document(user)) | listed(meeting_id, user.id, self.now)
                return self._put_revised(user_key(meeting_id, user.id), document, 0)
            case UserRevised():
                return self._revise_user(clause)
            case AttendeesNoted():
                return self._note_attendees(clause)
            case CheckTaken():
                return _take_check(clause)
            case Postponed(due, until):
                moved = {":was": due.at, ":until": until}
                return _update(due_key(due), ["dueAt = :until"], IS_STILL_DUE, moved)
            case AttendeeBound(meeting_id, attendee_id, user_id):
                bound = {"userId": user_id}
                return self._put(attendee_key(meeting_id, attendee_id), bound, IS_NEW_OR_OF_USER, {":user": user_id})
            case AttendeeSeen(meeting_id, attendee_id, at, connected):
                seen = {":at": at, ":connected": connected}
                sets = ["seenAt = :at", "connected = :connected"]
                return _update(attendee_key(meeting_id, attendee_id), sets, IS_KNOWN_AND_OLDER, seen)
            case ChangeOpened(change):
                return self._put(change_key(change.meeting_id, change.id), _change(change), IS_NEW)
            case ChangeIsOpen(meeting_id, change_id):
                return _check(change_key(meeting_id, change_id), IS_OPEN)
            case ChangeKept(change, token):
                return self._put(change_key(change.meeting_id, change.id), _change(change), IS_MINE, {":token": token})
            case BatchesRecorded(meeting_id, change_id, capabilities):
                given = {"NS": sorted(str(each.value) for each in capabilities)}
                return self._batches(meeting_id, change_id, "ADD #change :given", {":given": given})
            case BatchesOver(meeting_id, change_id):
                return self._batches(meeting_id, change_id, "REMOVE #change", {})
            case HandRaised(meeting_id, user_id, at):
                return self._put(hand_key(meeting_id, user_id), hand_document(user_id, at), IS_DOWN)
            case HandLowered(meeting_id, user_id):
                return self._put(hand_key(meeting_id, user_id), hand_document(user_id, None), IS_UP)
            case EntryWritten(entry):
                return self._put(entry_key(entry), entry_document(entry), IS_NEW)
            case KeyTaken():
                return self._put(idempotency_key(clause.id), document_of(clause), IS_NEW)

    def _batches(self, meeting_id: str, change_id: str, update: str, given: Key) -> Action:
        """Updates the change's attribute of the record: a set, so that the batches of several functions add up."""
        body = {
            "Key": batches_key(meeting_id),
            "UpdateExpression": f"{update} SET expiresAt = :expires",
            "ExpressionAttributeNames": {"#change": change_id},
            "ExpressionAttributeValues": {":expires": packed(self.expires_at), **given},
        }
        return {"Update": body}

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
        """Sets the rules and the name, and adds the new attendees. The notes on the other attendees stay."""
        user = clause.user
        attendees = {f"#s{n}": attendee for n, attendee in enumerate(clause.new_attendees)}
        sets = ["#rules = :rules", "revision = :new", "revisedBy = :by", "expiresAt = :expires"]
        sets += [f"attendees.{name} = if_not_exists(attendees.{name}, :{name[1:]})" for name in attendees]
        values: dict[str, object] = {
            ":rules": document_of(user.rules),
            ":new": user.revision,
            ":by": user.revised_by,
            ":expires": self.expires_at,
            ":revision": clause.was,
            **{f":{name[1:]}": document_of(attendee) for name, attendee in attendees.items()},
        }
        names = {"#rules": "rules", **{name: attendee.attendee_id for name, attendee in attendees.items()}}
        where, (condition, noted) = user_key(clause.meeting_id, user.id), _with_notes(clause.notes)
        ends_at = next_end(user.rules)
        due = ends_at and due_shard(clause.meeting_id)
        optional = {"dueAt": ends_at, "dueShard": due, "displayName": user.display_name}
        given = {name: value for name, value in optional.items() if value is not None}
        sets += [f"{name} = :{name}" for name in given]
        values |= noted | {f":{name}": value for name, value in given.items()}
        return _update(
            where, sets, condition, values, names, removes=tuple(name for name in optional if name not in given)
        )

    def _note_attendees(self, clause: AttendeesNoted) -> Action:
        condition, noted = _with_notes(clause.notes)
        if not clause.attendees:
            where, revision = user_key(clause.meeting_id, clause.user_id), {":revision": clause.revision}
            return _check(where, condition, revision | noted)
        attendees = {f"#s{n}": attendee for n, attendee in enumerate(clause.attendees)}
        sets = ["notes = notes + :one", *(f"attendees.{name} = :{name[1:]}" for name in attendees)]
        values = {f":{name[1:]}": document_of(attendee) for name, attendee in attendees.items()}
        names = {name: attendee.attendee_id for name, attendee in attendees.items()}
        where = user_key(clause.meeting_id, clause.user_id)
        counting = {":revision": clause.revision, ":one": 1}
        return _update(where, sets, condition, {**counting, **noted, **values}, names)


def batches_of(image: Mapping[str, Attribute]) -> set[Capabilities]:
    """The capabilities in the record of a meeting's batches, of all changes."""
    return {Capabilities(value) for given in values(image).values() if isinstance(given, list) for value in given}


def _with_notes(notes: int | None) -> tuple[str, dict[str, object]]:
    if notes is None:
        return HAS_THE_REVISION, {}
    return HAS_THE_NOTES, {":notes": notes}


def _condition(condition: str, values: Mapping[str, object] | None) -> dict[str, Any]:
    body: dict[str, Any] = {"ConditionExpression": condition}
    if names := {name: attribute for name, attribute in RESERVED.items() if name in condition}:
        body["ExpressionAttributeNames"] = names
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
    return _when_due(change.meeting_id, change_document(change))


def _when_due(meeting_id: str, document: dict[str, object]) -> dict[str, object]:
    """The attributes of the `due` index. They are absent if nothing is due."""
    return document | {"dueShard": due_shard(meeting_id) if document.get("dueAt") else None}


def _take_check(clause: CheckTaken) -> Action:
    where, condition = meeting_key(clause.meeting_id), f"{IS_STILL_DUE} AND {HAS_THE_REVISION}"
    values: dict[str, object] = {":was": clause.was, ":revision": clause.revision}
    if clause.then is None:
        return _update(where, [], condition, values, removes=DUE)
    sets, values = ["dueAt = :then"], {**values, ":then": clause.then}
    if clause.compared_at is not None:
        sets, values = [*sets, "comparedAt = :compared"], {**values, ":compared": clause.compared_at}
    return _update(where, sets, condition, values)
