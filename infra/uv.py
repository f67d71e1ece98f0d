"""Runs uv in the version that `uv.lock` pins, on the package index that pip is configured for.

uv does not read pip's configuration. Where a machine has a mirror of PyPI, it is usually named there and nowhere else.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VARIABLES = {"index-url": "UV_DEFAULT_INDEX", "trusted-host": "UV_INSECURE_HOST", "cert": "SSL_CERT_FILE"}
"""pip's setting → the variable in which uv reads the same."""
SECTIONS = ("global", "install", ":env:")
"""Of `pip config list`: a later section has precedence over an earlier one."""


class UvError(Exception):
    """uv failed; the text is what it printed."""


def uv(*arguments: str | Path, directory: Path = ROOT) -> str:
    """What uv prints to its standard output. Raises `UvError` with what it printed to its standard error."""
    finished = subprocess.run(  # noqa: S603 -- no shell
        command(*arguments), check=False, cwd=directory, env=environment(), capture_output=True, text=True
    )
    if finished.returncode:
        raise UvError(finished.stderr.strip())
    return finished.stdout


def command(*arguments: str | Path) -> list[str]:
    """The command line of a run of uv. The executable stands beside the Python that runs this."""
    return [str(Path(sys.executable).with_name("uv")), *map(str, arguments)]


def environment() -> dict[str, str]:
    """The variables of this process, and pip's settings under uv's names, unless uv has settings of its own."""
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
    """Empty where the environment has no pip: uv made it, and knows its index."""
    words: Sequence[str] = [sys.executable, "-m", "pip", "config", "list", "--disable-pip-version-check"]
    return subprocess.run(words, check=False, capture_output=True, text=True).stdout  # noqa: S603 -- no shell
