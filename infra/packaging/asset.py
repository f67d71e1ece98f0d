"""The directory that this repository's app deploys: the output of `make bundle`."""

from pathlib import Path

from infra.code import with_policies
from infra.config import ARM, Config
from infra.packaging import bundle


def function_asset(config: Config) -> Path:
    """The directory to deploy. Raises `BundleError` if the bundle is older than the sources."""
    directory = bundle.ROOT / (config.asset_directory or bundle.BY_ARCHITECTURE[config.architecture].directory)
    targets = (*bundle.BY_ARCHITECTURE.values(), bundle.LOCAL)
    target = next((target for target in targets if target.directory == directory), None)
    if not directory.is_dir() or (target and not bundle.is_current(target)):
        words = "" if config.architecture == ARM else f" ARCHITECTURE={config.architecture}"
        raise bundle.BundleError(f"`{directory}` is missing or older than the sources: `make bundle{words}`")
    return with_policies(directory, config)
