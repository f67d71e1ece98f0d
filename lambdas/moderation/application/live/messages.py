"""Live messages: JSON, each small enough for API Gateway, which accepts 128 KB and bills every 32 KB.

Documents are passed as text, so that a document for a hundred subscribers is serialized once.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

MOST_BYTES = 30_000
LARGEST = 100_000
"""Bytes of one document. A document that may be larger is sent in pieces, or without its large fields."""
BESIDES = 8
"""Quotes, colon, brackets and commas around a document."""


def messages(
    kind: str, single: Mapping[str, str], lists: Mapping[str, Sequence[str]], last: Mapping[str, object]
) -> list[str]:
    """Distributes documents over numbered messages of at most `MOST_BYTES`.

    `single` goes into the first message, `lists` into as many as needed, `last` into the last one. A document larger
    than `MOST_BYTES` gets a message of its own, so none may be larger than `LARGEST`.
    """
    fields: list[dict[str, list[str]]] = [{}]
    room = MOST_BYTES
    for name, text in _pieces(single, lists):
        size = len(text.encode()) + len(name) + BESIDES
        if size > room and fields[-1]:
            fields.append({})
            room = MOST_BYTES
        room -= size
        fields[-1].setdefault(name, []).append(text)
    return [
        _message({"type": kind, "part": part}, found, lists.keys(), last if part == len(fields) else {})
        for part, found in enumerate(fields, 1)
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
