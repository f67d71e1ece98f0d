"""Models that a route names but nobody imports before a request needs them: with them comes all of pydantic."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Model:
    """Called, it is the model itself. A test asks every route's for it."""

    module: str
    name: str

    def __call__(self) -> "type[BaseModel]":
        found: type[BaseModel] = getattr(import_module(self.module), self.name)
        return found


@dataclass(frozen=True, slots=True)
class Later:
    """A module of models; its attributes are names."""

    module: str

    def __getattr__(self, name: str) -> Model:
        return Model(self.module, name)
