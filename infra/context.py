"""Reads CDK context: JSON from `cdk.json`, text from `cdk deploy -c key=value`; both are understood."""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

_Default = TypeVar("_Default")


class ContextReader:
    """Takes typed values out of the context and collects every mistake in `problems`."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        self._context = context
        self._known: set[str] = set()

    def text(
        self, key: str, default: str | None, pattern: re.Pattern[str] | None = None, meaning: str = ""
    ) -> str | None:
        value = self._value(key)
        if value is None:
            return default
        if not isinstance(value, str) or not value.strip() or (pattern and not pattern.fullmatch(value)):
            return self._refuse(key, value, meaning or "a text", default)
        return value

    def texts(self, key: str, pattern: re.Pattern[str] | None = None, meaning: str = "") -> tuple[str, ...]:
        value = self._json(key)
        values = [item.strip() for item in value.split(",")] if isinstance(value, str) else value
        if values is None:
            return ()
        if not _are_texts(values, lambda item: not pattern or bool(pattern.fullmatch(item))):
            return self._refuse(key, value, meaning or "a list of texts", ())
        return tuple(values)

    def number(self, key: str, default: int, allowed: range) -> int:
        value = self._json(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
            return self._refuse(key, value, f"a whole number from {allowed[0]} to {allowed[-1]}", default)
        return value

    def optional_number(self, key: str, allowed: range) -> int | None:
        return None if self._json(key) is None else self.number(key, allowed[0], allowed)

    def flag(self, key: str, default: bool = False) -> bool:
        chosen = self.optional_flag(key)
        return default if chosen is None else chosen

    def optional_flag(self, key: str) -> bool | None:
        value = self._json(key)
        if value is None or isinstance(value, bool):
            return value
        return self._refuse(key, value, "true or false", None)

    def mapping(self, key: str) -> Mapping[str, str]:
        value = self._json(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not _are_texts([*value, *value.values()]):
            return self._refuse(key, value, "an object of texts", {})
        return value

    def entries(self, key: str) -> list[Any]:
        """A list whose items the caller checks."""
        value = self._json(key)
        if value is None:
            return []
        return value if isinstance(value, list) else self._refuse(key, value, "a list", [])

    def directory(self, key: str) -> Path | None:
        value = self.text(key, None)
        if value and not Path(value).is_dir():
            return self._refuse(key, value, "a directory that exists", None)
        return Path(value) if value else None

    def refuse_misspelled(self) -> None:
        """A key much like one of ours is a slip that would deploy a default in silence. Other keys aren't ours."""
        for key in sorted(set(self._context) - self._known):
            if close := difflib.get_close_matches(key, self._known, n=1, cutoff=0.8):
                self.problems.append(f"`{key}`: unknown; did you mean `{close[0]}`?")

    def _value(self, key: str) -> Any:
        self._known.add(key)
        return self._context.get(key)

    def _json(self, key: str) -> Any:
        value = self._value(key)
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError:
            return value

    def _refuse(self, key: str, value: object, meaning: str, default: _Default) -> _Default:
        self.problems.append(f"`{key}`: expected {meaning}, got `{value}`")
        return default


def _are_texts(values: object, fits: Callable[[str], bool] = bool) -> bool:
    return isinstance(values, Iterable) and all(isinstance(item, str) and item and fits(item) for item in values)
