"""What a page refers to, read out of its Markdown."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.tracked import ROOT

ADDRESS = re.compile(r'<(?:img|a|source)\b[^>]*?\b(?:src|href)="([^"]+)"')
MAKE = re.compile(r"(?:^|&& |; |`)make ([a-z][a-z-]*)", re.MULTILINE)
MODULE = re.compile(r"\bpython3? -m ([a-z_]+(?:\.[a-z_]+)*)")


@dataclass(frozen=True)
class Page:
    """`links`: as they are written. `names`: text in backticks. `anchors`: as GitHub makes them from headings."""

    links: tuple[str, ...]
    names: tuple[str, ...]
    anchors: frozenset[str]
    targets: frozenset[str]
    modules: frozenset[str]


@cache
def page(path: Path) -> Page:
    return read((ROOT / path).read_text())


def read(text: str) -> Page:
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    links = [str(value) for token in inline for key, value in token.attrs.items() if key in ("href", "src")]
    html = "\n".join(token.content for token in (*tokens, *inline) if token.type.startswith("html_"))
    names = [token.content for token in inline if token.type == "code_inline"]
    code = "\n".join([*names, *(token.content for token in tokens if token.type in ("fence", "code_block"))])
    return Page(
        links=(*links, *ADDRESS.findall(html)),
        names=tuple(names),
        anchors=frozenset(anchors(tokens)),
        targets=frozenset(MAKE.findall(code)),
        modules=frozenset(MODULE.findall(code)),
    )


def anchors(tokens: list[Token]) -> Iterator[str]:
    """The second heading of a name ends in `-1`: https://docs.github.com/get-started/writing-on-github."""
    seen: Counter[str] = Counter()
    for opening, heading in pairwise(tokens):
        if opening.type == "heading_open":
            text = "".join(child.content for child in heading.children or () if child.type in ("text", "code_inline"))
            anchor = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            yield f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor
            seen[anchor] += 1
