"""`python -m local.logs`: prints the functions' log lines, oldest first. `--follow` goes on until Ctrl-C."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from local.aws import client

POLL_SECONDS = 1.0
FULL_PAGE = 10_000
"""The most events in one answer of `FilterLogEvents`."""


def messages(endpoint_url: str, since: int = 0) -> list[str]:
    """The log lines of all functions, without the runtime's START, END and REPORT. `since`: milliseconds since 1970."""
    return [line for _, line in _lines(endpoint_url, since)]


def follow(endpoint_url: str) -> Iterator[str]:
    shown: set[tuple[int, str]] = set()
    while True:
        since = max((at for at, _ in shown), default=0)
        fresh = [line for line in _lines(endpoint_url, since) if line not in shown]
        shown = {line for line in shown if line[0] >= since} | set(fresh)
        yield from (line for _, line in fresh)
        time.sleep(POLL_SECONDS)


def _lines(endpoint_url: str, since: int) -> list[tuple[int, str]]:
    logs, until = client("logs", endpoint_url), round(time.time() * 1000)
    pages = logs.get_paginator("describe_log_groups").paginate()
    groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    events = [event for group in groups for event in _events(logs, group, since, until)]
    lines = [(event["timestamp"], event["message"].rstrip()) for event in events]
    ours = (line for line in lines if line[1].partition(" ")[0] not in {"START", "END", "REPORT"})
    return sorted(ours, key=lambda line: line[0])


def _events(logs: Any, group: str, since: int, until: int) -> Iterator[dict[str, Any]]:
    """The group's events of these milliseconds, in order. The emulator has no `nextToken`: a time of more events than
    one answer holds is read in halves.
    """
    page = logs.filter_log_events(logGroupName=group, startTime=since, endTime=until)["events"]
    if len(page) < FULL_PAGE or since == until:
        yield from page
        return
    since = max(since, page[0]["timestamp"])
    half = (since + until) // 2
    yield from _events(logs, group, since, half)
    yield from _events(logs, group, half + 1, until)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Reads the variables that `make run` wrote to `.local/env`."""
    parser = argparse.ArgumentParser(prog="python -m local.logs", description=__doc__)
    parser.add_argument("--follow", action="store_true", help="go on with what comes")
    parser.add_argument("--filter", default="", metavar="TEXT", help="only lines that hold this")
    chosen = parser.parse_args(arguments)
    endpoint_url = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint_url:
        print("`AWS_ENDPOINT_URL` is not set: `source .local/env` first", file=sys.stderr)
        return 1
    try:
        for line in follow(endpoint_url) if chosen.follow else messages(endpoint_url):
            if chosen.filter in line:
                print(line, flush=True)
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
