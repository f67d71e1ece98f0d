"""Words that no tracked file uses: people are "they" or their role, and what callers ask for is a command.

This file is the only exception besides files that others wrote.
"""

import re
from pathlib import Path

from tests.tracked import ROOT, tracked

WORDS = "he|his|him|himself|whom|whoever|deeds?"
FORBIDDEN = re.compile(rf"(?<![a-z])(?:{WORDS})(?![a-z])", re.IGNORECASE)
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""In identifiers each part is a word: `is_his_own`, `isHisOwn`."""
OF_OTHERS = {"LICENSE", "package-lock.json", "uv.lock"}
VENDORED = {Path("console/vendor/intl-messageformat"), Path("console/vendor/lit-html")}
BINARY = {".png"}


def is_ours(path: Path) -> bool:
    return path.name not in OF_OTHERS and path.suffix not in BINARY and not VENDORED & set(path.parents)


def forbidden(text: str) -> list[str]:
    """The lines with one of the words."""
    return [line.strip() for line in text.splitlines() if FORBIDDEN.search(CAMEL.sub(" ", line))]


def test_no_tracked_file_uses_them() -> None:
    ours = [path for path in tracked() if is_ours(path) and ROOT / path != Path(__file__)]
    assert [str(path) for path in ours if FORBIDDEN.search(CAMEL.sub(" ", str(path)))] == []
    found = {str(path): lines for path in ours if (lines := forbidden((ROOT / path).read_text()))}
    assert found == {}


def test_whole_words_are_found() -> None:
    assert forbidden("He_asks\nthe hero\nbyHimself\nDEEDS\nindeed\nthis\nuser_deed") == [
        "He_asks",
        "byHimself",
        "DEEDS",
        "user_deed",
    ]
