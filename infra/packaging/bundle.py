"""Builds the functions' bundle: `python -m infra.packaging.bundle` for AWS, `--local` for this machine.

CDK's own bundling needs Docker. This one does not: uv downloads the wheels of the target platform, so the same command
works on any machine. Dependencies have a directory of their own, so a change of Gavel's sources downloads nothing.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.packaging import byte_code, trimming
from infra.packaging.uv import UvError, uv

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
LOCK = BUILD / "lock"
"""Held by the process that builds, while the others wait."""
SOURCES = ROOT / "lambdas"
REQUIREMENTS = SOURCES / "requirements.txt"
SHIPPED_SUFFIXES = {".py", ".cedar", ".cedarschema", ".json", ".typed"}


@dataclass(frozen=True)
class Target:
    """A platform that the functions run on."""

    name: str
    for_uv: tuple[str, ...]
    for_pip: tuple[str, ...]

    @property
    def directory(self) -> Path:
        return BUILD / self.name

    @property
    def stamp(self) -> Path:
        return BUILD / f"{self.name}.stamp"


def _for_lambda(name: str, machine: str) -> Target:
    version = ("--python-version", "3.13")
    return Target(
        name,
        for_uv=(*version, "--python-platform", f"{machine}-manylinux2014"),
        for_pip=(*version, "--platform", f"manylinux2014_{machine}", "--implementation", "cp"),
    )


AWS = _for_lambda("lambda", "aarch64")
AWS_X86 = _for_lambda("lambda-x86_64", "x86_64")
BY_ARCHITECTURE = {"arm64": AWS, "x86_64": AWS_X86}
LOCAL = Target("local", for_uv=("--python", sys.executable), for_pip=())


class BundleError(Exception):
    """The dependencies could not be installed, or there is no bundle yet."""


def bundle(target: Target, report: Callable[[str], None] = lambda _: None) -> bool:
    """Brings the target's directory up to date. Returns False if it was already. `report` is called with each step."""
    BUILD.mkdir(exist_ok=True)
    with locked(LOCK):
        if is_current(target):
            return False
        report("the functions' dependencies: downloads and compiles them if they have changed")
        dependencies = _dependencies(target)
        report("the functions: compiles them")
        with _replacing(target.directory) as fresh:
            shutil.copytree(dependencies, fresh, copy_function=os.link, dirs_exist_ok=True)
            _copy_sources(fresh)
            _compile(
                target, fresh, [directory.name for directory in SOURCES.iterdir() if (fresh / directory.name).is_dir()]
            )
        target.stamp.write_text(_fingerprint(target))
        return True


def snapshot(target: Target, directory: Path) -> None:
    """A copy of the current bundle, which a later bundling does not change while a deployment is still using it."""
    bundle(target)
    with locked(LOCK):
        shutil.copytree(target.directory, directory, copy_function=os.link)


def is_current(target: Target) -> bool:
    """Whether the bundle was built from the present sources and dependencies."""
    return target.directory.is_dir() and target.stamp.is_file() and target.stamp.read_text() == _fingerprint(target)


def source_files() -> list[Path]:
    """The files of Gavel that are shipped, in an order that is the same on every machine."""
    return sorted(
        path
        for path in SOURCES.rglob("*")
        if path.is_file() and path.suffix in SHIPPED_SUFFIXES and "__pycache__" not in path.parts
    )


def _fingerprint(target: Target) -> str:
    digest = hashlib.sha256(_dependencies_fingerprint(target).encode())
    for path in source_files():
        digest.update(f"\0{path.relative_to(SOURCES)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _dependencies_fingerprint(target: Target) -> str:
    digest = hashlib.sha256(repr((target.for_uv, byte_code.fingerprint())).encode())
    if target is LOCAL:
        digest.update(f"{sys.implementation.cache_tag} {os.uname().sysname} {os.uname().machine}".encode())
    for path in (REQUIREMENTS, Path(trimming.__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _dependencies(target: Target) -> Path:
    """The directory with the dependencies, built once for each set of requirements."""
    cache = BUILD / "dependencies"
    directory = cache / f"{target.name}-{_dependencies_fingerprint(target)[:16]}"
    if directory.is_dir():
        return directory
    for outdated in cache.glob(f"{target.name}-{'[0-9a-f]' * 16}"):
        shutil.rmtree(outdated)
    with _replacing(directory) as fresh:
        install_dependencies(target, fresh)
        trimming.trim(fresh)
        _compile(target, fresh)
    return directory


def install_dependencies(target: Target, directory: Path) -> None:
    """Installs with uv, or with pip where uv cannot. Files are copied, not linked into uv's cache, because they are
    changed afterwards.
    """
    words: tuple[str | Path, ...] = ("--quiet", "--require-hashes", "--only-binary", ":all:", "--target", directory)
    try:
        uv("pip", "install", *words, "--link-mode", "copy", *target.for_uv, "--requirements", REQUIREMENTS)
    except UvError as error:
        pip = (sys.executable, "-m", "pip", "install", *words, "--no-compile", *target.for_pip, "-r", REQUIREMENTS)
        finished = subprocess.run(pip, check=False, capture_output=True, text=True)  # noqa: S603 -- no shell
        if finished.returncode:
            problems = f"{error}\n{finished.stderr.strip()}"
            raise BundleError(f"neither uv nor pip could install the functions' dependencies:\n{problems}") from error


def _copy_sources(directory: Path) -> None:
    for source in source_files():
        copy = directory / source.relative_to(SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)


def _compile(target: Target, directory: Path, packages: Sequence[str] = ()) -> None:
    try:
        if target is LOCAL:
            byte_code.compile_here(directory, packages)
        else:
            byte_code.compile_for_lambda(directory, packages, BUILD / "compiler")
    except byte_code.CompilerError as error:
        raise BundleError(str(error)) from error


@contextmanager
def _replacing(directory: Path) -> Iterator[Path]:
    """A new directory that replaces the old one once it is complete."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}-"))
    try:
        fresh.chmod(0o755)
        yield fresh
        shutil.rmtree(directory, ignore_errors=True)
        fresh.rename(directory)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits until no other process has the lock on the file, and holds it."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def show(step: str) -> None:
    """Prints a step, as the command line's `report`."""
    print(f"-- {step}", flush=True)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.packaging.bundle", description="Bundle the Lambda functions."
    )
    parser.add_argument("--local", action="store_true", help="for `make run`: this machine and this Python")
    parser.add_argument("--architecture", choices=BY_ARCHITECTURE, default="arm64", help="of the functions on AWS")
    asked = parser.parse_args()
    target = LOCAL if asked.local else BY_ARCHITECTURE[asked.architecture]
    started = time.monotonic()
    try:
        changed = bundle(target, show)
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    verdict = f"built in {time.monotonic() - started:.1f} s" if changed else "is up to date"
    print(f"{target.directory.relative_to(ROOT)} {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
