"""What records are made of, as documents and back: people's and meetings' rules, seats, actors, moments."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..core.actor import Actor, ActorKind
from ..core.capability import Capabilities
from ..core.entry import iso
from ..core.meeting import MeetingRules, Seat, UnmuteConsent, UserRules
from ..core.restriction import LiftableBy, Origin, Restriction

Document = dict[str, Any]
Source = Mapping[str, Any]


def text_of(moment: datetime | None) -> str | None:
    return iso(moment) if moment is not None else None


def moment_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def number_of(capabilities: Capabilities | None) -> int | None:
    return capabilities.value if capabilities is not None else None


def bits_of(number: int | None) -> Capabilities | None:
    return Capabilities(number) if number is not None else None


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
    }


def user_rules_of(document: Source) -> UserRules:
    return UserRules(
        role=document["role"],
        grant=bits_of(document["grant"]),
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
    return {"known": number_of(seat.known), "gone": seat.gone, "drifted": seat.drifted}


def seat_of(attendee_id: str, document: Source) -> Seat:
    return Seat(attendee_id, bits_of(document["known"]), document["gone"], document["drifted"])
