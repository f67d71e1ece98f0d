"""The servers of the local stack in processes of their own: the emulator of AWS and the Chime simulator."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.packaging.bundle import ROOT
from local.aws import REGION, server_environment
from local.child import Child
from local.data import DataDirectory
from local.ports import Ports

EVENT_SOURCE = "gavel.simulator"  # EventBridge accepts events of `aws.*` from AWS only
TABLES = "GAVEL_TABLES_FILE"
"""The variable with the file in which the emulator keeps items."""


def start_emulator(
    directory: Path, ports: Ports, environment: Mapping[str, str], data: DataDirectory | None, *, roles_count: bool
) -> Child:
    """Starts the emulator. `environment` overrides its other variables."""
    temporary = directory / "tmp"
    temporary.mkdir()
    kept = {TABLES: str(data.tables)} if data else {}
    variables = server_environment(
        AUTH=str(roles_count).lower(),
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(ports.aws),
        IOT_MTLS_ENABLED="0",
        NO_PROXY="127.0.0.1,localhost",
        PYTHONPATH=str(ROOT),
        S3_DATA_DIR=str(directory / "s3"),
        TMPDIR=str(temporary),
        **kept,
        **environment,
    )
    return _started("emulator", ["local.emulator"], variables, directory)


def start_simulator(directory: Path, ports: Ports, data: DataDirectory | None, *, roles_count: bool) -> Child:
    emulator = f"http://127.0.0.1:{ports.aws}"
    options = {
        "region": REGION,
        "port": str(ports.chime),
        "events-endpoint": emulator,
        "event-source": EVENT_SOURCE,
        **({"iam-endpoint": emulator} if roles_count else {}),
        **({"state": str(data.meetings)} if data else {}),
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return _started("Chime simulator", ["chime_simulator", *words], server_environment(PYTHONPATH=str(ROOT)), directory)


def _started(name: str, module: Sequence[str], environment: Mapping[str, str], directory: Path) -> Child:
    log = directory / f"{name.lower()}.log"
    return Child(name, [sys.executable, "-m", *module], environment, log)
