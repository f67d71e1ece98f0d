"""Messages on a line: JSON, each small enough for API Gateway, which takes 128 KB and bills every 32 KB."""

import json
from collections.abc import Iterable, Mapping, Sequence

from ..core.view import Document

MOST_BYTES = 30_000


def messages(
    kind: str, single: Mapping[str, Document], lists: Mapping[str, Sequence[Document]], last: Document
) -> list[str]:
    """`single` goes into the first, `lists` into as many as it takes; what only the last one says comes at the end.

    A document that is larger than all that is to fit gets a message to itself. Each message has its number.
    """
    said: list[Document] = [{}]
    room = MOST_BYTES
    for name, document, among_others in _pieces(single, lists):
        size = len(written(document).encode()) + len(name) + 8
        if size > room and said[-1]:
            said.append({})
            room = MOST_BYTES
        room -= size
        if among_others:
            together = said[-1].setdefault(name, [])
            assert isinstance(together, list)  # noqa: S101 - made a line above
            together.append(document)
        else:
            said[-1][name] = document
    said[-1] |= last
    return [written({"type": kind, "part": part, **message}) for part, message in enumerate(said, 1)]


def written(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _pieces(
    single: Mapping[str, Document], lists: Mapping[str, Sequence[Document]]
) -> Iterable[tuple[str, Document, bool]]:
    for name, document in single.items():
        yield name, document, False
    for name, documents in lists.items():
        for document in documents:
            yield name, document, True
