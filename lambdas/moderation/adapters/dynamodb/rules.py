"""Rules of people and of meetings, and seats, as documents and back."""

from datetime import datetime

from ...domain.capability import Capabilities, Medium
from ...domain.entry import iso
from ...domain.meeting import MeetingRules, Seat, UnmuteConsent, UserRules
from ...domain.mute_all import MuteAll
from ...domain.restriction import LiftableBy, Origin, Restriction
from .personal_rules import personal_document, with_personal
from .values import Document, Source, actor_document, actor_of, bits_of, moment_of, number_of, text_of


def restriction_document(restriction: Restriction) -> Document:
    return {
        "withholds": restriction.withholds.value,
        "origin": restriction.origin.value,
        "liftableBy": restriction.liftable_by.value,
        "actor": actor_document(restriction.actor),
        "since": iso(restriction.since),
        "reason": restriction.reason,
        "until": text_of(restriction.until),
    }


def restriction_of(document: Source) -> Restriction:
    return Restriction(
        withholds=Capabilities(document["withholds"]),
        origin=Origin(document["origin"]),
        liftable_by=LiftableBy(document["liftableBy"]),
        actor=actor_of(document["actor"]),
        since=datetime.fromisoformat(document["since"]),
        reason=document["reason"],
        until=moment_of(document["until"]),
    )


def user_rules_document(rules: UserRules) -> Document:
    return {
        "role": rules.role,
        "grant": number_of(rules.grant),
        "given": rules.given.value,
        "restrictions": [restriction_document(r) for r in rules.restrictions],
        "spares": sorted(rules.spares),
        "admitted": rules.admitted,
        **personal_document(rules),
    }


def user_rules_of(document: Source) -> UserRules:
    rules = UserRules(
        role=document["role"],
        grant=bits_of(document["grant"]),
        given=Capabilities(document["given"]),
        restrictions=tuple(restriction_of(r) for r in document["restrictions"]),
        spares=frozenset(document["spares"]),
        admitted=document["admitted"],
    )
    return with_personal(rules, document)


def mute_all_document(mute_all: MuteAll) -> Document:
    return {
        "id": mute_all.id,
        "medium": mute_all.medium.value,
        "liftableBy": mute_all.liftable_by.value,
        "actor": actor_document(mute_all.actor),
        "since": iso(mute_all.since),
        "reason": mute_all.reason,
        "until": text_of(mute_all.until),
        "sparedRoles": sorted(mute_all.spared_roles),
        "sparedUsers": sorted(mute_all.spared_users),
    }


def mute_all_of(document: Source) -> MuteAll:
    return MuteAll(
        id=document["id"],
        medium=Medium(document["medium"]),
        liftable_by=LiftableBy(document["liftableBy"]),
        actor=actor_of(document["actor"]),
        since=datetime.fromisoformat(document["since"]),
        reason=document["reason"],
        until=moment_of(document["until"]),
        spared_roles=frozenset(document["sparedRoles"]),
        spared_users=frozenset(document["sparedUsers"]),
    )


def meeting_rules_document(rules: MeetingRules) -> Document:
    return {
        "mode": rules.mode,
        "defaultRole": rules.default_role,
        "unmuteConsent": rules.unmute_consent.value,
        "lobby": rules.lobby,
        "muteAlls": [mute_all_document(m) for m in rules.mute_alls],
        "frozenAt": text_of(rules.frozen_at),
        "turns": list(rules.turns),
    }


def meeting_rules_of(document: Source) -> MeetingRules:
    audio, video, content = document.get("turns", MeetingRules().turns)
    return MeetingRules(
        mode=document["mode"],
        default_role=document["defaultRole"],
        unmute_consent=UnmuteConsent(document["unmuteConsent"]),
        lobby=document["lobby"],
        mute_alls=tuple(mute_all_of(m) for m in document["muteAlls"]),
        frozen_at=moment_of(document["frozenAt"]),
        turns=(audio, video, content),
    )


def either_rules_document(rules: UserRules | MeetingRules | None) -> Document | None:
    """A person's or a meeting's, and which of them."""
    if isinstance(rules, UserRules):
        return {"user": user_rules_document(rules)}
    return {"meeting": meeting_rules_document(rules)} if rules is not None else None


def either_rules_of(document: Source | None) -> UserRules | MeetingRules | None:
    if document is None:
        return None
    return user_rules_of(document["user"]) if "user" in document else meeting_rules_of(document["meeting"])


def seat_document(seat: Seat) -> Document:
    return {
        "known": number_of(seat.known),
        "gone": seat.gone,
        "drifted": seat.drifted,
        "notedAt": text_of(seat.noted_at),
        "notTaken": seat.not_taken,
    }


def seat_of(attendee_id: str, document: Source) -> Seat:
    return Seat(
        attendee_id=attendee_id,
        known=bits_of(document["known"]),
        gone=document["gone"],
        drifted=document["drifted"],
        noted_at=moment_of(document["notedAt"]),
        not_taken=document.get("notTaken", False),
    )
