"""Gavel's events, typed: `parse_event(event)` for functions that a rule of EventBridge calls.

Events come at least once and in no order: `detail.entry_id` is the same if an event comes twice, and `detail.revision`
tells which of two is newer.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import Discriminator, Field, Tag, TypeAdapter, ValidationError

from .errors import NotAGavelEventError
from .model import Received
from .models import (
    AdmissionRequested,
    AttendeeCapabilitiesChanged,
    AttendeeRemoved,
    DriftFound,
    HandLowered,
    HandRaised,
    MeetingEnded,
    MeetingModerationChanged,
    ModerationAbandoned,
    ModerationDecided,
    ModerationDelayed,
    ModerationSuperseded,
    UnmuteAnswered,
    UnmuteRequested,
)


class UnknownDetail(Received):
    """What every event has; the rest is in `model_extra`."""

    schema_version: str
    entry_id: str
    meeting_id: str | None = None


class UnknownEvent(Received):
    """An event of a newer version of Gavel, which this version of the package does not know."""

    version: str
    id: str
    detail_type: Annotated[str, Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: UnknownDetail


KnownEvent = (
    AdmissionRequested
    | AttendeeCapabilitiesChanged
    | AttendeeRemoved
    | DriftFound
    | HandLowered
    | HandRaised
    | MeetingEnded
    | MeetingModerationChanged
    | ModerationAbandoned
    | ModerationDecided
    | ModerationDelayed
    | ModerationSuperseded
    | UnmuteAnswered
    | UnmuteRequested
)
DETAIL_TYPES: frozenset[str] = frozenset(
    word for model in get_args(KnownEvent) for word in get_args(model.model_fields["detail_type"].annotation)
)


def _which(event: Any) -> str:
    detail_type = event.get("detail-type") if isinstance(event, Mapping) else getattr(event, "detail_type", None)
    return "known" if detail_type in DETAIL_TYPES else "unknown"


GavelEvent = Annotated[
    Annotated[Annotated[KnownEvent, Field(discriminator="detail_type")], Tag("known")]
    | Annotated[UnknownEvent, Tag("unknown")],
    Discriminator(_which),
]
"""Any event of Gavel: a type for pydantic, and a model for the parser of Powertools."""
Event = KnownEvent | UnknownEvent


def parse_event(event: Mapping[str, Any]) -> Event:
    """The event as its class, for `match` or `isinstance`. Raises `NotAGavelEventError`."""
    try:
        return _adapter().validate_python(event)
    except ValidationError as error:
        raise NotAGavelEventError(f"not an event of Gavel: {error}") from error


@cache
def _adapter() -> TypeAdapter[Event]:
    """Built when the first event comes."""
    return TypeAdapter(GavelEvent)
