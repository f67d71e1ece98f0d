"""Compiles a bundle to byte code. It is run by the functions' version of Python and imports the standard library only.

`compile.py <bundle>` compiles all of it in place, `compile.py <bundle> <package>…` only these packages.
"""

import compileall
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from py_compile import PycInvalidationMode


def compile_files(bundle: Path, directories: Iterable[Path]) -> None:
    """Compiles the files. The byte code is marked unchecked, because unpacking a zip changes every file's time."""
    unchecked = PycInvalidationMode.UNCHECKED_HASH
    for directory in directories:
        if not compileall.compile_dir(directory, quiet=1, invalidation_mode=unchecked, stripdir=str(bundle)):
            raise SystemExit(f"{directory} can't be compiled")


def main(arguments: Sequence[str]) -> None:
    bundle, packages = Path(arguments[0]), arguments[1:]
    compile_files(bundle, [bundle / package for package in packages] or [bundle])


if __name__ == "__main__":
    main(sys.argv[1:])
