"""`make run ARGS=--watch` sees what is saved."""

from collections.abc import Callable, Iterator
from pathlib import Path

from infra.packaging.bundle import ROOT
from local.watch import changes, shown


def test_changes_in_folders_and_replaced_files_are_told(tmp_path: Path) -> None:
    source, file = tmp_path / "lambdas" / "host_api" / "handler.py", tmp_path / "cdk.json"
    source.parent.mkdir(parents=True)
    file.write_text("{}")
    saves: Iterator[Callable[[], object]] = iter((lambda: source.write_text("pass"), lambda: replace(file)))

    def save_next() -> None:
        next(saves, lambda: None)()

    missing = {source, file}
    for found in changes([tmp_path / "lambdas"], [file], meanwhile=save_next):
        missing -= set(found)
        if not missing:
            break


def replace(file: Path) -> None:
    """As editors save."""
    fresh = file.with_name("new")
    fresh.write_text('{"context": {}}')
    fresh.replace(file)


def test_how_a_file_is_shown() -> None:
    assert shown(ROOT / "lambdas" / "reconciler" / "handler.py") == "lambdas/reconciler/handler.py"
    assert shown(Path("/policies/school.cedar")) == "/policies/school.cedar"
