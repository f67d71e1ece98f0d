"""The places of files that are not Python: beside `infra` in the repository, inside it in the package `gavel-cdk`."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent
PACKAGED = _HERE / "data"
"""A directory that only the package has."""
IS_PACKAGED = PACKAGED.is_dir()

CONSOLE = PACKAGED / "console" if IS_PACKAGED else _HERE.parent / "console"
SCHEMAS = PACKAGED / "schemas" if IS_PACKAGED else _HERE.parent / "docs" / "schemas"
FUNCTION_SOURCES = PACKAGED / "lambdas" if IS_PACKAGED else _HERE.parent / "lambdas"
"""The sources of the functions, which `infra` runs in a process of its own to check policies."""
