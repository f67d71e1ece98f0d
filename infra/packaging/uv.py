"""Runs the version of uv that `uv.lock` pins, on the package index of pip's configuration.

uv does not read pip's configuration, where a machine usually names its mirror of PyPI.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VARIABLES = {"index-url": "UV_DEFAULT_INDEX", "trusted-host": "UV_INSECURE_HOST", "cert": "SSL_CERT_FILE"}
"""A setting of pip → uv's variable for the same."""
SECTIONS = ("global", "install", ":env:")
"""Sections of `pip config list`; a later one has precedence."""


NO_PACKAGES_OF_OURS = "--no-emit-workspace"
"""The argument of `uv export` that leaves only packages from an index, which have a hash to check."""


class UvError(Exception):
    """uv failed. The text is its output."""


def uv(*arguments: str | Path, directory: Path = ROOT) -> str:
    """Runs uv and returns its standard output. Raises `UvError` with its standard error."""
    finished = subprocess.run(  # noqa: S603 -- no shell
        command(*arguments), check=False, cwd=directory, env=environment(), capture_output=True, text=True
    )
    if finished.returncode:
        raise UvError(finished.stderr.strip())
    return finished.stdout


def command(*arguments: str | Path) -> list[str]:
    """The command line of uv. The executable is beside the Python that runs this."""
    return [str(Path(sys.executable).with_name("uv")), *map(str, arguments)]


def environment() -> dict[str, str]:
    """The environment of this process, with pip's settings under uv's names, unless uv has settings of its own."""
    return {**from_pip(_pip_configuration()), **os.environ}


def from_pip(configuration: str) -> dict[str, str]:
    """uv's variables for the settings in the output of `pip config list`."""
    found: dict[str, str] = {}
    for section in SECTIONS:
        for setting, variable in VARIABLES.items():
            line = re.search(rf"^{section}\.{setting}='(.*)'$", configuration, re.MULTILINE)
            if line:
                found[variable] = line[1]
    return found


@cache
def _pip_configuration() -> str:
    """The output of `pip config list`; empty if the environment, which uv made, has no pip."""
    words: Sequence[str] = [sys.executable, "-m", "pip", "config", "list", "--disable-pip-version-check"]
    return subprocess.run(words, check=False, capture_output=True, text=True).stdout  # noqa: S603 -- no shell
