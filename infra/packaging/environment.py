"""Makes `.venv` and installs what `uv.lock` pins.

`python -m infra.packaging.environment run` installs what `make run` needs, `all` the rest. It needs Python with venv
and pip only. The hash of every file, uv's own included, is compared with `uv.lock`.
"""

import argparse
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infra.packaging.uv import NO_PACKAGES_OF_OURS, ROOT, environment

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
GROUPS = {"run": ("--only-group", "run"), "all": ("--all-groups",)}
"""The arguments of `uv export`."""
EXPORT = ("export", "--quiet", "--frozen")
PIP_INSTALL = ("-m", "pip", "install", "--disable-pip-version-check", "--no-compile", "--require-hashes", "-r")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns 0 if the environment holds what is locked."""
    parser = argparse.ArgumentParser(prog="python -m infra.packaging.environment", description=__doc__.splitlines()[0])
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
    _say(f".venv with Python {sys.version.partition(' ')[0]}; it takes a few seconds")
    _run(sys.executable, "-m", "venv", "--clear", VENV)


def _has_uv() -> bool:
    return _printed(UV, "--version").split()[1:2] == [locked("uv")["version"]]


def _printed(*command: str | Path) -> str:
    try:
        return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True).stdout.strip()  # noqa: S603
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
    """Installs the locked packages. `all` removes packages that are not locked; `run` keeps what the tests have
    installed.
    """
    settings, requirements = environment(), VENV / f"{what}.txt"
    _run(UV, *EXPORT, NO_PACKAGES_OF_OURS, *GROUPS[what], "--output-file", requirements, settings=settings)
    count = sum("==" in line for line in requirements.read_text().splitlines())
    _say(f"{count} packages for `make {'run' if what == 'run' else 'test'}`, by uv")
    install = ["sync"] if what == "all" else ["install", "--requirements"]
    try:
        _run(UV, "pip", *install, requirements, "--python", PYTHON, "--require-hashes", settings=settings)
    except subprocess.CalledProcessError:
        _say("uv could not install them; pip tries, which is slower")
        _run(PYTHON, *PIP_INSTALL, requirements)
    _install_ours(what)


def _install_ours(what: str) -> None:
    """Installs the packages of this repository in editable form. uv has all that it takes to build them."""
    words: Sequence[str | Path] = (UV, *EXPORT, "--no-header", *GROUPS[what])
    exported = subprocess.run(words, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    ours = [line.removeprefix("-e ") for line in exported.splitlines() if line.startswith("-e ")]
    editable = [word for path in ours for word in ("--editable", path)]
    if editable:
        _say("the packages of this repository")
        _run(UV, "pip", "install", "--quiet", "--offline", "--no-deps", *editable, "--python", PYTHON)


def locked(name: str) -> dict[str, Any]:
    """The entry of a package in `uv.lock`."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return next(package for package in packages if package["name"] == name)


def _run(*command: str | Path, settings: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, cwd=ROOT, env=settings)  # noqa: S603 -- no shell


def _say(what: str) -> None:
    print(f"-- {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
