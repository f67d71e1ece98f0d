"""The accounts and sources outside of this stack that may put events on its bus. Commands are authorized by source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

from .mistakes import MistakesError
from .types import JSON, LIST

RESERVED = {"gavel": "is this stack's own", "aws.*": "is Amazon's", "trigger/*": "is the name of a trigger"}
_ACCOUNT = re.compile(r"\d{12}")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)/[\w+=,.@/-]+)")
_SOURCE = re.compile(r"[A-Za-z0-9._:/-]{1,256}")


@dataclass(frozen=True)
class EventSource:
    """An account (12 digits) or one principal of it (ARN), and the sources that it may give."""

    who: str
    sources: tuple[str, ...]


def event_sources_of(entries: Any) -> tuple[EventSource, ...]:
    """Reads `EventSource`s or the context's JSON. Raises `MistakesError` with the mistakes of each entry."""
    if not isinstance(entries, list | tuple):
        raise MistakesError([f"`eventSources`: expected a list, got `{entries}`"])
    written = [_as_written(entry) for entry in entries]
    mistakes = [f"`eventSources[{index}]`: {each}" for index, entry in enumerate(written) for each in _mistakes(entry)]
    if mistakes:
        raise MistakesError(mistakes)
    return tuple(EventSource(entry.get("account") or entry["principal"], tuple(entry["sources"])) for entry in written)


def _as_written(entry: Any) -> Any:
    """The entry in the form of the context."""
    if not isinstance(entry, EventSource):
        return entry
    return {"principal" if entry.who.startswith("arn:") else "account": entry.who, "sources": list(entry.sources)}


def command_sources_of(sources: Any) -> tuple[str, ...]:
    """Reads sources of commands. Raises `MistakesError` with the mistakes of each source."""
    if not isinstance(sources, list | tuple):
        raise MistakesError([f"`commandSources`: expected a list of texts, got `{sources}`"])
    if mistakes := [f"`commandSources`: {each}" for source in sources for each in _mistakes_in_source(source)]:
        raise MistakesError(mistakes)
    return tuple(sources)


CommandSources = Annotated[tuple[str, ...], BeforeValidator(command_sources_of), LIST]
EventSources = Annotated[tuple[EventSource, ...], BeforeValidator(event_sources_of), JSON]


def reserved(source: str) -> str | None:
    """The reason why no sender may use this source; `None` if one may."""
    for name, reason in RESERVED.items():
        if source == name or (name.endswith("*") and source.startswith(name[:-1])):
            return reason
    return None


def _mistakes(entry: Any) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield 'expected {"account" or "principal", "sources"}'
        return
    yield from (f"unknown key `{key}`" for key in sorted(entry.keys() - {"account", "principal", "sources"}))
    if ("account" in entry) == ("principal" in entry):
        yield "expected one of `account` and `principal`"
    if "account" in entry and not _fits(_ACCOUNT, entry["account"]):
        yield "`account`: expected the 12 digits of an AWS account, as a text"
    if "principal" in entry and not _fits(_PRINCIPAL, entry["principal"]):
        yield "`principal`: expected the ARN of an IAM role or user"
    sources = entry.get("sources")
    if not isinstance(sources, list) or not sources:
        yield "`sources`: expected a list of texts"
        return
    for source in sources:
        yield from (f"`sources`: {mistake}" for mistake in _mistakes_in_source(source))


def _mistakes_in_source(source: object) -> Iterator[str]:
    if not isinstance(source, str) or not _fits(_SOURCE, source):
        yield f"`{source}` is no source: letters, digits and . _ : / - make one"
    elif reason := reserved(source):
        yield f"`{source}` {reason}; nobody else may give it"


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))
