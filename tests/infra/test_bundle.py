"""What the functions ship with, for the machine that runs them."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra import bundle
from infra.trimming import AWS_SERVICES

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


def test_ships_our_sources_and_nothing_made_here(shipped: Path) -> None:
    for source in bundle.source_files():
        assert (shipped / source.relative_to(bundle.SOURCES)).is_file()
    assert not list(shipped.rglob("__pycache__"))
    assert not list(shipped.rglob("direct_url.json"))
    assert not (shipped / "tests").exists()


def test_botocore_knows_the_services_we_call_and_no_others(shipped: Path) -> None:
    data = shipped / "botocore" / "data"
    assert {each.name for each in data.iterdir() if each.is_dir()} == AWS_SERVICES
    assert {"endpoints.json", "partitions.json", "_retry.json"} <= {each.name for each in data.iterdir()}


def test_everything_imports_from_the_bundle_alone(local: Path) -> None:
    program = f"""
import sys
sys.path = [path for path in sys.path if "site-packages" not in path]
sys.path.insert(0, {str(local)!r})
import boto3, cedarpy, pydantic, ulid
for service in {sorted(AWS_SERVICES)!r}:
    boto3.client(service, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
from importlib.metadata import version
print(version("pydantic"), version("boto3"))
"""
    finished = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def test_built_once(shipped: Path) -> None:
    files = {path: path.stat().st_ino for path in shipped.rglob("*.so")}
    bundle.bundle(bundle.AWS)
    assert {path: path.stat().st_ino for path in shipped.rglob("*.so")} == files
    assert bundle.is_current(bundle.AWS) in {True, False}
