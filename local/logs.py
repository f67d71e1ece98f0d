"""`python -m local.logs`: what the functions of the local stack have logged so far, oldest first."""

import os
import sys

from local.aws import client


def messages(endpoint_url: str) -> list[str]:
    """Every line of every function, without the runtime's own START, END and REPORT."""
    logs = client("logs", endpoint_url)
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    events = [event for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]]
    lines = [event["message"].rstrip() for event in sorted(events, key=lambda event: event["timestamp"])]
    return [line for line in lines if line.partition(" ")[0] not in {"START", "END", "REPORT"}]


def main() -> int:
    """The command line. Needs what `make run` wrote to `.local/env`."""
    endpoint_url = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint_url:
        print("`AWS_ENDPOINT_URL` is not set: `source .local/env` first", file=sys.stderr)
        return 1
    print("\n".join(messages(endpoint_url)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
