"""The program of a warm function: `warm_commands.py <module>`, with lists of events on standard input.

The lists are gone through in turn, an event of each, so that whatever disturbs the machine disturbs all of them. Prints
JSON, for each list: milliseconds of the processor and of the clock, and calls to AWS, each of them per event.
"""

import sys
import time
from importlib import import_module
from json import dumps, loads
from typing import Any

from benchmarks.lambda_context import CONTEXT

FORERUNNERS = 20
"""Events at the head of each list that are not counted: the first ones connect, and load what is loaded when needed."""


def main() -> None:
    lists: list[list[dict[str, Any]]] = loads(sys.stdin.read())
    handler = import_module(sys.argv[1]).handler
    sent = _sent()
    told: list[dict[str, list[float]]] = [{"cpu": [], "wall": [], "calls": []} for _ in lists]
    for number, events in enumerate(zip(*lists, strict=True)):
        for said, event in zip(told, events, strict=True):
            before, cpu, wall = len(sent), time.process_time(), time.perf_counter()
            answer = handler(event, CONTEXT)
            spent = time.process_time() - cpu, time.perf_counter() - wall
            if answer["statusCode"] != 200:
                sys.exit(str(answer))
            if number >= FORERUNNERS:
                said["cpu"].append(spent[0] * 1000)
                said["wall"].append(spent[1] * 1000)
                said["calls"].append(len(sent) - before)
    print("\n" + dumps(told))


def _sent() -> list[str]:
    """Every request that botocore sends from now on, by its URL."""
    from botocore import httpsession

    session: Any = httpsession.URLLib3Session
    sent: list[str] = []
    send = session.send

    def noted(self: Any, request: Any) -> Any:
        sent.append(request.url)
        return send(self, request)

    session.send = noted
    return sent


if __name__ == "__main__":
    main()
