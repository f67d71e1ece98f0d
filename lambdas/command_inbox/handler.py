"""The Lambda function `command_inbox`: messages of the queue, one line of log for each.

What can never work is refused and gone; what may work yet is reported as failed, comes again, and ends in the
dead-letter queue. A command that was carried out before is not carried out twice, however often it comes.
"""

import json
import sys
from dataclasses import asdict
from typing import Any

from pydantic.alias_generators import to_camel

from .commands import name_of
from .inbox import Inbox, person_of, where
from .message import Dropped, Message, read


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    failed = [record["messageId"] for record in event["Records"] if not _is_done(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def inbox() -> Inbox:
    """Asked for when the first command needs it."""
    from moderation.wiring import gavel, settings, surroundings

    return Inbox(gavel(), surroundings().now, settings().command_max_age)


def _is_done(record: dict[str, Any]) -> bool:
    try:
        message = read(record.get("body"))
    except Dropped as dropped:
        _log("WARNING", "dropped", messageId=record["messageId"], because=str(dropped))
        return True
    try:
        results = inbox().obey(message)
    except Exception as error:
        _log("ERROR", "failed", **_line(record, message), failure=where(error))
        return False
    is_done = not any(result.again for result in results)
    told = [{to_camel(key): value for key, value in asdict(result).items() if value} for result in results]
    _log("INFO" if is_done else "ERROR", "obeyed" if is_done else "again", **_line(record, message), results=told)
    return is_done


def _line(record: dict[str, Any], message: Message) -> dict[str, Any]:
    """Of what the sender wrote nothing but what names the command; whom it names stands under `person`."""
    return {
        "messageId": record["messageId"],
        "eventId": message.event_id,
        "source": message.actor.id,
        "command": name_of(message.detail),
        "person": person_of(message),
    }


def _log(level: str, said: str, **more: Any) -> None:
    sys.stdout.write(json.dumps({"level": level, "message": said, **more}, separators=(",", ":")) + "\n")
