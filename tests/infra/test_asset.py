"""Which directory is deployed."""

from pathlib import Path

import pytest

from infra.asset import function_asset
from infra.bundle import SOURCES, BundleError
from infra.configuration import ConfigurationError, read

SHIPPED_POLICIES = SOURCES / "moderation" / "adapters" / "cedar"


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    policies = tmp_path / "asset" / "moderation" / "adapters" / "cedar"
    policies.mkdir(parents=True)
    (policies / "shipped.cedar").write_text(str(tmp_path))
    return tmp_path / "asset"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    directory = tmp_path / "own"
    directory.mkdir()
    for shipped in SHIPPED_POLICIES.glob("*.cedar*"):
        (directory / shipped.name).write_bytes(shipped.read_bytes())
    return directory


def test_a_missing_bundle_says_how_to_make_it() -> None:
    with pytest.raises(BundleError, match="`make bundle`"):
        function_asset(read({"assetDirectory": "no/such/bundle"}))


def test_without_a_policy_directory_it_is_the_bundle(asset: Path) -> None:
    assert function_asset(read({"assetDirectory": str(asset)})) == asset


def test_the_customers_policies_replace_ours(asset: Path, own: Path) -> None:
    (own / "zz-own.cedar").write_text("// nothing more\n")
    deployed = function_asset(read({"assetDirectory": str(asset), "policyDirectory": str(own)}))
    policies = deployed / "moderation" / "adapters" / "cedar"
    assert {each.name for each in policies.iterdir()} == {each.name for each in own.iterdir()}
    assert (asset / "moderation" / "adapters" / "cedar" / "shipped.cedar").exists()


def test_policies_that_are_not_valid_are_refused(asset: Path, own: Path) -> None:
    (own / "broken.cedar").write_text("permit (principal, action, resource")
    with pytest.raises(ConfigurationError, match=r"(?s)`policyDirectory`.*broken\.cedar"):
        function_asset(read({"assetDirectory": str(asset), "policyDirectory": str(own)}))
