"""The code of the functions: what the package holds, or the repository's bundle, with the customer's policies added."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from .config import Config, ConfigError
from .files import FUNCTION_SOURCES, PACKAGED

POLICIES = Path("moderation", "adapters", "cedar")


def function_code(config: Config) -> Path:
    """The directory to deploy: `assetDirectory` of the configuration, or the code in the package."""
    if config.asset_directory:
        return with_policies(config.asset_directory, config)
    archive = PACKAGED / "code" / f"{config.architecture}.zip"
    if not archive.is_file():
        raise ConfigError(f"the functions' code for {config.architecture} is not here: give `asset_directory`")
    directory = _temporary(Path(tempfile.gettempdir()), "gavel-cdk")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(directory)
    return with_policies(directory, config)


def with_policies(directory: Path, config: Config) -> Path:
    """The same directory, or a copy with the customer's policies beside the shipped ones.

    CDK copies the directory during synthesis, so this copy is deleted when the process ends.
    """
    if config.policy_directory is None:
        return directory
    _validate(config.policy_directory)
    own = _temporary(directory.parent, directory.name)
    shutil.copytree(directory, own, copy_function=os.link, dirs_exist_ok=True)
    layer = [path for kind in ("*.cedar", "*.cedarschema") for path in config.policy_directory.glob(kind)]
    replaced = [own / POLICIES / path.name for path in layer]
    if any(path.suffix == ".cedarschema" for path in layer):
        replaced += (own / POLICIES).glob("*.cedarschema")
    for path in replaced:
        path.unlink(missing_ok=True)  # it may be the same file as the directory's
    for path in layer:
        shutil.copyfile(path, own / POLICIES / path.name)
    return own


def _temporary(parent: Path, name: str) -> Path:
    directory = Path(tempfile.mkdtemp(dir=parent, prefix=f"{name}-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    directory.chmod(0o755)
    return directory


def _validate(policies: Path) -> None:
    """Checks the policies with the functions' own code, in a process of its own: `infra` never imports `lambdas`."""
    finished = subprocess.run(  # noqa: S603 -- our own words and a directory that exists
        [sys.executable, "-m", "moderation.adapters.cedar", str(policies.resolve())],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(FUNCTION_SOURCES)},
    )
    if finished.returncode:
        problems = (finished.stdout + finished.stderr).strip()
        raise ConfigError(f"`policyDirectory`: {policies} is not valid\n{problems}")
    print(f"`policyDirectory`: {finished.stdout.strip()}", file=sys.stderr)
