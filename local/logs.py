"""`python -m local.logs`: prints the functions' log lines, oldest first. `--follow` goes on until Ctrl-C."""

import argparse
import os
import sys
import time
from collections.abc import Iterator

from local.aws import client

POLL_SECONDS = 1.0


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
    logs = client("logs", endpoint_url)
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    events = [
        event for group in groups for event in logs.filter_log_events(logGroupName=group, startTime=since)["events"]
    ]
    lines = [(event["timestamp"], event["message"].rstrip()) for event in events]
    ours = (line for line in lines if line[1].partition(" ")[0] not in {"START", "END", "REPORT"})
    return sorted(ours, key=lambda line: line[0])


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
