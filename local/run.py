"""`make run`: starts the local stack, prints its addresses, and keeps it up until Ctrl-C."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from infra.packaging.bundle import ROOT
from local import context, run_banner
from local.child import STOP_SIGNALS
from local.data import DataDirectory
from local.demo import seed
from local.env_file import EnvFile, claimed
from local.failure import ChildDied, LocalStackError
from local.ports import BASE_VARIABLE, DEFAULT_BASE, Ports
from local.progress import Progress
from local.stack import LocalStack
from local.watch import FILES, FOLDERS, changes, shown

CHECK_SECONDS = 0.5
ENV_FILE = Path(".local/env")
DEMO_REQUEST = "gavel-demo"


class Stopped(BaseException):
    """A signal asked to stop. It is no `Exception`, so that no handler takes it for a failure."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns 0 after a requested stop, 1 if the stack cannot start or one of its servers dies."""
    options = _parser().parse_args(arguments)
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    try:
        _run(options)
    except (Stopped, KeyboardInterrupt):  # the watcher turns any signal into this
        return 0
    except LocalStackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make run", description="Run Gavel on this machine.")
    parser.add_argument(
        "--port-base",
        help=f"the emulator's port; the others are 5 to 8 after it (default: {BASE_VARIABLE}, or {DEFAULT_BASE})",
    )
    parser.add_argument(
        "-c",
        "--context",
        action="append",
        default=[],
        metavar="SETTING=VALUE",
        help="a setting of docs/configuration.md; it goes before the one in cdk.json",
    )
    parser.add_argument(
        "--env-file", type=Path, help=f"where to write what to source (default: {ENV_FILE}, or a name beside it)"
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help="deploy again what changes in lambdas/, infra/, cdk.json and policyDirectory",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep meetings, history and the keys of tokens in DIR from run to run"
    )
    parser.add_argument("--any-role", action="store_true", help="let functions do what their roles don't grant")
    return parser


def _stop(*_: int | FrameType | None) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt the stop
    raise Stopped


def _run(options: argparse.Namespace) -> None:
    ports = Ports.from_option(options.port_base)
    own = context.of_words(options.context)
    notes = context.notes(_settings(own))
    ports.refuse_taken()
    progress = Progress(write=lambda line: print(line, flush=True))
    with ExitStack() as held:
        data = _claimed(options.data, held)
        env_file = claimed(options.env_file, ENV_FILE, str(ports.aws))
        held.callback(env_file.release)
        stack = LocalStack(ports, context=own, roles_count=not options.any_role, data=data)
        held.callback(_stop_stack, stack, progress)
        stack.start(progress.step)
        _show(stack, env_file, progress, notes)
        if options.watch:
            _follow(stack, progress, own)
        while True:
            time.sleep(CHECK_SECONDS)
            stack.check()


def _settings(own: context.Context) -> context.Context:
    return {**context.of_project(), **own}


def _claimed(path: Path | None, held: ExitStack) -> DataDirectory | None:
    if path is None:
        return None
    data = DataDirectory(path)
    data.claim()
    held.callback(data.release)
    return data


def _stop_stack(stack: LocalStack, progress: Progress) -> None:
    progress.end()
    print("\nstopping ...", flush=True)
    stack.stop()


def _show(stack: LocalStack, env_file: EnvFile, progress: Progress, notes: Sequence[str]) -> None:
    demo = seed(stack, DEMO_REQUEST)
    env_file.write(run_banner.variables(stack, demo))
    progress.ready()
    print(run_banner.text(stack, env_file.path, notes), flush=True)
    if demo.problem:
        print(f"\nThe demo meeting exists, but could not be registered: {demo.problem}", file=sys.stderr, flush=True)


def _follow(stack: LocalStack, progress: Progress, own: context.Context) -> None:
    """Deploys each change of sources and settings. If the setting `policyDirectory` has changed, the new directory is
    watched.
    """
    while True:
        policies = _policies(own)
        print(f"\nwatching {', '.join(map(shown, FOLDERS + FILES + policies))}", flush=True)
        for changed in changes(FOLDERS + policies, FILES, meanwhile=stack.check):
            progress.restart(f"{', '.join(map(shown, changed[:3]))} changed")
            _redeploy(stack, progress)
            if _policies(own) != policies:
                break


def _redeploy(stack: LocalStack, progress: Progress) -> None:
    try:
        stack.redeploy()
        progress.ready()
    except ChildDied:
        raise
    except LocalStackError as error:
        progress.end()
        print(f"\n{error}\n\nThe stack stays as it was. Correct the file and save it.", file=sys.stderr, flush=True)


def _policies(own: context.Context) -> tuple[Path, ...]:
    """The customer's directory of policies, if there is one."""
    try:
        directory = _settings(own).get("policyDirectory")
    except LocalStackError:
        return ()
    return (ROOT / directory,) if directory and (ROOT / directory).is_dir() else ()


if __name__ == "__main__":
    sys.exit(main())
