"""Serves Amazon Chime SDK meetings until Ctrl-C or SIGTERM: `python -m chime_simulator`."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from chime_simulator import ChimeSimulator, QuotaReading, Settings, VideoNone


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chime_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4571, help="0 takes any free port")
    parser.add_argument("--region", default="us-east-1", help="the control Region; calls signed for another get a 403")
    parser.add_argument("--account", default="000000000000")
    parser.add_argument("--events-endpoint", help="where PutEvents goes; without it, events stay in memory")
    parser.add_argument("--event-source", default="chime.simulator")
    parser.add_argument("--event-bus", default="default")
    parser.add_argument("--iam-endpoint", help="whose roles count; without it, every caller may do everything")
    parser.add_argument("--video-none-reading", type=VideoNone, choices=list(VideoNone), default=VideoNone.LENIENT)
    parser.add_argument("--quota-reading", type=QuotaReading, choices=list(QuotaReading), default=QuotaReading.STRICT)
    parser.add_argument("--no-quota", action="store_true", help="neither request rates nor numbers of meetings")
    parser.add_argument(
        "--expiry", action="store_true", help="end meetings after 24 h, or after 5 minutes without a connected attendee"
    )
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep meetings in this file from run to run")
    return parser.parse_args()


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="chime simulator: %(message)s")
    chosen = arguments()
    settings = Settings(
        video_none_reading=chosen.video_none_reading,
        quota=not chosen.no_quota,
        quota_reading=chosen.quota_reading,
        expiry=chosen.expiry,
    )
    try:
        simulator = ChimeSimulator(
            host=chosen.host,
            port=chosen.port,
            region=chosen.region,
            account=chosen.account,
            settings=settings,
            events_endpoint=chosen.events_endpoint,
            event_source=chosen.event_source,
            event_bus=chosen.event_bus,
            iam_endpoint=chosen.iam_endpoint,
            state=chosen.state,
        ).start()
    except (OSError, ValueError) as problem:
        print(f"can't serve on {chosen.host}:{chosen.port}: {problem}", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    print(f"Amazon Chime simulator at {simulator.url}", flush=True)
    ended.wait()
    simulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
