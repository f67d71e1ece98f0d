"""`gavel events`: what goes out on the bus."""

import json
import uuid
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Any

import typer

from ..errors import NotAGavelEventError
from ..events import parse_event
from .aws import aws_client
from .session import Session, with_session
from .settings import Settings
from .show import console, local_time, safe, until_interrupted

SECONDS = 5
"""How long one call of SQS waits for events."""


def events(
    session: Session,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Listen on the bus, until Ctrl-C.")] = False,
    type_: Annotated[str | None, typer.Option("--type", help="Only this detail-type.")] = None,
    bus: Annotated[str | None, typer.Option("--bus", help="Name of the bus; else GAVEL_BUS, or `gavel`.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Of all meetings, and of other senders too.")] = False,
    count: Annotated[int | None, typer.Option("--count", help="End after so many events.")] = None,
) -> None:
    """Show the events of a meeting: those of its history, or with `--follow` those that come on the bus.

    `--follow` makes a queue and a rule of its own on the bus, and deletes them at the end. It needs AWS credentials.
    """
    if not follow:
        for entry in session.meeting.history():
            if type_ in (None, entry.type):
                print(entry.model_dump_json(by_alias=True))
        return
    wanted = None if every else session.meeting_id
    shown = 0
    coming = on_the_bus(session.settings, bus or session.settings.get("GAVEL_BUS") or "gavel")
    with until_interrupted(follow), closing(coming):
        for event in coming:
            of_meeting = wanted in (None, event.get("detail", {}).get("meetingId"))
            if of_meeting and type_ in (None, event["detail-type"]):
                show(event, as_json=session.json)
                shown += 1
            if shown == count:
                return


def add_to(app: typer.Typer) -> None:
    app.command()(with_session(events))


def show(event: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(event), flush=True)
        return
    try:
        parsed = parse_event(event)
    except NotAGavelEventError:
        console().print(f"[dim]{safe(event['source'])}[/dim] {safe(event['detail-type'])}")
        return
    about = parsed.detail.model_dump()
    users = ", ".join(each["external_user_id"] for each in about.get("attendees") or [])
    words = [local_time(parsed.time), f"[bold]{parsed.detail_type}[/bold]", safe(about.get("command")), safe(users)]
    console().print(" ".join(word for word in words if word))


def on_the_bus(settings: Settings, bus: str) -> Generator[dict[str, Any], None, None]:
    """What comes from now on. Raises `NotConfiguredError` without boto3."""
    command = "gavel events --follow"
    with (
        closing(aws_client(settings, "sqs", command)) as sqs,
        closing(aws_client(settings, "events", command)) as eventbridge,
        subscription(sqs, eventbridge, bus) as queue_url,
    ):
        typer.echo(f"listening on `{bus}`; Ctrl-C ends", err=True)
        while True:
            yield from received(sqs, queue_url)


def received(sqs: Any, queue_url: str) -> Iterator[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=SECONDS)
    for message in answer.get("Messages", []):
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        yield json.loads(message["Body"])


@contextmanager
def subscription(sqs: Any, eventbridge: Any, bus: str) -> Iterator[str]:
    """A queue that hears everything on the bus, for as long as it is needed."""
    name = f"gavel-events-{uuid.uuid4()}"
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": [{"prefix": ""}]})
    rule = eventbridge.put_rule(Name=name, EventBusName=bus, EventPattern=pattern, State="ENABLED")["RuleArn"]
    statement = {
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})
    eventbridge.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "cli", "Arn": arn}])
    try:
        yield queue_url
    finally:
        eventbridge.remove_targets(Rule=name, EventBusName=bus, Ids=["cli"])
        eventbridge.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=queue_url)
