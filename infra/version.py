"""Gavel's version: from `pyproject.toml` in the repository, from the metadata in the package."""

import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

from .files import IS_PACKAGED

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


@cache
def version() -> str:
    if IS_PACKAGED:
        return metadata.version("gavel-cdk")
    project: dict[str, str] = tomllib.loads(PROJECT.read_text())["project"]
    return project["version"]
