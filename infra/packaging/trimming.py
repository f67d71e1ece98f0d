"""Removes data that no function reads from the installed dependencies: every cold start unpacks and parses less
(docs/adr/0033-standard-parts.md). No module is changed.
"""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The AWS services that the functions call. botocore ships the descriptions of 400 others, 25 MB.
AWS_SERVICES = {"apigatewaymanagementapi", "chime-sdk-meetings", "dynamodb", "events", "sqs"}
READ_OF_A_SERVICE = {"endpoint-rule-set-1.json", "service-2.json"}
INSTALLER_NOTES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def trim(directory: Path) -> None:
    """Removes the data. Every package stays importable, and its metadata readable. Raises `OSError` if data is not
    where it was.
    """
    data = directory / "botocore" / "data"
    _keep(data, lambda entry: entry.is_file() or entry.name in AWS_SERVICES)
    prefixes = {_slim(data / service) for service in AWS_SERVICES}
    _slim_endpoints(data / "endpoints.json", prefixes)
    _keep(directory / "boto3" / "data", lambda entry: entry.name in AWS_SERVICES)
    shutil.rmtree(directory / "bin", ignore_errors=True)
    for notes in directory.glob("*.dist-info"):
        _keep(notes, lambda entry: entry.name not in INSTALLER_NOTES)
    for cache in directory.rglob("__pycache__"):
        shutil.rmtree(cache)


def _keep(directory: Path, wanted: Callable[[Path], bool]) -> None:
    for entry in directory.iterdir():
        if wanted(entry):
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _slim(service: Path) -> str:
    """Keeps the newest version of a service's API, without the prose. Returns its name in `endpoints.json`."""
    newest = max(entry.name for entry in service.iterdir())
    _keep(service, lambda entry: entry.name == newest)
    version = service / newest
    for packed in version.glob("*.gz"):
        (version / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    _keep(version, lambda entry: entry.name in READ_OF_A_SERVICE)
    for path in version.iterdir():
        _write(path, _without_prose(json.loads(path.read_bytes())))
    prefix: str = json.loads((version / "service-2.json").read_bytes())["metadata"]["endpointPrefix"]
    return prefix


def _without_prose(document: Any) -> Any:
    """The description without its texts.

    A member `documentation` that is an object belongs to the API; one that is a text is prose. `operationContextParams`
    is removed too: it finds endpoints of tables in other accounts, and needs JMESPath.
    """
    if isinstance(document, list):
        return [_without_prose(item) for item in document]
    if not isinstance(document, dict):
        return document
    return {
        key: _without_prose(value)
        for key, value in document.items()
        if not (key == "documentation" and isinstance(value, str)) and key != "operationContextParams"
    }


def _slim_endpoints(path: Path, prefixes: set[str]) -> None:
    endpoints = json.loads(path.read_bytes())
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in prefixes}
    _write(path, endpoints)


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, separators=(",", ":")))
