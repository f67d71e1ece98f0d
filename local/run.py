"""`make run`: starts the local stack, shows where it is, and keeps it up until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from local import leaflet
from local.child import STOP_SIGNALS
from local.demo import seed
from local.failure import LocalStackError
from local.ports import DEFAULT_BASE, Ports
from local.progress import Progress
from local.stack import LocalStack

CHECK_SECONDS = 0.5


class Stopped(BaseException):
    """Somebody asked us to stop. No Exception, so that nobody takes it for a failure."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: 0 after a stop that was asked for, 1 if the stack can't start or a server of it dies."""
    chosen = _parser().parse_args(arguments)
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    try:
        _run(Ports.from_base(chosen.port_base), chosen.env_file, roles_count=not chosen.any_role)
    except Stopped:
        return 0
    except LocalStackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make run", description="Run Gavel on this machine.")
    parser.add_argument(
        "--port-base",
        type=int,
        default=os.environ.get("GAVEL_PORT_BASE", DEFAULT_BASE),
        help="the emulator's port; the others are 5 to 8 after it (default: %(default)s)",
    )
    parser.add_argument("--env-file", type=Path, default=Path(".local/env"), help="where to write what to source")
    parser.add_argument("--any-role", action="store_true", help="let functions do what their roles don't grant")
    return parser


def _stop(*_: int | FrameType | None) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # once is enough: stopping must not be cut short
    raise Stopped


def _run(ports: Ports, env_file: Path, *, roles_count: bool) -> None:
    progress = Progress(write=lambda line: print(line, flush=True))
    env_file.unlink(missing_ok=True)  # it describes a stack that is no more
    stack = LocalStack(ports, roles_count=roles_count, report=progress.step)
    try:
        stack.start()
        demo = seed(stack)
        leaflet.write(env_file, leaflet.variables(stack, demo))
        progress.ready()
        print(leaflet.text(stack, env_file), flush=True)
        if demo.problem:
            print(
                f"\nThe demo meeting exists, but could not be registered: {demo.problem}", file=sys.stderr, flush=True
            )
        while True:
            time.sleep(CHECK_SECONDS)
            stack.check()
    finally:
        progress.end()
        print("\nstopping ...", flush=True)
        stack.stop()
        env_file.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
