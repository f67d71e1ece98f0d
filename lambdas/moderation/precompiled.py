"""Methods of dataclasses, compiled when the functions were bundled.

A dataclass writes its methods as text and compiles them whenever its module is imported: hundreds of small programs,
which took a seventh of a cold start. Bundling keeps what comes of them, by their text, so that nothing wrong can be
found under it; what is not found is compiled as ever.
"""

import dataclasses
import marshal
import os
import sys
from types import CodeType
from typing import Any


def use() -> None:
    known = _kept(os.path.join(os.path.dirname(__file__), f"dataclasses.{sys.implementation.cache_tag}"))  # noqa: PTH118, PTH120 - pathlib is not imported yet

    def run(text: str, *namespaces: Any) -> None:
        exec(known.get(text, text), *namespaces)  # noqa: S102 - the text is the standard library's

    if known:
        vars(dataclasses)["exec"] = run


def _kept(path: str) -> dict[str, CodeType]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            found: dict[str, CodeType] = marshal.load(file)  # noqa: S302 - our own bundle
    except (OSError, EOFError, ValueError):
        return {}
    return found
