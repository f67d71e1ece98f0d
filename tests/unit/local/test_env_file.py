"""`.local/env` belongs to the stack that is up."""

import subprocess
from pathlib import Path

import pytest

from local.env_file import EnvFile, claimed
from local.failure import LocalStackError


def test_it_can_be_sourced(tmp_path: Path) -> None:
    file = EnvFile(tmp_path / "env")
    file.write({"GAVEL_URL": "http://127.0.0.1:1/a b"})
    shown = subprocess.run(
        ["sh", "-c", f'. {file.path}; echo "$GAVEL_URL"'], check=True, capture_output=True, text=True
    )
    assert shown.stdout == "http://127.0.0.1:1/a b\n"


def test_a_second_stack_has_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / ".local" / "env"
    first = claimed(None, path, "4566")
    first.write({"A": "1"})
    second = claimed(None, path, "14566")
    assert second.path == tmp_path / ".local" / "env-14566"
    second.write({"A": "2"})
    second.release()
    assert not second.path.exists()
    assert path.read_text() == "export A=1\n"
    first.release()
    assert not path.exists()


def test_a_file_that_was_asked_for_and_belongs_to_another_stack_is_an_error(tmp_path: Path) -> None:
    first = claimed(tmp_path / "env", tmp_path / "unused", "4566")
    with pytest.raises(LocalStackError, match="belongs to another stack that is up"):
        claimed(tmp_path / "env", tmp_path / "unused", "14566")
    first.release()


def test_what_a_killed_stack_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "env"
    left.write_text("export A=1\n")
    file = claimed(None, left, "4566")
    assert file.path == left
    assert not left.exists()
    file.release()
