"""Answers for people: tables and sentences."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from unicodedata import category

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..model import Received
from ..models import Attendee, Capabilities, Change, Entry, Limit, Meeting

MEDIA = ("audio", "video", "content")
SHORT = {"SendReceive": "⇅ send, receive", "Send": "↑ send", "Receive": "↓ receive", "None": "– nothing"}
REASONS = {
    "restriction": "muted or restricted",
    "mute-all": "mute-all",
    "grant": "was never granted",
    "policy": "the policies, for this role and mode",
    "freeze": "the meeting is frozen",
    "meeting-feature": "the meeting was created without it",
    "content-needs-video": "content needs video",
    "hold": "on hold",
    "ban": "banned",
    "consent": "waits for the user's consent",
}
"""`by` of a limit in words."""
STEERING = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Categories of characters that could steer the terminal: control, format and separators of lines."""
JOINERS = "\u200c\u200d"


def console() -> Console:
    """Of this moment, so that a redirected output counts."""
    return Console(highlight=False)


def printable(text: str) -> str:
    """The text with its steering characters as escape sequences: reasons and ids are written by others."""
    return "".join(each.encode("unicode_escape").decode() if steers(each) else each for each in text)


def steers(character: str) -> bool:
    return category(character) in STEERING and character not in JOINERS


def safe(text: str | None) -> str:
    """The printable text as it may stand in markup of rich: its own brackets are no markup."""
    return escape(printable(text or ""))


@contextmanager
def until_interrupted(follows: bool) -> Iterator[None]:
    """Ctrl-C is the end of what follows, and no failure of it."""
    try:
        yield
    except KeyboardInterrupt:
        if not follows:
            raise


def as_json(answer: Received) -> str:
    """One document, under the names of the API."""
    return answer.model_dump_json(by_alias=True, exclude_unset=True)


def local_time(moment: datetime | None) -> str:
    """With the day, unless it is today."""
    if moment is None:
        return ""
    is_today = moment.astimezone().date() == datetime.now().astimezone().date()
    return moment.astimezone().strftime("%H:%M:%S") if is_today else local_day(moment)


def how_long(until: datetime | None) -> str:
    """`until 10:05:00 (4 min 31 s left)`, or that it has no end."""
    if until is None:
        return "until lifted"
    left = max(0, round((until - datetime.now(UTC)).total_seconds()))
    minutes, seconds = divmod(left, 60)
    return f"until {local_time(until)} ({f'{minutes} min ' if minutes else ''}{seconds} s left)"


def show_meetings(meetings: Iterable[Meeting]) -> None:
    table = Table("registered", "name", "meeting", "mode", "ended", box=None, header_style="bold")
    for meeting in meetings:
        times = [local_day(each) for each in (meeting.registered_at, meeting.ended_at)]
        name, mode = safe(meeting.external_meeting_id), safe(meeting.mode)
        table.add_row(times[0], name, meeting.meeting_id, mode, times[1])
    console().print(table)


def local_day(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def show_attendees(attendees: Iterable[Attendee]) -> None:
    """With a column of names if anybody has one."""
    attendees = list(attendees)
    has_names = any(attendee.display_name for attendee in attendees)
    table = Table("user", *["name"] * has_names, "role", *MEDIA, "status", "", box=None, header_style="bold")
    for attendee in attendees:
        who = [attendee.external_user_id, attendee.display_name or ""][: 1 + has_names]
        notes = [note for note, holds in (("✋ hand", attendee.hand), ("🎤 floor", attendee.floor)) if holds]
        held = [shown_capability(attendee.capabilities, medium) for medium in MEDIA]
        table.add_row(*map(safe, who), safe(attendee.role or "–"), *held, attendee.status, ", ".join(notes))
    console().print(table)


def shown_capability(capabilities: Capabilities, medium: str) -> str:
    word: str = getattr(capabilities, medium)
    return SHORT.get(word, word)


def show_limits(user: str, attendee: Attendee) -> None:
    out = console()
    held = ", ".join(f"{medium} {getattr(attendee.capabilities, medium)}" for medium in MEDIA)
    name = f" ({safe(attendee.display_name)})" if attendee.display_name else ""
    who = f"[bold]{safe(user)}[/bold]{name}"
    out.print(f"{who} is {safe(attendee.role or 'in no role')}: {held} ({attendee.status})")
    if not attendee.limits:
        out.print("Nothing is withheld." if attendee.limits is not None else "You may not see what is withheld.")
        return
    table = Table("withheld", "by", "who", "reason", "since", "how long", "liftable by", box=None, header_style="bold")
    for limit in attendee.limits:
        table.add_row(*map(safe, limit_row(limit)))
    out.print(table)


def limit_row(limit: Limit) -> tuple[str, ...]:
    by = REASONS.get(limit.by, limit.by)
    policies = f": {', '.join(limit.policies)}" if limit.policies else ""
    ends = how_long(limit.until) if limit.since else ""
    return (
        f"{limit.withholds} {', '.join(limit.media)}", by + policies, limit.actor or "", limit.reason or "",
        local_time(limit.since), ends, limit.liftable_by or "",
    )  # fmt: skip


def show_change(change: Change) -> None:
    console().print(f"{change.change_id} {safe(change.command)}: [bold]{safe(change.status)}[/bold]")


def entry_line(entry: Entry) -> str:
    refused = "[red]refused[/red] " if (entry.model_extra or {}).get("verdict") == "refused" else ""
    return f"[dim]{local_time(entry.occurred_at)}[/dim] {refused}{safe(entry.summary)}"
