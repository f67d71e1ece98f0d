"""The ledger's stream: what its records tell of meetings."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..ports.live import News
from ..watch import UNEXPECTED_ERRORS, write
from .attributes import values
from .clauses import partition
from .items import entry_of
from .listeners import TOLD

OF_MEETINGS = partition("")


def news(records: Iterable[Mapping[str, Any]]) -> list[News]:
    """By meeting; of one meeting in the order in which it happened."""
    found: dict[str, News] = {}
    for record in records:
        image = record["dynamodb"].get("NewImage")
        if image is None or not image["pk"]["S"].startswith(OF_MEETINGS):
            continue
        meeting_id = image["pk"]["S"].removeprefix(OF_MEETINGS)
        known = found.get(meeting_id, News(meeting_id))
        try:
            found[meeting_id] = _with(known, record["eventName"], image)
        except (AttributeError, LookupError, TypeError, ValueError) as error:  # it would come again and again
            measures = {UNEXPECTED_ERRORS: 1}
            write("ERROR", "failed", measures=measures, meetingId=meeting_id, exception=type(error).__name__)
    return list(found.values())


def _with(known: News, event: str, image: Mapping[str, Any]) -> News:
    kind, _, identity = image["sk"]["S"].partition("#")
    match kind:
        case "ENTRY" if event == "INSERT":
            return replace(known, entries=(*known.entries, entry_of(values(image))))
        case "USER" | "HAND":
            return replace(known, people=known.people | {identity})
        case "MEETING":
            return replace(known, revision=max(known.revision, int(image["revision"]["N"])))
        case _ if kind == TOLD.rstrip("#"):
            return replace(known, asked=known.asked | {identity})
    return known
