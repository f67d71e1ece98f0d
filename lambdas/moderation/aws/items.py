"""The ledger's records as documents, and back, field by field: what goes in comes out equal."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..core.actor import Actor, ActorKind
from ..core.capability import Capabilities
from ..core.change import Change, Lease, Status
from ..core.entry import Entry, iso
from ..core.meeting import Features, Meeting, MeetingRules, Seat, UnmuteConsent, User, UserRules
from ..core.restriction import LiftableBy, Origin, Restriction

Document = dict[str, Any]
Source = Mapping[str, Any]


def _moment(text: str | None) -> datetime | None:
    return _known_moment(text) if text is not None else None


def _known_moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment is not None else None


def _bits(value: int | None) -> Capabilities | None:
    return Capabilities(value) if value is not None else None


def _number(capabilities: Capabilities | None) -> int | None:
    return capabilities.value if capabilities is not None else None


def actor_document(actor: Actor) -> Document:
    return {"kind": actor.kind.value, "id": actor.id, "via": actor.via}


def actor_of(document: Source) -> Actor:
    return Actor(ActorKind(document["kind"]), document["id"], document["via"])


def restriction_document(restriction: Restriction) -> Document:
    return {
        "withholds": restriction.withholds.value,
        "origin": restriction.origin.value,
        "liftableBy": restriction.liftable_by.value,
        "actor": actor_document(restriction.actor),
        "since": iso(restriction.since),
        "reason": restriction.reason,
        "until": _iso(restriction.until),
    }


def restriction_of(document: Source) -> Restriction:
    return Restriction(
        withholds=Capabilities(document["withholds"]),
        origin=Origin(document["origin"]),
        liftable_by=LiftableBy(document["liftableBy"]),
        actor=actor_of(document["actor"]),
        since=_known_moment(document["since"]),
        reason=document["reason"],
        until=_moment(document["until"]),
    )


def user_rules_document(rules: UserRules) -> Document:
    return {
        "role": rules.role,
        "grant": _number(rules.grant),
        "given": rules.given.value,
        "restrictions": [restriction_document(r) for r in rules.restrictions],
    }


def user_rules_of(document: Source) -> UserRules:
    return UserRules(
        role=document["role"],
        grant=_bits(document["grant"]),
        given=Capabilities(document["given"]),
        restrictions=tuple(restriction_of(r) for r in document["restrictions"]),
    )


def meeting_rules_document(rules: MeetingRules) -> Document:
    return {
        "mode": rules.mode,
        "defaultRole": rules.default_role,
        "unmuteConsent": rules.unmute_consent.value,
        "lobby": rules.lobby,
    }


def meeting_rules_of(document: Source) -> MeetingRules:
    return MeetingRules(
        mode=document["mode"],
        default_role=document["defaultRole"],
        unmute_consent=UnmuteConsent(document["unmuteConsent"]),
        lobby=document["lobby"],
    )


def seat_document(seat: Seat) -> Document:
    return {"known": _number(seat.known), "gone": seat.gone, "drifted": seat.drifted}


def seat_of(attendee_id: str, document: Source) -> Seat:
    return Seat(attendee_id, _bits(document["known"]), document["gone"], document["drifted"])


def user_document(user: User) -> Document:
    return {
        "userId": user.id,
        "rules": user_rules_document(user.rules),
        "seats": {seat.attendee_id: seat_document(seat) for seat in user.seats.values()},
        "revision": user.revision,
        "revisedBy": user.revised_by,
    }


def user_of(document: Source) -> User:
    return User(
        id=document["userId"],
        rules=user_rules_of(document["rules"]),
        seats={key: seat_of(key, seat) for key, seat in document["seats"].items()},
        revision=document["revision"],
        revised_by=document.get("revisedBy"),
    )


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
        "endedAt": _iso(meeting.ended_at),
        "revisedBy": meeting.revised_by,
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
        ended_at=_moment(document.get("endedAt")),
        revised_by=document.get("revisedBy"),
    )


def _rules_document(rules: UserRules | MeetingRules | None) -> Document | None:
    if isinstance(rules, UserRules):
        return {"user": user_rules_document(rules)}
    return {"meeting": meeting_rules_document(rules)} if rules is not None else None


def _rules_of(document: Source | None) -> UserRules | MeetingRules | None:
    if document is None:
        return None
    return user_rules_of(document["user"]) if "user" in document else meeting_rules_of(document["meeting"])


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
        "replaced": _rules_document(change.replaced),
        "made": _rules_document(change.made),
        "before": _number(change.before),
        "after": _number(change.after),
        "effects": list(change.effects),
        "status": change.status.value,
        "leaseToken": lease.token if lease else None,
        "leaseUntil": iso(lease.until) if lease else None,
        "dueAt": _iso(change.due_at),
        "unsureUntil": _iso(change.unsure_until),
        "delayTold": change.delay_told,
        "closedBy": change.closed_by,
        "answer": json.dumps(dict(change.answer)),
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
        committed_at=_known_moment(document["committedAt"]),
        revision=document["changeRevision"],
        reason=document.get("reason"),
        subject=document.get("subject"),
        attendee_id=document.get("attendeeId"),
        replaced=_rules_of(document.get("replaced")),
        made=_rules_of(document.get("made")),
        before=_bits(document.get("before")),
        after=_bits(document.get("after")),
        effects=tuple(document["effects"]),
        status=Status(document["status"]),
        lease=Lease(token, _known_moment(document["leaseUntil"])) if token else None,
        due_at=_moment(document.get("dueAt")),
        unsure_until=_moment(document.get("unsureUntil")),
        delay_told=document["delayTold"],
        closed_by=document.get("closedBy"),
        answer=json.loads(document["answer"]),
    )


def entry_document(entry: Entry) -> Document:
    """`detail` is what the outbox publishes, word for word."""
    adds: Mapping[str, Any] = entry.adds
    return {
        "entryId": entry.id,
        "detailType": entry.type,
        "detail": json.dumps(entry.detail, ensure_ascii=False),
        "adds": list(adds),
        "attendeeIds": [a["attendeeId"] for a in adds.get("attendees", []) if a["attendeeId"]],
    }


def entry_of(document: Source) -> Entry:
    detail = json.loads(document["detail"])
    actor = detail["actor"]
    return Entry(
        id=detail["entryId"],
        type=document["detailType"],
        meeting_id=detail["meetingId"],
        external_meeting_id=detail["externalMeetingId"],
        occurred_at=_known_moment(detail["occurredAt"]),
        actor=Actor(ActorKind(actor["kind"]), actor["id"], actor.get("via")),
        command=detail["command"],
        revision=detail["revision"],
        change_id=detail["changeId"],
        reason=detail["reason"],
        adds={key: detail[key] for key in document["adds"]},
    )
