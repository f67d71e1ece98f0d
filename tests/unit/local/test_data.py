"""`make run ARGS="--data DIR"`: what a run leaves for the next one."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from ministack.services import dynamodb

from local.data import DataDirectory
from local.failure import LocalStackError
from local.kept_tables import KeptTables

ITEM = {"pk": {"S": "MEETING#1"}, "sk": {"S": "MEETING"}}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A table of the emulator, empty."""
    created: dict[str, Any] = {"TableName": "gavel", "items": defaultdict(dict), "ItemCount": 0}
    monkeypatch.setitem(dynamodb._tables, "gavel", created)
    monkeypatch.setattr(dynamodb, "_stream_seq_counter", 0)
    return created


def test_the_next_run_goes_on_with_the_items(
    table: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tables.json"
    first = KeptTables(file)
    first.restore("gavel")
    assert table["items"] == {}
    table["items"]["MEETING#1"]["MEETING"] = ITEM
    monkeypatch.setattr(dynamodb, "_stream_seq_counter", 1)
    first.save()

    table["items"] = defaultdict(dict)
    second = KeptTables(file)
    second.restore("gavel")
    assert table["items"] == {"MEETING#1": {"MEETING": ITEM}}
    assert table["ItemCount"] == 1
    table["items"]["MEETING#2"]["MEETING"] = ITEM


def test_tables_that_do_not_come_back_stay_in_the_file(
    table: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tables.json"
    file.write_text(json.dumps({"other": {"a": {"b": ITEM}}}))
    monkeypatch.setattr(dynamodb, "_stream_seq_counter", 1)
    KeptTables(file).save()
    assert json.loads(file.read_text())["other"] == {"a": {"b": ITEM}}


def test_one_stack_at_a_time_uses_a_directory(tmp_path: Path) -> None:
    first, second = DataDirectory(tmp_path / "demo"), DataDirectory(tmp_path / "demo")
    first.claim()
    with pytest.raises(LocalStackError, match="another stack that is up uses this directory"):
        second.claim()
    first.release()
    second.claim()
    second.release()


def test_a_directory_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalStackError, match=r"`--data .*file`: File exists"):
        DataDirectory(tmp_path / "file").claim()
