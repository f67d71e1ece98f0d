"""`python -m local.events`: takes the events off the tap queue and prints them, one JSON document each.

Waits for the first one for as long as `--seconds` says, and ends when no more come.
"""

import argparse
import json
import os
import sys

from local.aws import client


def main() -> int:
    """The command line. Needs what `make run` wrote to `.local/env`."""
    parser = argparse.ArgumentParser(prog="python -m local.events", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, choices=range(21), metavar="0..20")
    wait = parser.parse_args().seconds
    try:
        queue, endpoint_url = os.environ["GAVEL_EVENTS_QUEUE_URL"], os.environ["AWS_ENDPOINT_URL"]
    except KeyError as missing:
        print(f"`{missing.args[0]}` is not set: `source .local/env` first", file=sys.stderr)
        return 1
    sqs = client("sqs", endpoint_url)
    while True:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        for message in answer.get("Messages", []):
            print(json.dumps(json.loads(message["Body"]), indent=2))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        if not answer.get("Messages"):
            return 0
        wait = 1


if __name__ == "__main__":
    sys.exit(main())
