"""What is said to be killed was killed by a test, and by the mutant."""

import json
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from .__main__ import EXCUSED, LAMBDAS, LAYERS
from .run import KILLED, SURVIVED, UNREACHED, UNTRUSTED

ROOT = Path(__file__).parents[2]
EXCUSES = tomllib.loads(EXCUSED.read_text(encoding="utf-8"))["mutant"]
RUN = """
import json, pathlib, sys
import pytest, subject
from tests.mutants.mutation import mutants
from tests.mutants.run import Runner

runner = Runner(list(mutants(pathlib.Path(subject.__file__), "subject")), jobs=1)
code = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", "/dev/null", "."], plugins=[runner])
found = [(runner.mutants[number].function, result) for number, result in runner.results.items()]
pathlib.Path("found.json").write_text(json.dumps([int(code), found]))
"""
SUBJECT = """
def is_adult(age):
    return age >= 18

def is_child(age):
    if age > 150:
        return "ageless" == "x"
    return age < 18
"""
CHECKED = (
    "import subject\n\ndef test_adult():\n    assert [subject.is_adult(age) for age in (17, 18, 19)] == [0, 1, 1]\n"
)
CALLED = "\ndef test_child():\n    subject.is_child(17)\n"
FAILING = "\ndef test_failing():\n    assert subject.is_adult(17)\n"
ONCE = "\ncalls = []\n\ndef test_once():\n    subject.is_child(17)\n    calls.append(1)\n    assert len(calls) == 1\n"


def run(folder: Path, tests: str) -> tuple[int, Counter[tuple[str, str]]]:
    (folder / "subject.py").write_text(SUBJECT)
    (folder / "test_subject.py").write_text(tests)
    command = [sys.executable, "-c", RUN]
    path = f"{ROOT}:{folder}"
    done = subprocess.run(command, cwd=folder, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    code, found = json.loads((folder / "found.json").read_text())
    return code, Counter((function, result) for function, result in found)


def results(found: Counter[tuple[str, str]], function: str) -> set[str]:
    return {result for name, result in found if name == function}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_has_code_and_tests(layer: str) -> None:
    folder, tests = LAYERS[layer]
    assert [path for path in (LAMBDAS / folder).rglob("*.py") if path.stem != "__init__"]
    assert [test for test in tests if not (ROOT / test).is_dir()] == []


@pytest.mark.parametrize("each", EXCUSES, ids=lambda each: each["function"])
def test_an_excuse_goes_when_its_line_does(each: dict[str, str]) -> None:
    module, _, function = each["function"].partition(":")
    source = LAMBDAS.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
    *classes, name = function.split(".")
    assert all(f"class {each}" in source for each in classes)
    assert f"def {name}(" in source
    assert each["was"] in [line.strip() for line in source.splitlines()]
    assert each["reason"]


def test_a_mutant_is_killed_by_a_test_that_sees_it_and_by_no_other(tmp_path: Path) -> None:
    code, found = run(tmp_path, CHECKED + CALLED)
    assert code == 0
    assert results(found, "is_adult") == {KILLED}
    assert results(found, "is_child") == {SURVIVED, UNREACHED}, "a statement that no test reaches is told apart"


def test_nothing_is_said_while_a_test_fails_by_itself(tmp_path: Path) -> None:
    code, found = run(tmp_path, CHECKED + FAILING)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert not found


def test_a_test_that_fails_when_it_is_repeated_kills_nothing(tmp_path: Path) -> None:
    code, found = run(tmp_path, CHECKED + ONCE)
    assert code == 0
    assert results(found, "is_adult") == {KILLED}
    assert results(found, "is_child") == {UNTRUSTED, UNREACHED}
