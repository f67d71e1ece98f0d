"""Which directory is deployed."""

from pathlib import Path

import pytest

from infra.config import ConfigError
from infra.context import read
from infra.packaging import bundle
from infra.packaging.asset import function_asset
from infra.packaging.bundle import SOURCES, BundleError

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


def test_the_bundle_is_the_architectures_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "is_current", lambda _: False)
    for architecture, words in (
        ("arm64", "/lambda`.*`make bundle`"),
        ("x86_64", "/lambda-x86_64`.*ARCHITECTURE=x86_64"),
    ):
        with pytest.raises(BundleError, match=words):
            function_asset(read({"architecture": architecture}))


def test_without_a_policy_directory_it_is_the_bundle(asset: Path) -> None:
    assert function_asset(read({"assetDirectory": str(asset)})) == asset


def test_the_customers_policies_are_added_and_take_the_place_of_files_of_their_name(
    asset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = asset / "moderation" / "adapters" / "cedar"
    for each in SHIPPED_POLICIES.glob("*.cedar*"):
        (shipped / each.name).write_bytes(each.read_bytes())
    own = tmp_path / "layer"
    own.mkdir()
    (own / "own.cedar").write_text("// nothing more\n")
    (own / "moderation.cedar").write_text("// nobody moderates\n")
    (own / "own.cedarschema").write_bytes((SHIPPED_POLICIES / "gavel.cedarschema").read_bytes())
    deployed = function_asset(read({"assetDirectory": str(asset), "policyDirectory": str(own)}))
    policies = deployed / "moderation" / "adapters" / "cedar"
    assert {each.name for each in policies.iterdir()} == {
        *("shipped.cedar", "capabilities.cedar", "moderation.cedar", "own.cedar", "own.cedarschema")
    }
    assert (policies / "moderation.cedar").read_text() == "// nobody moderates\n"
    assert (shipped / "moderation.cedar").read_bytes() == (SHIPPED_POLICIES / "moderation.cedar").read_bytes()
    assert "added `own.cedar`" in capsys.readouterr().err


def test_policies_that_silence_every_meeting_are_refused(asset: Path, own: Path) -> None:
    (own / "capabilities.cedar").write_text("// nothing\n")
    with pytest.raises(ConfigError, match=r"`capabilities\.cedar` is missing or empty"):
        function_asset(read({"assetDirectory": str(asset), "policyDirectory": str(own)}))


def test_policies_that_are_not_valid_are_refused(asset: Path, own: Path) -> None:
    (own / "broken.cedar").write_text("permit (principal, action,\n resource")
    with pytest.raises(ConfigError, match=r"(?s)`policyDirectory`.*`broken\.cedar`, line 2: unexpected end"):
        function_asset(read({"assetDirectory": str(asset), "policyDirectory": str(own)}))
