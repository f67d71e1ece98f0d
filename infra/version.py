"""Gavel's version. `pyproject.toml` has it."""

import tomllib
from functools import cache

from infra.uv import ROOT


@cache
def version() -> str:
    project: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["version"]
