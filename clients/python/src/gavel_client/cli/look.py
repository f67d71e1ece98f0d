"""Commands that read."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from ..durations import FORM, in_seconds
from ..models import Entry
from ..options import HistoryFilters
from .moderate import User, named
from .session import MEETING_ID, Session, with_session
from .show import (
    as_json,
    console,
    entry_line,
    show_attendees,
    show_change,
    show_limits,
    show_meetings,
    until_interrupted,
)

Since = Annotated[str | None, typer.Option("--from", help="Not before: `10:03`, `5m` ago, or an ISO 8601 time.")]
Until = Annotated[str | None, typer.Option("--to", help="Before this time.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="A file; the standard output without it.")]
MOST = 100
"""Meetings of a page."""
LED_TO_IT = 10
"""Entries that `why --at` shows."""
COLUMNS = (
    *("occurredAt", "type", "verdict", "command", "actor", "via", "users", "reason", "code"),
    *("changeId", "entryId", "summary"),
)


class Format(StrEnum):
    """What `export` writes."""

    JSONL = "jsonl"
    CSV = "csv"


def meetings(
    session: Session,
    name: Annotated[str | None, typer.Argument(help="Only meetings of this ExternalMeetingId.")] = None,
    user: Annotated[str | None, typer.Option("--user", help="Only meetings in which this user is known.")] = None,
    since: Since = None,
    until: Until = None,
    count: Annotated[int, typer.Option("--count", help="At most so many.")] = 20,
) -> None:
    """List registered meetings, newest first. It needs an admin's token."""
    listed = session.gavel.meetings.list(
        external_meeting_id=name,
        user_id=user,
        since=moment(since) if since else None,
        until=moment(until) if until else None,
        limit=min(count, MOST),
    )
    found = list(islice(listed, count))
    if session.json:
        for meeting in found:
            print(as_json(meeting))
    else:
        show_meetings(found)


def who(session: Session) -> None:
    """List the attendees: roles, capabilities, raised hands."""
    attendees = list(session.meeting.attendees())
    if session.json:
        for attendee in attendees:
            print(as_json(attendee))
    else:
        show_attendees(attendees)


def why(
    session: Session,
    user: User,
    at: Annotated[str | None, typer.Option("--at", help="What led to it until this time.")] = None,
) -> None:
    """Say what withholds what from a user: which actor, since when, for how long."""
    if at is None:
        attendee = named(session, user).get()
        session.show(attendee, lambda: show_limits(user, attendee))
        return
    filters: HistoryFilters = {"order": "desc", "until": moment(at), **concerning(user)}
    newest = list(islice(session.meeting.history(limit=LED_TO_IT, **filters), LED_TO_IT))
    write_entries(session, reversed(newest))


def history(
    session: Session,
    since: Since = None,
    until: Until = None,
    user: Annotated[str | None, typer.Option("--user", help="Only what concerns this user.")] = None,
    command: Annotated[str | None, typer.Option("--command", help="Only what this command caused.")] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Only what this actor caused.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as new entries come, until Ctrl-C.")] = False,
) -> None:
    """Show who did what, why and when."""
    filters = chosen_filters(since, until, user)
    if command:
        filters["command"] = command
    if actor:
        filters["actor"] = actor
    with until_interrupted(follow):
        write_entries(session, session.meeting.history(follow=follow, **filters))


def change(session: Session, change_id: Annotated[str, typer.Argument()]) -> None:
    """Show what became of a change."""
    found = session.meeting.change(change_id)
    session.show(found, lambda: show_change(found))


def export(
    session: Session,
    output: Output = None,
    format_: Annotated[Format, typer.Option("--format", help="JSON lines, or CSV.")] = Format.JSONL,
    since: Since = None,
    until: Until = None,
) -> None:
    """Write the history of a meeting as JSON lines or CSV."""
    entries = session.meeting.history(**chosen_filters(since, until, None))
    with opened(output) as file:
        if format_ is Format.JSONL:
            for entry in entries:
                print(as_json(entry), file=file)
        else:
            rows = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            rows.writeheader()
            rows.writerows(row(entry) for entry in entries)


def add_to(app: typer.Typer) -> None:
    app.command()(with_session(meetings, in_meeting=False))
    for command in (who, why, history, change, export):
        app.command()(with_session(command))


def moment(text: str) -> datetime:
    """`10:03` is today, here; `5m` is that long ago. Raises `ValueError` for what is no time."""
    if FORM.fullmatch(text) and not text.isdecimal():
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() - in_seconds(text), UTC)
    today = datetime.now().astimezone()
    try:
        found = datetime.fromisoformat(f"{today:%Y-%m-%d}T{text}" if ":" in text and "-" not in text else text)
    except ValueError:
        raise ValueError(f"`{text}` is no time: expected `10:03`, `5m` for five minutes ago, or ISO 8601") from None
    return found.astimezone(UTC)


def concerning(user: str) -> HistoryFilters:
    return {"attendee_id": user} if MEETING_ID.fullmatch(user) else {"user_id": user}


def chosen_filters(since: str | None, until: str | None, user: str | None) -> HistoryFilters:
    filters: HistoryFilters = concerning(user) if user else {}
    if since:
        filters["since"] = moment(since)
    if until:
        filters["until"] = moment(until)
    return filters


def write_entries(session: Session, entries: Iterable[Entry]) -> None:
    out = console()
    for entry in entries:
        if session.json:
            print(as_json(entry), flush=True)
        else:
            out.print(entry_line(entry))


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file


def row(entry: Entry) -> dict[str, Any]:
    """Of the CSV. A text that a spreadsheet would read as a formula gets an apostrophe."""
    document = json.loads(as_json(entry))
    users = [each.get("externalUserId") for each in document.get("attendees", [])]
    values = {name: document.get(name) for name in COLUMNS} | {
        "actor": entry.actor.id,
        "via": entry.actor.via,
        "users": " ".join(map(str, users)),
    }
    return {name: plain(value) for name, value in values.items()}


def plain(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
