"""Gavel's own code, for the commands that need more than the API: that of the checkout above this directory, or of the
package `gavel-cdk`, which has it inside.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .settings import NotConfiguredError


def adapter(name: str, command: str) -> Any:
    """A module of Gavel's adapters. Raises `NotConfiguredError` if its code is not here."""
    module = f"moderation.adapters.{name}"
    if find_spec("moderation"):
        return imported(module, command)
    for folder in sources():
        if (folder / "moderation").is_dir():
            sys.path.insert(0, str(folder))
            return imported(module, command)
    raise NotConfiguredError(
        f"`{command}` needs Gavel's code: run it in a checkout, or install the package `gavel-cdk`"
    )


def imported(module: str, command: str) -> Any:
    """Gavel's code needs packages that this one does not."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise NotConfiguredError(f"`{command}` needs `{error.name}`: pip install {error.name}") from error


def sources() -> Iterator[Path]:
    """Where the functions' code may be."""
    yield from (folder / "lambdas" for folder in (Path.cwd(), *Path.cwd().parents))
    package = find_spec("gavel_cdk")
    if package and package.origin:
        yield Path(package.origin).parent / "data" / "lambdas"
