"""Makes byte code; run by the Python that is to run the functions, and with nothing but its standard library.

`compile.py <bundle>` compiles the whole of it in place. `compile.py <bundle> <package>…` compiles these packages, and
keeps the methods of their dataclasses, which are text until the moment of their import: `moderation/precompiled.py`
says why, and takes them up.
"""

import builtins
import compileall
import dataclasses
import importlib
import marshal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from py_compile import PycInvalidationMode
from types import CodeType
from typing import Any

DOORS = {"__main__", "handler"}
"""Modules that do something when they are imported."""


def compile_files(bundle: Path, directories: Iterable[Path]) -> None:
    """Byte code that is trusted unseen: unpacking a zip gives every file a new time, which would void it."""
    unseen = PycInvalidationMode.UNCHECKED_HASH
    for directory in directories:
        if not compileall.compile_dir(directory, quiet=1, invalidation_mode=unseen, stripdir=str(bundle)):
            raise SystemExit(f"{directory} can't be compiled")


def methods_of_dataclasses(bundle: Path, packages: Sequence[str]) -> dict[str, CodeType]:
    """Text → code. A module that needs what this machine can't run is left out: its dataclasses are compiled later."""
    known: dict[str, CodeType] = {}

    def keep(text: str, module: dict[str, Any], *more: Any) -> None:
        code = compile(text, "<dataclass>", "exec")
        if module["__name__"].partition(".")[0] in packages:
            known[text] = code
        builtins.exec(code, module, *more)  # noqa: S102 - what the standard library would run

    sys.path.insert(0, str(bundle))
    sys.dont_write_bytecode = True
    vars(dataclasses)["exec"] = keep
    for path in sorted(path for package in packages for path in (bundle / package).rglob("*.py")):
        parts = path.relative_to(bundle).with_suffix("").parts
        if parts[-1] not in DOORS:
            try:
                importlib.import_module(".".join(part for part in parts if part != "__init__"))
            except ImportError:
                continue
    return known


def main(arguments: Sequence[str]) -> None:
    bundle, packages = Path(arguments[0]), arguments[1:]
    compile_files(bundle, [bundle / package for package in packages] or [bundle])
    if packages:
        kept = bundle / "moderation" / f"dataclasses.{sys.implementation.cache_tag}"
        kept.write_bytes(marshal.dumps(methods_of_dataclasses(bundle, packages)))


if __name__ == "__main__":
    main(sys.argv[1:])
