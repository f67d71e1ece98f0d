"""The ledger's records as documents, and back, field by field: what goes in comes out equal.

`said`, `answer`, `detail` and the fields of an entry are documents in JSON's terms, and are kept as JSON.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from ...domain.actor import Actor, ActorKind
from ...domain.capability import Capabilities
from ...domain.change import Change, Lease, Status
from ...domain.entry import Entry, iso
from ...domain.meeting import Features, Meeting, User, next_end
from ...ports import Due, KeyTaken
from .rules import (
    either_rules_document,
    either_rules_of,
    meeting_rules_document,
    meeting_rules_of,
    seat_document,
    seat_of,
    user_rules_document,
    user_rules_of,
)
from .token_bucket import TokenBucket
from .values import Document, Source, actor_document, actor_of, bits_of, moment_of, number_of, text_of


def user_document(user: User) -> Document:
    """Without his hand, which is a record of its own."""
    return {
        "userId": user.id,
        "rules": user_rules_document(user.rules),
        "seats": {seat.attendee_id: seat_document(seat) for seat in user.seats.values()},
        "revision": user.revision,
        "revisedBy": user.revised_by,
        "notes": user.notes,
        "dueAt": text_of(next_end(user.rules)),
    }


def user_of(document: Source) -> User:
    return User(
        id=document["userId"],
        rules=user_rules_of(document["rules"]),
        seats={key: seat_of(key, seat) for key, seat in document["seats"].items()},
        revision=document["revision"],
        revised_by=document.get("revisedBy"),
        notes=document.get("notes", 0),
    )


def hand_document(user_id: str, at: datetime | None) -> Document:
    """A hand that is down keeps its record: no door may delete."""
    return {"userId": user_id, "raisedAt": text_of(at)}


def hands_of(documents: Iterable[Source]) -> dict[str, datetime]:
    """Whose hand is up, and since when."""
    return {d["userId"]: datetime.fromisoformat(d["raisedAt"]) for d in documents if "raisedAt" in d}


def meeting_document(meeting: Meeting) -> Document:
    features = meeting.features
    return {
        "meetingId": meeting.id,
        "externalMeetingId": meeting.external_id or None,
        "rules": meeting_rules_document(meeting.rules),
        "features": {
            "video": features.video,
            "content": features.content,
            "videoCanBeReceived": features.video_can_be_received,
        },
        "revision": meeting.revision,
        "registration": meeting.registration,
        "hosts": meeting.hosts,
        "endedAt": text_of(meeting.ended_at),
        "revisedBy": meeting.revised_by,
        "dueAt": text_of(meeting.check_at),
        "comparedAt": text_of(meeting.compared_at),
        "registeredAt": text_of(meeting.registered_at),
        "modeSince": text_of(meeting.mode_since),
        "frozenSince": text_of(meeting.frozen_since),
    }


def meeting_of(document: Source) -> Meeting:
    features = document["features"]
    return Meeting(
        id=document["meetingId"],
        external_id=document.get("externalMeetingId", ""),
        rules=meeting_rules_of(document["rules"]),
        features=Features(features["video"], features["content"], features["videoCanBeReceived"]),
        revision=document["revision"],
        registration=document["registration"],
        hosts=document["hosts"],
        ended_at=moment_of(document.get("endedAt")),
        revised_by=document.get("revisedBy"),
        check_at=moment_of(document.get("dueAt")),
        compared_at=moment_of(document.get("comparedAt")),
        registered_at=moment_of(document.get("registeredAt")),
        mode_since=moment_of(document.get("modeSince")),
        frozen_since=moment_of(document.get("frozenSince")),
    )


def change_document(change: Change) -> Document:
    lease = change.lease
    return {
        "changeId": change.id,
        "meetingId": change.meeting_id,
        "command": change.command,
        "said": json.dumps(dict(change.said)),
        "actor": actor_document(change.actor),
        "policies": list(change.policies),
        "committedAt": iso(change.committed_at),
        "changeRevision": change.revision,
        "reason": change.reason,
        "subject": change.subject,
        "attendeeId": change.attendee_id,
        "replaced": either_rules_document(change.rules_before),
        "made": either_rules_document(change.rules_after),
        "before": number_of(change.before),
        "after": number_of(change.after),
        "effects": list(change.effects),
        "status": change.status.value,
        "leaseToken": lease.token if lease else None,
        "leaseUntil": iso(lease.until) if lease else None,
        "dueAt": text_of(change.due_at),
        "unsureUntil": text_of(change.uncertain_until),
        "delayTold": change.delay_told,
        "closedBy": change.closed_by,
        "answer": json.dumps(dict(change.answer)),
        "widens": change.widens,
        "everybody": change.everybody,
        "awaitsConsent": change.awaits_consent,
        "waitsFor": change.waits_for,
        "lapsed": change.lapsed.value if change.lapsed else None,
        "agreedAt": text_of(change.agreed_at),
        "notesCountFrom": text_of(change.notes_count_from),
        "untold": {key: had.value for key, had in change.untold.items()} or None,
        "isJoin": change.is_join,
        "unknown": list(change.unknown) or None,
    }


def change_of(document: Source) -> Change:
    token = document.get("leaseToken")
    return Change(
        id=document["changeId"],
        meeting_id=document["meetingId"],
        command=document["command"],
        said=json.loads(document["said"]),
        actor=actor_of(document["actor"]),
        policies=tuple(document["policies"]),
        committed_at=datetime.fromisoformat(document["committedAt"]),
        revision=document["changeRevision"],
        reason=document.get("reason"),
        subject=document.get("subject"),
        attendee_id=document.get("attendeeId"),
        rules_before=either_rules_of(document.get("replaced")),
        rules_after=either_rules_of(document.get("made")),
        before=bits_of(document.get("before")),
        after=bits_of(document.get("after")),
        effects=tuple(document["effects"]),
        status=Status(document["status"]),
        lease=Lease(token, datetime.fromisoformat(document["leaseUntil"])) if token is not None else None,
        due_at=moment_of(document.get("dueAt")),
        uncertain_until=moment_of(document.get("unsureUntil")),
        delay_told=document["delayTold"],
        closed_by=document.get("closedBy"),
        answer=json.loads(document["answer"]),
        widens=document.get("widens"),
        everybody=document.get("everybody", False),
        awaits_consent=document.get("awaitsConsent", False),
        waits_for=document.get("waitsFor"),
        lapsed=Status(document["lapsed"]) if "lapsed" in document else None,
        agreed_at=moment_of(document.get("agreedAt")),
        notes_count_from=moment_of(document.get("notesCountFrom")),
        untold={key: Capabilities(int(had)) for key, had in document.get("untold", {}).items()},
        is_join=document.get("isJoin", False),
        unknown=tuple(document.get("unknown", ())),
    )


def due_of(document: Source) -> Due:
    """The `due` index holds keys alone, which tell what it is."""
    kind, _, identity = document["sk"].partition("#")
    at, meeting_id = datetime.fromisoformat(document["dueAt"]), document["pk"].removeprefix("MEETING#")
    return Due(at, meeting_id, identity if kind == "CHANGE" else None, identity if kind == "USER" else None)


def entry_document(entry: Entry) -> Document:
    """`detail` is what the outbox publishes, word for word."""
    return {
        "entryId": entry.id,
        "detailType": entry.type,
        "detail": json.dumps(entry.detail, ensure_ascii=False),
        "adds": list(entry.extra),
    }


def entry_of(document: Source) -> Entry:
    detail = json.loads(document["detail"])
    actor = detail["actor"]
    return Entry(
        id=detail["entryId"],
        type=document["detailType"],
        meeting_id=detail["meetingId"],
        external_meeting_id=detail["externalMeetingId"],
        occurred_at=datetime.fromisoformat(detail["occurredAt"]),
        actor=Actor(ActorKind(actor["kind"]), actor["id"], actor.get("via")),
        command=detail["command"],
        revision=detail["revision"],
        change_id=detail["changeId"],
        reason=detail["reason"],
        extra={key: detail[key] for key in document["adds"]},
    )


def key_document(key: KeyTaken) -> Document:
    return {
        "digest": key.id,
        "fingerprint": key.fingerprint,
        "meetingId": key.meeting_id,
        "changeId": key.change_id,
        "answer": json.dumps(dict(key.answer)) if key.answer is not None else None,
    }


def key_of(document: Source) -> KeyTaken:
    answer = document.get("answer")
    return KeyTaken(
        id=document["digest"],
        fingerprint=document["fingerprint"],
        meeting_id=document["meetingId"],
        change_id=document.get("changeId"),
        answer=json.loads(answer) if answer is not None else None,
    )


def allowance_document(allowance: TokenBucket) -> Document:
    return {"thousandths": allowance.thousandths, "savedAt": allowance.saved_at}


def allowance_of(document: Source) -> TokenBucket:
    return TokenBucket(document["thousandths"], document["savedAt"])
