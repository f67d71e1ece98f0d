"""The meeting inbox's door: who came is bound, who differs is compared, who has left on all devices takes their hand
down, an attendee that was deleted is gone, what ended is closed.

Chime tells as well as it can: late, twice, in any order or not at all. So each message is a hint that is looked up
before it counts, except that an attendee was deleted: none ever comes back. A message that can't be read is dropped,
one that could not be seen to comes again; what is missed altogether, the reconciler finds.
"""

import random
import time
from typing import Any

from moderation.application.background.chime_events import ChimeEventHandler, NotSettledError
from moderation.bootstrap import gavel
from moderation.ports import InfrastructureError
from moderation.telemetry import LATENCY, NOT_TAKEN_BY_MEDIA, UNEXPECTED_ERRORS, count, write

from .chime_event import CAME, CHANGED, CONNECTED, DELETED, ENDED, LEFT, ChimeEvent, Unreadable, read

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 1.5
GIVE_UP_AFTER = 7.0
"""Seconds. Who came is heard until he is bound, and the queue would take half a minute to say it again. What Chime
changed, and who left, can wait that long: trying again at once would take the calls that the others need.
"""
LOGGED_AS = {**dict.fromkeys(CAME, "bind"), LEFT: "lower-hand", DELETED: "note-gone", CHANGED: "compare", ENDED: "end"}
"""What the log calls that which is done about it."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    failures = [record["messageId"] for record in event["Records"] if not _is_caught(record)]
    return {"batchItemFailures": [{"itemIdentifier": failed} for failed in failures]}


def presence() -> ChimeEventHandler:
    return gavel().presence


def _is_caught(record: dict[str, Any]) -> bool:
    """Whatever is wrong with a message, the others are heard."""
    try:
        return _is_done(record)
    except Exception as error:
        measures = {UNEXPECTED_ERRORS: 1}
        write("ERROR", "failed", measures=measures, messageId=record["messageId"], exception=type(error).__name__)
        return False


def _is_done(record: dict[str, Any]) -> bool:
    try:
        news = read(record.get("body"))
    except Unreadable as lacking:
        write("WARNING", "dropped", messageId=record["messageId"], lacks=str(lacking))
        return True
    if not news.concerns_us:
        return True
    started = time.monotonic()
    if not news.is_taken:
        count(NOT_TAKEN_BY_MEDIA)
    try:
        _patiently(news)
    except Exception as error:  # whatever it was: the message comes again, and in the end it is kept
        is_foreseen = isinstance(error, (InfrastructureError, NotSettledError))
        measures = {} if is_foreseen else {UNEXPECTED_ERRORS: 1}
        line = news.line | {"exception": type(error).__name__}
        write("ERROR", "failed", command=LOGGED_AS[news.type], measures=measures, **line)
        return False
    took = round((time.monotonic() - started) * 1000, 1)
    write("INFO", "heard", command=LOGGED_AS[news.type], measures={LATENCY: took}, **news.line, durationMs=took)
    return True


def _patiently(news: ChimeEvent) -> None:
    until = time.monotonic() + (GIVE_UP_AFTER if news.type in {*CAME, DELETED, ENDED} else 0)
    pause = FIRST_PAUSE
    while True:
        try:
            return _tell(presence(), news)
        except (InfrastructureError, NotSettledError):
            if time.monotonic() + pause > until:
                raise
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that two don't meet again
        pause = min(pause * 2, LONGEST_PAUSE)


def _tell(listener: ChimeEventHandler, news: ChimeEvent) -> None:
    if news.type == ENDED:
        listener.on_ended(news.meeting_id)
    elif news.type == CHANGED:
        listener.on_capabilities_updated(news.meeting_id, news.attendee_id, news.capabilities, is_taken=news.is_taken)
    elif news.type == DELETED:
        listener.on_deleted(news.meeting_id, news.attendee_id, news.at)
    elif news.type == LEFT:
        listener.on_left(news.meeting_id, news.attendee_id, news.at)
    else:
        connected_at = news.at if news.type in CONNECTED else None
        listener.on_joined(news.meeting_id, news.attendee_id, connected_at)
