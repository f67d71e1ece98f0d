"""Messages on a line: JSON, each small enough for API Gateway, which takes 128 KB and bills every 32 KB.

Documents come as text already: what a hundred listeners are shown alike is written once.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

MOST_BYTES = 30_000
LARGEST = 100_000
"""Bytes of one document. Whatever may grow beyond them is told in pieces, or without what makes it large."""
BESIDES = 8
"""Quotes, colon, brackets and commas around a document."""


def messages(
    kind: str, single: Mapping[str, str], lists: Mapping[str, Sequence[str]], last: Mapping[str, object]
) -> list[str]:
    """`single` goes into the first, `lists` into as many as it takes; what only the last one says comes at the end.

    A document that is larger than all that is to fit gets a message to itself, so none may be larger than `LARGEST`.
    Each message has its number.
    """
    said: list[dict[str, list[str]]] = [{}]
    room = MOST_BYTES
    for name, text in _pieces(single, lists):
        size = len(text.encode()) + len(name) + BESIDES
        if size > room and said[-1]:
            said.append({})
            room = MOST_BYTES
        room -= size
        said[-1].setdefault(name, []).append(text)
    return [
        _message({"type": kind, "part": part}, found, lists.keys(), last if part == len(said) else {})
        for part, found in enumerate(said, 1)
    ]


def written(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def fits(text: str) -> bool:
    return len(text.encode()) <= LARGEST


def _pieces(single: Mapping[str, str], lists: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    yield from single.items()
    for name, texts in lists.items():
        for text in texts:
            yield name, text


def _message(
    head: Mapping[str, object], found: Mapping[str, list[str]], lists: Collection[str], last: Mapping[str, object]
) -> str:
    parts = [written(head)[1:-1]]
    for name, texts in found.items():
        inner = ",".join(texts)
        parts.append(f'"{name}":[{inner}]' if name in lists else f'"{name}":{inner}')
    if last:
        parts.append(written(last)[1:-1])
    return "{" + ",".join(parts) + "}"
