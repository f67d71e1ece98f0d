"""The text that `make run` prints when the stack is ready, and the variables for `.local/env`."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from local.aws import ENVIRONMENT
from local.demo import Demo
from local.stack import LocalStack

ADMIN = "gavel/admin"
BACK_END = "back-end"
TOKEN_SECONDS = 7 * 24 * 3600


def variables(stack: LocalStack, demo: Demo) -> dict[str, str]:
    """The variables that a client of the stack needs."""
    attendees = {f"GAVEL_DEMO_{name.upper()}": attendee_id for name, attendee_id in demo.attendee_ids.items()}
    return {
        "GAVEL_URL": stack.api_url,
        "GAVEL_ISSUER_URL": stack.issuer_url,
        "GAVEL_ADMIN_TOKEN": stack.token(BACK_END, scope=ADMIN, expires_in=TOKEN_SECONDS),
        "GAVEL_CONSOLE_URL": f"{stack.console_url}/",
        "GAVEL_EVENTS_QUEUE_URL": stack.events_queue_url,
        "GAVEL_BUS": stack.bus,
        "GAVEL_TABLE": stack.table,
        "GAVEL_FAULTS_URL": stack.faults_url,
        "CHIME_ENDPOINT_URL": stack.chime_url,
        "AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS": stack.chime_url,
        "AWS_ENDPOINT_URL": stack.aws_endpoint_url,
        **ENVIRONMENT,
        "GAVEL_DEMO_MEETING": demo.meeting_id,
        **attendees,
    }


def text(stack: LocalStack, env_file: Path, notes: Sequence[str] = ()) -> str:
    """The address of the console, a command with its events, and where to read on. `notes` are lines about this
    stack.
    """
    shown = "".join(f"\n  {note}" for note in notes)
    return f"""
  console   {stack.console_url}/   (choose a user; /attendee.html is the attendees' page)
  API       {stack.api_url}{shown}

In a second terminal, mute bob as alice, who is host in the demo meeting, and read the events:

{commands(env_file)}

{env_file} has every URL and GAVEL_ADMIN_TOKEN, a back end's token.
Read on in docs/tutorial.md (ten minutes) and docs/local-stack.md. Ctrl-C stops everything."""


def commands(env_file: Path) -> str:
    """Commands to copy, line by line."""
    return f"""\
  source {shlex.quote(str(env_file))}
  curl -s "$GAVEL_URL/meetings/$GAVEL_DEMO_MEETING/users/bob/mute" -d '{{"reason": "noise"}}' \\
    -H "Content-Type: application/json" -H "Authorization: Bearer $GAVEL_ADMIN_TOKEN" -H "Gavel-On-Behalf-Of: alice"
  .venv/bin/gavel events"""
