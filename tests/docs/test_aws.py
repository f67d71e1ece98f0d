"""docs/aws.md: each fact has a source and a test. That the tests are there, `test_references.py` sees."""

import re
from pathlib import Path

from tests.tracked import ROOT

ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in (ROOT / Path("docs/aws.md")).read_text().splitlines()
    if line.startswith("| ") and not re.match(r"\| (fact|question|checker) \|", line)
]
TEST = re.compile(r"`[\w/.-]+\.py(?:::test_\w+)?`")


def test_each_fact_has_a_test() -> None:
    assert len(ROWS) > 25
    assert [row[0] for row in ROWS if not TEST.search(row[-1])] == []
    assert [row[0] for row in ROWS if not all(row)] == []
