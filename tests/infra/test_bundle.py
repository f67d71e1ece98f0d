"""What the functions ship with, for the machine that runs them."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra.packaging import bundle
from infra.packaging.trimming import AWS_SERVICES

MAGIC_OF_3_13 = (3571).to_bytes(2, "little") + b"\r\n"
UNCHECKED_HASH = 1
"""The flags of byte code that is not compared with its source (PEP 552)."""
ARM64 = 183  # e_machine of the ELF header: EM_AARCH64


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bundle") / "lambda"
    bundle.snapshot(bundle.AWS, directory)
    return directory


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bundle") / "local"
    bundle.snapshot(bundle.LOCAL, directory)
    return directory


def test_native_code_is_for_lambda(shipped: Path) -> None:
    libraries = list(shipped.rglob("*.so*"))
    assert {each.parent.name for each in libraries} >= {"cedarpy", "pydantic_core"}
    for library in libraries:
        header = library.read_bytes()[:20]
        assert header[:5] == b"\x7fELF\x02", library
        assert int.from_bytes(header[18:20], "little") == ARM64, library
        assert "cpython-313-aarch64" in library.name or ".abi3." in library.name, library


def test_where_uv_cannot_reach_the_index_pip_installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    bundle.install_dependencies(bundle.AWS, tmp_path / "bundle")
    [library] = (tmp_path / "bundle" / "pydantic_core").glob("*.so")
    assert "cpython-313-aarch64" in library.name
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(bundle.BundleError, match="neither uv nor pip"):
        bundle.install_dependencies(bundle.AWS, tmp_path / "nothing")


def test_ships_our_sources_and_nothing_made_here(shipped: Path) -> None:
    for source in bundle.source_files():
        assert (shipped / source.relative_to(bundle.SOURCES)).is_file()
    assert not [path for path in shipped.rglob("*.pyc") if ".cpython-313." not in path.name]
    assert not list(shipped.rglob("direct_url.json"))
    assert not (shipped / "tests").exists()


def test_every_module_ships_with_byte_code_for_lambda(shipped: Path) -> None:
    """It is trusted unseen: Lambda unpacks with times of its own, and has no place to keep what it would compile."""
    for source in shipped.rglob("*.py"):
        header = (source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc").read_bytes()[:8]
        assert header[:4] == MAGIC_OF_3_13, source
        assert int.from_bytes(header[4:], "little") == UNCHECKED_HASH, source


def test_botocore_knows_the_services_we_call_and_no_others(shipped: Path) -> None:
    data = shipped / "botocore" / "data"
    assert {each.name for each in data.iterdir() if each.is_dir()} == AWS_SERVICES
    assert {"endpoints.json", "partitions.json", "_retry.json"} <= {each.name for each in data.iterdir()}


def test_everything_imports_from_the_bundle_alone(local: Path) -> None:
    program = f"""
import sys
sys.path = [path for path in sys.path if "site-packages" not in path]
sys.path.insert(0, {str(local)!r})
import aws_lambda_powertools, boto3, cedarpy, pydantic
session = boto3.Session("x", "x", region_name="eu-central-1")
for service in {sorted(AWS_SERVICES)!r}:
    print(session.client(service).meta.endpoint_url)
from importlib.metadata import version
print(version("pydantic"), version("botocore"))
"""
    finished = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    said = finished.stdout.split()
    assert said[: len(AWS_SERVICES)] == [
        "https://execute-api.eu-central-1.amazonaws.com",
        "https://meetings-chime.eu-central-1.amazonaws.com",
        "https://dynamodb.eu-central-1.amazonaws.com",
        "https://events.eu-central-1.amazonaws.com",
        "https://sqs.eu-central-1.amazonaws.com",
    ]


def test_no_module_of_a_dependency_is_changed(shipped: Path) -> None:
    """Their own record of what was installed is gone, so they are compared with this machine's copies."""
    packages = ("aws_lambda_powertools", "boto3", "botocore", "pydantic", "urllib3")
    for package in packages:
        spec = find_spec(package)
        assert spec is not None
        [installed] = spec.submodule_search_locations or []
        for source in (shipped / package).rglob("*.py"):
            original = Path(installed) / source.relative_to(shipped / package)
            assert source.read_bytes() == original.read_bytes(), source


def test_descriptions_of_services_hold_no_prose(shipped: Path) -> None:
    for path in (shipped / "botocore" / "data").rglob("service-2.json"):
        text = path.read_text()
        assert '"documentation":"' not in text
        assert json.loads(text)["operations"]


def test_built_once(shipped: Path) -> None:
    files = {path: path.stat().st_ino for path in shipped.rglob("*.so")}
    steps: list[str] = []
    assert not bundle.bundle(bundle.AWS, steps.append)
    assert {path: path.stat().st_ino for path in shipped.rglob("*.so")} == files
    assert steps == []
