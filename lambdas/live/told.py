"""The ledger's stream in, messages on open connections out.

A meeting whose listeners could not be told comes again, in its order, and keeps no other one waiting meanwhile. Whoever
was told already hears it twice, which does no harm.
"""

import json
import time
from typing import Any

from moderation.wiring import herald, news


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    records = event["Records"]
    began, told = time.monotonic(), 0
    untold: dict[str, str] = {}
    for each in news(records):
        try:
            told += herald().tell(each)
        except Exception as error:
            untold[each.meeting_id] = type(error).__name__
    said: dict[str, object] = {
        "records": len(records),
        "listeners": told,
        "ms": round((time.monotonic() - began) * 1000),
    }
    if untold:
        said |= {"level": "ERROR", "errors": sorted(set(untold.values()))}
    print(json.dumps({"level": "INFO", "message": "told", **said}))
    return {"batchItemFailures": _from_the_first(records, untold)}


def _from_the_first(records: list[dict[str, Any]], untold: dict[str, str]) -> list[dict[str, str]]:
    for record in records:
        if record["dynamodb"]["Keys"]["pk"]["S"].partition("#")[2] in untold:
            return [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]
    return []
