"""What `make run` leaves in the user's hand: a file to source, and commands to copy."""

import shlex
from pathlib import Path

from local.aws import ENVIRONMENT
from local.demo import Demo
from local.stack import LocalStack

EXAM = (
    'import boto3; boto3.client("events").put_events(Entries=[{"Source": "school", "DetailType": "%s", '
    '"Detail": "{\\"room\\": \\"demo\\"}"}])'
)


def variables(stack: LocalStack, demo: Demo) -> dict[str, str]:
    """Everything a client of the stack has to know."""
    people = {f"GAVEL_DEMO_{name.upper()}": seat for name, seat in demo.attendee_ids.items()}
    return {
        "GAVEL_URL": stack.api_url,
        "GAVEL_ISSUER_URL": stack.issuer_url,
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
        **people,
    }


def write(path: Path, values: dict[str, str]) -> None:
    """Export lines, to be sourced. Whole or not at all, for other programs wait for this file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items()))
    fresh.replace(path)


def text(stack: LocalStack, path: Path) -> str:
    """Where everything is, and one command per main deed."""
    return f"""
  console   {stack.console_url}/   (the hosts' page; /attendee.html is the attendee's)
  API       {stack.api_url}
  issuer    {stack.issuer_url}   (POST /token {{"sub": "alice"}})
  Chime     {stack.chime_url}   (simulator; GET /_simulator/calls)
  AWS       {stack.aws_endpoint_url}   (emulator)
  events    {stack.events_queue_url}   (a queue that sees all of bus `{stack.bus}`)

The demo meeting: alice is host, bob and carol are participants, victor is a viewer. In another terminal:

{commands(path)}
Ctrl-C stops everything."""


def commands(path: Path) -> str:
    """To be copied line by line. `sed` takes the token out, so that curl is all one needs."""
    meeting = '"$GAVEL_URL/meetings/$GAVEL_DEMO_MEETING'
    attendees = f"{meeting}/attendees"
    headers = '-H "Authorization: Bearer $ALICE" -H "Content-Type: application/json"'
    return f"""  source {shlex.quote(str(path))}
  # a token for alice
  ALICE=$(curl -s "$GAVEL_ISSUER_URL/token" -d '{{"sub": "alice"}}' | sed 's/.*"access_token": "\\([^"]*\\)".*/\\1/')
  # mute bob, and let him speak again
  curl -s -X POST {attendees}/$GAVEL_DEMO_BOB/mute" {headers} -d '{{"reason": "noise"}}'
  curl -s -X POST {attendees}/$GAVEL_DEMO_BOB/unmute" {headers} -d '{{}}'
  # take carol's camera away
  curl -s -X PATCH {attendees}/$GAVEL_DEMO_CAROL/capabilities" {headers} -d '{{"video": "Receive"}}'
  # silence everybody but hosts, those who come later too, and end it
  curl -s -X POST {meeting}/mute-all" {headers} -d '{{"media": ["audio", "content"]}}'
  curl -s -X POST {meeting}/unmute-all" {headers} -d '{{"media": ["audio", "content"]}}'
  # nobody but hosts and presenters sends anything; and back
  curl -s -X PATCH {meeting}" {headers} -d '{{"mode": "presentation"}}'
  curl -s -X PATCH {meeting}" {headers} -d '{{"mode": "open"}}'
  # events, as a school's software would put them, which triggers turn into silence, and out of it
  .venv/bin/python -c '{EXAM % "ExamStarted"}'
  .venv/bin/python -c '{EXAM % "ExamEnded"}'
  # what was done, by whom and why; what an event has caused is there a second or two after it
  curl -s "$GAVEL_URL/meetings/$GAVEL_DEMO_MEETING/history" -H "Authorization: Bearer $ALICE"
  # the events that went out on the bus, and what the functions logged; `--follow` shows what comes
  .venv/bin/python -m local.events
  .venv/bin/python -m local.logs
"""
