"""docs/errors.md tells of every code, with the status that it has."""

import re
from pathlib import Path

from host_api.problems import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"


def test_every_code_is_told_of() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {code: int(status) for code, status in rows} == {code: status for code, (status, _) in KINDS.items()}
