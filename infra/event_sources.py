"""Who beyond this stack may put events on its bus, and with which source, for commands are judged by their source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

RESERVED = {"gavel": "is this stack's own", "aws.*": "is Amazon's", "trigger/*": "is the name of a trigger"}
_ACCOUNT = re.compile(r"\d{12}")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)/[\w+=,.@/-]+)")
_SOURCE = re.compile(r"[A-Za-z0-9._:/-]{1,256}")


@dataclass(frozen=True)
class EventSource:
    """An account, or one principal of it, and the sources that it may give."""

    who: str
    sources: tuple[str, ...]


def event_sources_of(entries: list[Any], problems: list[str]) -> tuple[EventSource, ...]:
    """Those that are right. What is wrong with the others goes to `problems`."""
    found = []
    for index, entry in enumerate(entries):
        mistakes = list(_mistakes(entry))
        problems += [f"`eventSources[{index}]`: {mistake}" for mistake in mistakes]
        if not mistakes:
            found.append(EventSource(entry.get("account") or entry["principal"], tuple(entry["sources"])))
    return tuple(found)


def reserved(source: str) -> str | None:
    """Why nobody may be given this source; None if it may be given."""
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
        if not _fits(_SOURCE, source):
            yield f"`sources`: `{source}` is no source: letters, digits and . _ : / - make one"
        elif reason := reserved(source):
            yield f"`sources`: `{source}` {reason}; nobody else may give it"


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))
