"""Which directory the functions ship: the bundle, with the customer's policies in place of ours if there are any."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra import bundle
from infra.configuration import ARM, Configuration, ConfigurationError

POLICIES = Path("moderation", "adapters", "cedar")


def function_asset(configuration: Configuration) -> Path:
    """The directory to deploy. A bundle older than the sources is refused: it would deploy yesterday's code."""
    directory = bundle.ROOT / configuration.asset_directory
    targets = (*bundle.BY_ARCHITECTURE.values(), bundle.LOCAL)
    target = next((target for target in targets if target.directory == directory), None)
    if not directory.is_dir() or (target and not bundle.is_current(target)):
        words = "" if configuration.architecture == ARM else f" ARCHITECTURE={configuration.architecture}"
        raise bundle.BundleError(
            f"`{configuration.asset_directory}` is missing or older than the sources: `make bundle{words}`"
        )
    if configuration.policy_directory is None:
        return directory
    _validate(configuration.policy_directory)
    return _with_policies(directory, configuration.policy_directory)


def _validate(policies: Path) -> None:
    """Asks the functions' own code in a process of its own, for infra never imports it."""
    finished = subprocess.run(  # noqa: S603 -- our own words and a directory that exists
        [sys.executable, "-m", "moderation.adapters.cedar", str(policies.resolve())],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(bundle.SOURCES)},
    )
    if finished.returncode:
        problems = (finished.stdout + finished.stderr).strip()
        raise ConfigurationError(f"`policyDirectory`: {policies} is not valid\n{problems}")


def _with_policies(directory: Path, policies: Path) -> Path:
    """A copy of the bundle with these policies and no others. CDK takes its own copy, so ours ends with the process."""
    own = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f"{directory.name}-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    own.chmod(0o755)
    shutil.copytree(directory, own, copy_function=os.link, dirs_exist_ok=True)
    for shipped in (own / POLICIES).glob("*.cedar*"):
        shipped.unlink()
    for path in policies.glob("*.cedar*"):
        shutil.copyfile(path, own / POLICIES / path.name)
    return own
