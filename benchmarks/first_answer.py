"""The program of a fresh interpreter: a handler's module, its first event, and what both have cost by then.

`first_answer.py <module>`, with the event on standard input. Prints JSON: the answer, the moment (seconds of the
machine's monotonic clock), the processor's seconds since the process began, and, if asked, the modules imported.
"""

import sys
import time
from importlib import import_module
from json import dumps, loads
from os import environ
from resource import RUSAGE_SELF, getrusage


def main() -> None:
    event = loads(sys.stdin.read())
    answer = import_module(sys.argv[1]).handler(event, None)
    moment, used = time.monotonic(), getrusage(RUSAGE_SELF)
    modules = sorted(sys.modules) if "TELL_MODULES" in environ else []
    print(dumps({"answer": answer, "moment": moment, "cpu": used.ru_utime + used.ru_stime, "modules": modules}))


if __name__ == "__main__":
    main()
