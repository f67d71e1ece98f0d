"""`gavel forget`: erases a user, or a meeting, from Gavel's table."""

import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from .aws import aws_client
from .exits import Exit
from .own_code import adapter
from .session import Session, with_session
from .settings import NoSuchMeetingError, NotConfiguredError, NotOverError, Settings
from .show import console, safe

COMMAND = "gavel forget"
STACK = "gavel"
ELSEWHERE = """\
Elsewhere, and not erased by this command (docs/security.md says for how long each is kept):
  logs name users under `personal`; dead-letter queues hold whole commands;
  subscribers of the bus keep what they received; recovery and backups of the table hold what it was."""


def forget(
    session: Session,
    user: Annotated[str | None, typer.Option("--user", help="Erase this user: their ExternalUserId.")] = None,
    meeting: Annotated[str | None, typer.Option("--meeting", "-m", help="Erase this meeting: its MeetingId.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased, and erase nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    table: Annotated[str | None, typer.Option("--table", help="The table; else GAVEL_TABLE, or the stack's.")] = None,
    stage: Annotated[str, typer.Option("--stage", help="Of the stack whose table it is.")] = "prod",
    region: Annotated[str | None, typer.Option("--region", help="Of the stack.")] = None,
) -> None:
    """Erase a user or a meeting from the table. It needs AWS credentials, and meetings that are over.

    A user's own records are deleted, and their ids in all others are replaced. It cannot be undone.
    """
    if (user is None) is (meeting is None):
        raise NotConfiguredError("which one? Pass either `--user` or `--meeting`")
    what = f"user `{user}`" if user else f"meeting `{meeting}`"
    if not (dry_run or yes):
        typer.confirm(f"Erase {what} for good?", abort=True)
    module, settings = adapter("dynamodb.erasure", COMMAND), session.settings
    name = table or settings.get("GAVEL_TABLE") or table_of(settings, stage, region)
    with closing(aws_client(settings, "dynamodb", COMMAND, region)) as client:
        erasure = module.Erasure(client, name, lambda: datetime.now(UTC), dry_run=dry_run)
        try:
            report = erasure.forget_user(user) if user else erasure.forget_meeting(meeting)
        except module.MeetingNotFoundError:
            raise NoSuchMeetingError(f"the table `{name}` has no meeting `{meeting}`") from None
        except module.MeetingNotOverError:
            raise NotOverError(f"meeting `{meeting}` is not over: end it first (`gavel end`)") from None
    if session.json:
        print(json.dumps(as_document(report, dry_run=dry_run)))
    else:
        show(what, report, dry_run=dry_run)
    if not report.is_complete:
        raise typer.Exit(Exit.CONFLICT)


def add_to(app: typer.Typer) -> None:
    app.command()(with_session(forget, in_meeting=False))


def table_of(settings: Settings, stage: str, region: str | None) -> str:
    """The table of a deployed stack."""
    name = STACK if stage == "prod" else f"{STACK}-{stage}"
    with closing(aws_client(settings, "cloudformation", COMMAND, region)) as cloudformation:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    outputs = {output["OutputKey"]: str(output["OutputValue"]) for output in stack["Outputs"]}
    return outputs["TableName"]


def as_document(report: Any, *, dry_run: bool) -> dict[str, object]:
    return {
        "dryRun": dry_run,
        "complete": report.is_complete,
        "deleted": dict(report.deleted),
        "rewritten": {name: count for name, count in report.rewritten.items() if count},
        "meetings": sorted(report.meetings),
        "pseudonym": report.pseudonym,
        "notOver": sorted(report.not_over),
        "stillNamedIn": sorted(report.unknown_fields),
    }


def show(what: str, report: Any, *, dry_run: bool) -> None:
    out, rows = console(), Table("records", "deleted", "rewritten", box=None, header_style="bold")
    for name in sorted({*report.deleted, *report.rewritten}):
        rows.add_row(name, str(report.deleted[name]), str(report.rewritten[name]))
    would = "would be erased" if dry_run else "is erased"
    out.print(f"[bold]{safe(what)}[/bold] {would}, in {len(report.meetings)} meetings")
    if rows.row_count:
        out.print(rows)
    if report.pseudonym and any(report.rewritten.values()):
        out.print(f"Records of others say `{report.pseudonym}` instead, and have no reasons any more.")
    if report.not_over:
        out.print(f"[yellow]Left alone, because they are not over:[/yellow] {', '.join(sorted(report.not_over))}")
        out.print("Run the command again when they have ended.")
    if report.unknown_fields:
        out.print(f"[red]Still named in:[/red] {', '.join(sorted(report.unknown_fields))}. Please report this.")
    out.print(ELSEWHERE)
