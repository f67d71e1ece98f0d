"""What runs by itself: continuous integration, updates of dependencies, the hooks of a commit."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tracked import ROOT, tracked

Document = dict[str, Any]
CI = ROOT / ".ci" / "run"


def document(path: str) -> Document:
    found: Document = yaml.safe_load((ROOT / path).read_text())
    return found


def targets(*steps: str, path: Path) -> list[str]:
    """What `.ci/run` has made: a `make` of ours writes it down."""
    make, log = path / "make", path / "log"
    make.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    make.chmod(0o755)
    variables = os.environ | {"PATH": f"{path}:{os.environ['PATH']}"}
    subprocess.run(["bash", CI, *steps], check=True, env=variables)
    return log.read_text().splitlines()


def test_the_workflow_runs_what_ci_runs(tmp_path: Path) -> None:
    jobs = document(".github/workflows/ci.yml")["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert commands == [".ci/run audit", ".ci/run check", ".ci/run test"]
    assert targets(path=tmp_path) == ["audit", "test"]
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^test: check ", makefile, re.MULTILINE), "`make test` begins with the checks"
    for name in ("audit", "check", "test"):
        assert re.search(rf"^{name}:", makefile, re.MULTILINE)


def test_one_step_is_one_target(tmp_path: Path) -> None:
    assert targets("check", path=tmp_path) == ["check"]
    assert os.access(CI, os.X_OK)


def test_a_step_that_fails_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "make").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "log"}\nexit 3\n')
    (tmp_path / "make").chmod(0o755)
    variables = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert subprocess.run(["bash", CI], check=False, env=variables).returncode == 3
    assert (tmp_path / "log").read_text() == "audit\n"


def test_the_workflow_tries_every_supported_python() -> None:
    tried = document(".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    minor = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert tried == minor
    assert project["requires-python"] == f">={minor[0]}"


def test_actions_are_pinned_by_their_content_and_may_only_read() -> None:
    workflow = document(".github/workflows/ci.yml")
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)] == []
    assert workflow["permissions"] == {"contents": "read"}


def test_dependabot_looks_at_every_lock() -> None:
    updates = document(".github/dependabot.yml")["updates"]
    looked_at = {
        (update["package-ecosystem"], directory)
        for update in updates
        for directory in update.get("directories", [update.get("directory")])
    }
    names = {"uv.lock": "uv", "package-lock.json": "npm"}
    locks = {(names[path.name], f"/{path.parent}".rstrip(".")) for path in tracked() if path.name in names}
    assert looked_at == {*locks, ("github-actions", "/")}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """With a module of ours, and with our tools where the hooks look for them."""
    directory = tmp_path / "clone"
    (directory / ".venv").mkdir(parents=True)
    (directory / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    for name in (".pre-commit-config.yaml", ".gitignore", "uv.lock", "local/progress.py"):
        shutil.copy(ROOT / name, directory)
    for path in tracked():
        if path.name == "pyproject.toml":
            (directory / path.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, directory / path)
    for words in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *words], check=True, cwd=directory)
    return directory


def hooks(clone: Path) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"PRE_COMMIT_HOME": str(clone.parent / "hooks")}
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
    return subprocess.run(command, check=False, cwd=clone, env=variables, capture_output=True, text=True)


def test_hooks_pass_what_is_right(clone: Path) -> None:
    done = hooks(clone)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Passed") == 3


@pytest.mark.parametrize(
    ("name", "text", "hook"),
    [
        ("progress.py", "import os\n", "ruff check"),
        ("progress.py", "x = {  'a':1}\n", "ruff format"),
        ("pyproject.toml", '[project]\nname = "gavel"\nversion = "0.0.9"\n', "uv.lock is current"),
    ],
)
def test_hooks_stop_what_is_wrong(clone: Path, name: str, text: str, hook: str) -> None:
    (clone / name).write_text(text)
    done = hooks(clone)
    assert done.returncode == 1
    assert re.search(rf"^{re.escape(hook)}\.+Failed$", done.stdout, re.MULTILINE), done.stdout
