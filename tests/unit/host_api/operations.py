"""The operations of the API, as its description has them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.openapi import openapi


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    described: dict[str, Any]

    @property
    def needs_token(self) -> bool:
        return self.described.get("security") != []

    @property
    def is_command(self) -> bool:
        """Whether it changes something."""
        return self.needs_token and self.method != "GET" and not self.path.endswith("/live")

    def fits(self, path: str) -> bool:
        """Whether a request for the path is for this operation."""
        return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", self.path), path) is not None

    @property
    def problems(self) -> set[str]:
        return set(self.described["x-problems"])


def operations() -> Iterator[Operation]:
    for path, methods in openapi()["paths"].items():
        for method, described in methods.items():
            yield Operation(described["operationId"], method.upper(), path, described)


OPERATIONS = list(operations())
MODERATION = [operation for operation in OPERATIONS if operation.needs_token]
