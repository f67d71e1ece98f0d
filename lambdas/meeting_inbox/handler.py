"""The meeting inbox's door: who came is bound, who differs is compared, what ended is closed.

Chime tells as well as it can: late, twice, in any order or not at all. So each message is a hint that is looked up
before it counts. One that can't be read is dropped, one that could not be seen to comes again; what is missed
altogether, the reconciler finds.
"""

import json
import sys
import time
from typing import Any

from moderation.moderator.presence import Presence
from moderation.ports import Conflict
from moderation.wiring import gavel

from .news import CHANGED, ENDED, News, Unreadable, read

PAUSES = (0.05, 0.2, 0.5)
"""Before it is tried again where somebody else came between. The queue would take a minute."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    failures = [record["messageId"] for record in event["Records"] if not _is_done(record)]
    return {"batchItemFailures": [{"itemIdentifier": failed} for failed in failures]}


def presence() -> Presence:
    return gavel().presence


def _is_done(record: dict[str, Any]) -> bool:
    try:
        news = read(record.get("body"))
    except Unreadable as lacking:
        _log("WARNING", "dropped", messageId=record["messageId"], lacks=str(lacking))
        return True
    if not news.concerns_us:
        return True
    try:
        _patiently(news)
    except Exception as error:  # whatever it was: the message comes again, and in the end it is kept
        _log("ERROR", "failed", **news.line, exception=type(error).__name__)
        return False
    _log("INFO", "heard", **news.line)
    return True


def _patiently(news: News) -> None:
    for pause in PAUSES:
        try:
            return _tell(presence(), news)
        except Conflict:
            time.sleep(pause)
    return _tell(presence(), news)


def _tell(listener: Presence, news: News) -> None:
    if news.type == ENDED:
        listener.ended(news.meeting_id)
    elif news.type == CHANGED:
        listener.changed(news.meeting_id, news.attendee_id)
    else:
        listener.came(news.meeting_id, news.attendee_id)


def _log(level: str, message: str, **said: Any) -> None:
    sys.stdout.write(json.dumps({"level": level, "message": message, **said}, separators=(",", ":")) + "\n")
