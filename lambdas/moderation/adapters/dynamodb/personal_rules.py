"""What stands on one person besides restrictions, as documents and back.

What he doesn't have is not written: most people have none of it, and records from before it existed read as theirs.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from ...domain.capability import Medium
from ...domain.entry import iso
from ...domain.meeting import UserRules
from ...domain.personal_rules import Agreement, Ban, ConsentRequest, Floor, Hold, Waiting
from .values import Document, Source, actor_document, actor_of, moment_of, text_of

Part = TypeVar("Part")


def personal_document(rules: UserRules) -> Document:
    parts = {
        "hold": _written(rules.hold, _hold_document),
        "floor": _written(rules.floor, _floor_document),
        "ban": _written(rules.ban, _ban_document),
        "waiting": _written(rules.waiting, _waiting_document),
        "removed": sorted(rules.removed) or None,
        "removedAt": text_of(rules.removed_at),
        "asked": _written(rules.asked, _asked_document),
        "agreed": _written(rules.agreed, _agreement_document),
    }
    return {name: part for name, part in parts.items() if part is not None}


def with_personal(rules: UserRules, document: Source) -> UserRules:
    return replace(
        rules,
        hold=_read(document.get("hold"), _hold_of),
        floor=_read(document.get("floor"), _floor_of),
        ban=_read(document.get("ban"), _ban_of),
        waiting=_read(document.get("waiting"), _waiting_of),
        removed=frozenset(document.get("removed", ())),
        removed_at=moment_of(document.get("removedAt")),
        asked=_read(document.get("asked"), _asked_of),
        agreed=_read(document.get("agreed"), _agreement_of),
    )


def _written(part: Part | None, document_of: Callable[[Part], Document]) -> Document | None:
    return document_of(part) if part is not None else None


def _read(document: Source | None, part_of: Callable[[Source], Part]) -> Part | None:
    return part_of(document) if document is not None else None


def _hold_document(hold: Hold) -> Document:
    return {"actor": actor_document(hold.actor), "since": iso(hold.since), "reason": hold.reason}


def _hold_of(document: Source) -> Hold:
    return Hold(actor_of(document["actor"]), datetime.fromisoformat(document["since"]), document["reason"])


def _floor_document(floor: Floor) -> Document:
    return {
        "media": [medium.value for medium in floor.media],
        "turns": list(floor.turns),
        "actor": actor_document(floor.actor),
        "since": iso(floor.since),
        "until": iso(floor.until),
        "reason": floor.reason,
    }


def _floor_of(document: Source) -> Floor:
    return Floor(
        media=tuple(Medium(word) for word in document["media"]),
        turns=tuple(document["turns"]),
        actor=actor_of(document["actor"]),
        since=datetime.fromisoformat(document["since"]),
        until=datetime.fromisoformat(document["until"]),
        reason=document["reason"],
    )


def _ban_document(ban: Ban) -> Document:
    return {
        "actor": actor_document(ban.actor),
        "since": iso(ban.since),
        "reason": ban.reason,
        "until": text_of(ban.until),
    }


def _ban_of(document: Source) -> Ban:
    return Ban(
        actor=actor_of(document["actor"]),
        since=datetime.fromisoformat(document["since"]),
        reason=document["reason"],
        until=moment_of(document["until"]),
    )


def _waiting_document(waiting: Waiting) -> Document:
    return {"since": iso(waiting.since), "declinedAt": text_of(waiting.declined_at), "left": waiting.left}


def _waiting_of(document: Source) -> Waiting:
    since, declined_at = datetime.fromisoformat(document["since"]), moment_of(document.get("declinedAt"))
    return Waiting(since, declined_at, document["left"])


def _asked_document(asked: ConsentRequest) -> Document:
    return {
        "changeId": asked.change_id,
        "actor": actor_document(asked.actor),
        "since": iso(asked.since),
        "until": iso(asked.until),
        "lifts": asked.lifts,
        "spares": sorted(asked.spares),
        "gives": asked.gives,
    }


def _asked_of(document: Source) -> ConsentRequest:
    return ConsentRequest(
        change_id=document["changeId"],
        actor=actor_of(document["actor"]),
        since=datetime.fromisoformat(document["since"]),
        until=datetime.fromisoformat(document["until"]),
        lifts=document.get("lifts", False),
        spares=frozenset(document.get("spares", ())),
        gives=document.get("gives", False),
    )


def _agreement_document(agreed: Agreement) -> Document:
    return {"until": iso(agreed.until), "meetingRevision": agreed.meeting_revision}


def _agreement_of(document: Source) -> Agreement:
    return Agreement(datetime.fromisoformat(document["until"]), document["meetingRevision"])
