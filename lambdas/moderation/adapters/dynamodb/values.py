"""What all records are made of, as documents and back: actors, moments, capabilities."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...domain.actor import Actor, ActorKind
from ...domain.capability import Capabilities
from ...domain.entry import iso

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
