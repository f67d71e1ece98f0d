"""Makes `.venv` and installs what `uv.lock` pins: `python -m infra.environment run` for `make run`, `all` for the rest.

It needs nothing but Python with venv and pip. Every file is checked against its hash in `uv.lock`, uv's own too.
"""

import argparse
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.uv import ROOT, environment

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
GROUPS = {"run": ("--only-group", "run"), "all": ("--all-groups",)}
"""What `uv export` is asked for."""
PIP_INSTALL = ("-m", "pip", "install", "--disable-pip-version-check", "--no-compile", "--require-hashes", "-r")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: 0 if the environment holds what is locked."""
    parser = argparse.ArgumentParser(prog="python -m infra.environment", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=GROUPS)
    what = parser.parse_args(arguments).what
    try:
        if not _is_usable():
            _make()
        if not _has_uv():
            _install_uv()
        _install(what)
    except subprocess.CalledProcessError as error:
        print(f"setting up .venv failed: `{' '.join(map(str, error.cmd))}` exited {error.returncode}", file=sys.stderr)
        return 1
    for name in GROUPS if what == "all" else (what,):
        (VENV / f".{name}").touch()
    return 0


def _is_usable() -> bool:
    """Whether `.venv` has the Python that runs this, and uv or pip."""
    return _printed(PYTHON, "-c", "import sys; print(sys.version)") == sys.version and (
        _has_uv() or bool(_printed(PYTHON, "-m", "pip", "--version"))
    )


def _make() -> None:
    _say(f".venv with Python {sys.version.partition(' ')[0]}")
    _run(sys.executable, "-m", "venv", "--clear", VENV)


def _has_uv() -> bool:
    return _printed(UV, "--version").split()[1:2] == [locked("uv")["version"]]


def _printed(*command: str | Path) -> str:
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603
    except OSError:
        return ""


def _install_uv() -> None:
    uv = locked("uv")
    _say(f"uv {uv['version']}, by pip")
    hashes = [f"--hash={file['hash']}" for file in (*uv["wheels"], uv["sdist"])]
    requirement = VENV / "uv.txt"
    requirement.write_text(" ".join([f"uv=={uv['version']}", *hashes]))
    _run(PYTHON, *PIP_INSTALL, requirement)


def _install(what: str) -> None:
    """`all` removes what is not locked; `run` leaves alone what tests have installed."""
    settings, requirements = environment(), VENV / f"{what}.txt"
    export = ("export", "--quiet", "--frozen", "--no-emit-project", *GROUPS[what])
    _run(UV, *export, "--output-file", requirements, settings=settings)
    count = sum("==" in line for line in requirements.read_text().splitlines())
    _say(f"{count} packages for `make {'run' if what == 'run' else 'test'}`, by uv")
    install = ["sync"] if what == "all" else ["install", "--requirements"]
    try:
        _run(UV, "pip", *install, requirements, "--python", PYTHON, "--require-hashes", settings=settings)
    except subprocess.CalledProcessError:
        _say("uv could not install them; pip tries, which is slower")
        _run(PYTHON, *PIP_INSTALL, requirements)


def locked(name: str) -> dict[str, Any]:
    """A package as `uv.lock` has it."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return next(package for package in packages if package["name"] == name)


def _run(*command: str | Path, settings: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, cwd=ROOT, env=settings)  # noqa: S603 -- no shell


def _say(what: str) -> None:
    print(f"-- {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
