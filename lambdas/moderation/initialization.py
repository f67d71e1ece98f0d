"""When a function builds its parts: in Lambda during initialization, with full processor power."""

import os
from collections.abc import Callable
from functools import cache
from typing import TypeVar

INITIALIZATION = "AWS_LAMBDA_INITIALIZATION_TYPE"
"""The environment variable that Lambda sets for a function's process."""
Part = TypeVar("Part")


def at_init(build: Callable[[], Part]) -> Callable[[], Part]:
    """Keeps the part that `build` returns. In Lambda it is built at once, elsewhere when it is first needed."""
    part = cache(build)
    if INITIALIZATION in os.environ:
        part()
    return part
