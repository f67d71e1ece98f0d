"""`uv.lock`: current, portable, complete. And what is exported from it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from infra.packaging.lock import CHECKERS, EXPORTS, PYPI, exported
from infra.packaging.uv import NO_PACKAGES_OF_OURS, ROOT, UvError, from_pip, uv
from tests.tracked import tracked

LOCK = tomllib.loads((ROOT / "uv.lock").read_text())
PACKAGES: list[dict[str, Any]] = [each for each in LOCK["package"] if "registry" in each["source"]]
FILES = [file for each in PACKAGES for file in (*each.get("wheels", []), *([each["sdist"]] if "sdist" in each else []))]
MACHINES = {
    "linux-x86_64": [*(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)), "manylinux1_x86_64"],
    "linux-arm64": [f"manylinux_2_{minor}_aarch64" for minor in range(28, 16, -1)],
    "macos-arm64": [f"macosx_{major}_0_{kind}" for major in range(14, 10, -1) for kind in ("arm64", "universal2")],
}
"""What installs where: glibc 2.28 and macOS 14, or older."""


def test_it_has_what_pyproject_asks_for() -> None:
    """Without a look at the network: the lock alone tells whether it is current."""
    uv("lock", "--check", "--offline", "--default-index", PYPI)


def test_an_outdated_lock_is_noticed(tmp_path: Path) -> None:
    for path in tracked():
        if path.name in ("pyproject.toml", "uv.lock"):
            (tmp_path / path.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, tmp_path / path)
    uv("lock", "--check", "--offline", "--default-index", PYPI, directory=tmp_path)
    project = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(project.replace('"ruff>=', '"ruff>=99.'))
    with pytest.raises(UvError):
        uv("lock", "--check", "--offline", "--default-index", PYPI, directory=tmp_path)


@pytest.mark.parametrize("path", EXPORTS)
def test_a_requirements_file_is_the_export(path: str) -> None:
    if (ROOT / path).read_text() != exported(path):
        pytest.fail(f"{path} is not what `uv.lock` says: `make lock`", pytrace=False)


def test_it_names_no_index_but_pypi() -> None:
    """A mirror of one machine is of no use on another."""
    assert {each["source"]["registry"] for each in PACKAGES} == {PYPI}
    assert {file["url"].rpartition("/packages/")[0] for file in FILES} == {"https://files.pythonhosted.org"}
    for path in EXPORTS:
        assert "://" not in (ROOT / path).read_text()


def test_the_checkers_of_the_tests_are_locked_as_well() -> None:
    text = (CHECKERS / "requirements.txt").read_text()
    packages = re.split(r"\n(?=[a-z])", text)[1:]
    assert len(packages) > 50
    for package in packages:
        assert re.match(r"[a-z0-9.-]+==\S+( ; [^\n]+)? \\\n    --hash=sha256:[0-9a-f]{64}", package), package
    assert "://" not in text


def test_every_file_is_known_by_its_hash() -> None:
    assert len(FILES) > len(PACKAGES)
    for file in FILES:
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]), file["url"]


def tags(version: tuple[int, int], machine: str) -> set[Tag]:
    platforms = MACHINES[machine]
    return {
        *cpython_tags(version, platforms=platforms),
        *compatible_tags(version, f"cp{version[0]}{version[1]}", platforms),
    }


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)], ids=lambda version: f"3.{version[1]}")
@pytest.mark.parametrize("machine", MACHINES)
def test_no_compiler_is_needed(version: tuple[int, int], machine: str) -> None:
    """Each package has a wheel for each supported Python."""
    supported, wheels = tags(version, machine), {each["name"]: each.get("wheels", []) for each in PACKAGES}
    lacking = []
    for name in needed(version, machine):
        files = [wheel["url"].rpartition("/")[2] for wheel in wheels[name]]
        if not any(parse_wheel_filename(file)[3] & supported for file in files):
            lacking.append(name)
    assert lacking == []


def needed(version: tuple[int, int], machine: str) -> list[str]:
    short = f"{version[0]}.{version[1]}"
    system = {"linux": "Linux", "macos": "Darwin"}[machine.partition("-")[0]]
    environment = {
        "python_version": short,
        "python_full_version": f"{short}.1",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": system.lower(),
        "platform_system": system,
    }
    words = ("--quiet", "--frozen", NO_PACKAGES_OF_OURS, "--no-hashes", "--no-annotate", "--no-header")
    lines = [Requirement(line) for line in uv("export", *words, "--all-groups").splitlines()]
    return [each.name for each in lines if each.marker is None or each.marker.evaluate(environment)]


def test_supported_pythons() -> None:
    assert SpecifierSet(LOCK["requires-python"]) == SpecifierSet(">=3.11")


# ---- the index that pip is configured for ----------------------------------------------------------------------------
def test_a_mirror_in_pips_configuration_is_uvs_too() -> None:
    configuration = """\
:env:.disable-pip-version-check='1'
global.cert='/etc/ssl/ours.pem'
global.index-url='https://mirror.example/simple'
global.timeout='30'
install.trusted-host='mirror.example'
"""
    assert from_pip(configuration) == {
        "SSL_CERT_FILE": "/etc/ssl/ours.pem",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INSECURE_HOST": "mirror.example",
    }
    assert from_pip("") == {}


def test_pips_variables_have_precedence_over_its_files() -> None:
    configuration = ":env:.index-url='https://b.example/simple'\nglobal.index-url='https://a.example/simple'\n"
    assert from_pip(configuration) == {"UV_DEFAULT_INDEX": "https://b.example/simple"}


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """An index with one package in it."""
    served = tmp_path / "mirror" / "simple" / "stand-in"
    served.mkdir(parents=True)
    with ZipFile(served / WHEEL, "w") as wheel:
        wheel.writestr("stand_in.py", "")
        wheel.writestr("stand_in-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: stand-in\nVersion: 1.0\n")
        wheel.writestr("stand_in-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("stand_in-1.0.dist-info/RECORD", "")
    (served / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>')
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "mirror"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()


WHEEL = "stand_in-1.0-py3-none-any.whl"
INSTALL = """
import sys
from infra.packaging.uv import uv
uv("pip", "install", "--no-cache", "--require-hashes", "--requirements", sys.argv[1], "--target", sys.argv[2])
"""


def test_uv_installs_from_the_mirror_and_looks_at_the_hash(mirror: str, tmp_path: Path) -> None:
    """In a process of its own: pip's configuration is asked for once."""
    requirements, target = tmp_path / "requirements.txt", tmp_path / "target"
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[global]\nindex-url = {mirror}\n")
    right = sha256((tmp_path / "mirror" / "simple" / "stand-in" / WHEEL).read_bytes()).hexdigest()
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "PIP_"))}
    variables |= {"PIP_CONFIG_FILE": str(configuration), "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-c", INSTALL, str(requirements), str(target)]
    for digest, installs in ((64 * "0", False), (right, True)):
        requirements.write_text(f"stand-in==1.0 --hash=sha256:{digest}\n")
        done = subprocess.run(command, check=False, env=variables, capture_output=True, text=True)
        assert (done.returncode == 0) is installs, done.stderr
        assert (target / "stand_in.py").is_file() is installs
        assert installs or "Hash mismatch for `stand-in==1.0`" in done.stderr
