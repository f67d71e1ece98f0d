"""What every call takes besides its own arguments."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, TypedDict

from .durations import as_text

Medium = Literal["audio", "video", "content"]
Media = Medium | Iterable[Medium]
Capability = Literal["SendReceive", "Send", "Receive", "None"]
Liftable = Literal["self", "host"]
ConsentRule = Literal["none", "muted-first", "required"]


class WriteOptions(TypedDict, total=False):
    """Of calls that change something."""

    dry_run: bool
    """The same checks and the same answer; nothing is stored or sent."""
    if_match: str
    """The `revision` that the caller saw. If it is another one, nothing is done."""
    idempotency_key: str
    """Every call has one of its own. Pass yours if your program may send a command again after a restart."""
    on_behalf_of: str
    """The ExternalUserId of the user that an admin acts for."""


class HistoryFilters(TypedDict, total=False):
    """Which entries of the history are read."""

    order: Literal["asc", "desc"]
    """`asc`, oldest first, is the default."""
    since: datetime
    """Not before this time."""
    until: datetime
    """Before this time."""
    verdict: Literal["accepted", "refused"]
    command: str
    actor: str
    """The `actor.id`."""
    user_id: str
    attendee_id: str


def history_query(filters: HistoryFilters) -> dict[str, str | int | None]:
    """The parameters of `GET …/history`."""
    return {
        "order": filters.get("order"),
        "from": as_text(filters["since"]) if "since" in filters else None,
        "to": as_text(filters["until"]) if "until" in filters else None,
        "verdict": filters.get("verdict"),
        "command": filters.get("command"),
        "actor": filters.get("actor"),
        "externalUserId": filters.get("user_id"),
        "attendeeId": filters.get("attendee_id"),
    }


def as_list(media: Media) -> list[Medium]:
    """`"audio"` means `["audio"]`."""
    if isinstance(media, str):
        return [media]
    return list(media)
