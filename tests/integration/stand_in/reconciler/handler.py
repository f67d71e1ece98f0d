"""Stands in for the reconciler: logs what it is reminded of."""

from typing import Any


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    for record in event.get("Records", []):
        print(f"reminded: {record['body']}")
    return {"batchItemFailures": []}
