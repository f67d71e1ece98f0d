"""The files in `docs` say what the code says."""

from pathlib import Path

import pytest

from contracts.files import DOCS, REGENERATE, contracts, schemas, write

EXPECTED = contracts()


@pytest.mark.parametrize("path", EXPECTED)
def test_the_file_is_up_to_date(path: str) -> None:
    file = DOCS / path
    if not file.is_file() or file.read_text(encoding="utf-8") != EXPECTED[path]:
        pytest.fail(f"docs/{path} is not what the code says: `{REGENERATE}`", pytrace=False)


def test_no_schema_is_left_of_what_is_no_more() -> None:
    assert [path for path in schemas() if path not in EXPECTED] == []


def test_writing_brings_up_to_date_and_touches_nothing_else(tmp_path: Path) -> None:
    assert write(tmp_path) == list(EXPECTED)
    assert {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()} == set(EXPECTED)
    (tmp_path / "openapi.json").write_text("{}")
    (tmp_path / "schemas" / "events" / "hand-shaken.json").write_text("{}")
    assert write(tmp_path) == ["openapi.json", "schemas/events/hand-shaken.json"]
    assert write(tmp_path) == []
