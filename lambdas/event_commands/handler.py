"""The Lambda function `command_inbox`: messages of the queue, one line of log for each decision.

What can never work is refused and gone; what may work yet is reported as failed, comes again, and ends in the
dead-letter queue, and so does what can't be read. A command that was carried out before is not carried out twice,
however often it comes.
"""

from typing import Any

from moderation.ports import InfrastructureError
from moderation.telemetry import COMMANDS_REFUSED, DECISIONS, LATENCY, UNEXPECTED_ERRORS, write

from .command_specs import name_of
from .message import Dropped, Message, Unreadable, read
from .processor import CommandProcessor, Result, person_of, where

PROCESSED = ("INFO", "obeyed")
SETUP_CODES = {"invalid-request", "meeting-not-found", "not-permitted", "bad-time"}
"""Refusals that say that a sender or a trigger is set up wrongly. The others are what any host may meet."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    failed = [record["messageId"] for record in event["Records"] if not _is_caught(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def inbox() -> CommandProcessor:
    """Asked for when the first command needs it."""
    from moderation.bootstrap import gavel, settings, surroundings

    return CommandProcessor(gavel(), surroundings().now, settings().command_max_age)


def _is_caught(record: dict[str, Any]) -> bool:
    """Whatever is wrong with a message, the others are obeyed."""
    try:
        return _is_done(record)
    except Exception as error:
        measures = {UNEXPECTED_ERRORS: 1}
        write("ERROR", "failed", measures=measures, messageId=record["messageId"], failure=where(error))
        return False


def _is_done(record: dict[str, Any]) -> bool:
    try:
        message = read(record.get("body"))
    except Dropped as dropped:
        write("WARNING", "dropped", messageId=record["messageId"], because=str(dropped))
        return True
    except Unreadable as unreadable:
        write("ERROR", "unreadable", messageId=record["messageId"], because=str(unreadable))
        if unreadable.message:
            _is_processed(record, unreadable.message)
        return False
    return _is_processed(record, message)


def _is_processed(record: dict[str, Any], message: Message) -> bool:
    try:
        results = inbox().process(message)
    except Exception as error:
        measures = {} if isinstance(error, InfrastructureError) else {UNEXPECTED_ERRORS: 1}
        write("ERROR", "failed", **_line(record, message), measures=measures, failure=where(error))
        return False
    for result in results:
        _tell(record, message, result)
    return not any(result.again for result in results)


def _tell(record: dict[str, Any], message: Message, result: Result) -> None:
    """A command that was carried out before decides nothing."""
    measures = {LATENCY: result.took} if result.replayed else {LATENCY: result.took, DECISIONS: 1}
    is_refused = result.verdict == "refused"
    if is_refused and not result.replayed:
        measures[COMMANDS_REFUSED] = 1
    level, said = ("ERROR", "again") if result.again else ("WARNING", "command refused") if is_refused else PROCESSED
    write(
        level,
        said,
        **_line(record, message),
        measures=measures,
        meetingId=result.meeting_id,
        changeId=result.change_id,
        verdict=result.verdict,
        outcome=result.outcome,
        **({"code": result.outcome, "cause": _cause(result.outcome)} if is_refused else {}),
        replayed=result.replayed,
        durationMs=result.took,
        **({"failure": result.failure} if result.failure else {}),
    )


def _cause(code: str) -> str:
    """Whether somebody has set up a sender or a trigger wrongly, or the meeting has moved on."""
    return "setup" if code in SETUP_CODES else "state"


def _line(record: dict[str, Any], message: Message) -> dict[str, Any]:
    """Of what the sender wrote nothing but what names the command; whom it names stands under `person`."""
    return {
        "messageId": record["messageId"],
        "eventId": message.event_id,
        "source": message.actor.id,
        "command": name_of(message.detail),
        "person": person_of(message),
    }
