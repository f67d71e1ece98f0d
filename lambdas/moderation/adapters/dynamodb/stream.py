"""Reads the ledger's stream: the changes of each meeting."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ...ports.live import MeetingDelta
from ...telemetry import UNEXPECTED_ERRORS, write
from .attributes import values
from .connections import SUBSCRIPTION
from .keys import partition
from .records import entry_of

OF_MEETINGS = partition("")


def meeting_deltas(records: Iterable[Mapping[str, Any]]) -> list[MeetingDelta]:
    """The changes of each meeting, in the order in which they happened."""
    found: dict[str, MeetingDelta] = {}
    for record in records:
        image = record["dynamodb"].get("NewImage")
        if image is None or not image["pk"]["S"].startswith(OF_MEETINGS):
            continue
        meeting_id = image["pk"]["S"].removeprefix(OF_MEETINGS)
        known = found.get(meeting_id, MeetingDelta(meeting_id))
        try:
            found[meeting_id] = _with(known, record["eventName"], image)
        except (AttributeError, LookupError, TypeError, ValueError) as error:  # it would be delivered again and again
            measures = {UNEXPECTED_ERRORS: 1}
            write("ERROR", "failed", measures=measures, meetingId=meeting_id, exception=type(error).__name__)
    return list(found.values())


def _with(known: MeetingDelta, event: str, image: Mapping[str, Any]) -> MeetingDelta:
    kind, _, identity = image["sk"]["S"].partition("#")
    match kind:
        case "ENTRY" if event == "INSERT":
            return replace(known, entries=(*known.entries, entry_of(values(image))))
        case "USER" | "HAND":
            return replace(known, users=known.users | {identity})
        case "MEETING":
            return replace(known, revision=max(known.revision, int(image["revision"]["N"])))
        case _ if kind == SUBSCRIPTION.rstrip("#"):
            return replace(known, asked=known.asked | {identity})
    return known
