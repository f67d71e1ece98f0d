"""The program of a fresh interpreter: it imports a handler's module, and handles its first event.

`first_answer.py <module>`, with the event on standard input. Prints JSON: the answer, the moment (seconds of the
machine's monotonic clock), the processor's seconds since the process began, and, if `TELL_MODULES` is set, the modules
that were imported before the event and after it.
"""

import sys
import time
from importlib import import_module
from json import dumps, loads
from os import environ
from resource import RUSAGE_SELF, getrusage

from benchmarks.lambda_context import CONTEXT


def main() -> None:
    event = loads(sys.stdin.read())
    handler = import_module(sys.argv[1]).handler
    at_init = sorted(sys.modules) if "TELL_MODULES" in environ else []
    answer = handler(event, CONTEXT)
    moment, used = time.monotonic(), getrusage(RUSAGE_SELF)
    modules = sorted(sys.modules) if "TELL_MODULES" in environ else []
    print(
        dumps(
            {
                "answer": answer,
                "moment": moment,
                "cpu": used.ru_utime + used.ru_stime,
                "at_init": at_init,
                "modules": modules,
            }
        )
    )


if __name__ == "__main__":
    main()
