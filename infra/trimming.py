"""Takes out of the installed dependencies what no function of ours reads: less to unpack, parse and run at every cold
start (docs/adr/0013-cold-start.md).
"""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Every AWS service that the functions call. botocore ships the descriptions of 400 others, 25 MB of them.
AWS_SERVICES = {"apigatewaymanagementapi", "chime-sdk-meetings", "dynamodb", "events", "sqs"}
READ_OF_A_SERVICE = {"endpoint-rule-set-1.json", "service-2.json"}
INSTALLER_NOTES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
# Modules that others import as a whole and nobody looks into: they are run when somebody does.
DEFERRED = ("botocore/docs/__init__.py", "cedarpy/pst.py", "jmespath/__init__.py", "urllib3/http2/__init__.py")
DEFERRAL = '''\
"""Run when somebody looks into it; what it says is in the module beside it."""


def __getattr__(name):
    if name.startswith("__") or name in {submodules}:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module("{behind}"), name)
'''
# What makes the docstrings of clients' methods; with it come parsers of HTML and makers of manuals.
DOCSTRINGS = "botocore/docs/docstring.py"
NO_DOCSTRINGS = '''\
"""Methods of clients have no docstrings here: nobody reads them in a function."""


class LazyLoadedDocstring(str):
    def __new__(cls, *_, **__):
        return super().__new__(cls)


ClientMethodDocstring = PaginatorDocstring = WaiterDocstring = LazyLoadedDocstring
'''


def trim(directory: Path) -> None:
    """Leaves every package importable and its metadata readable. Raises `OSError` if one is not as it was."""
    data = directory / "botocore" / "data"
    _keep(data, lambda entry: entry.is_file() or entry.name in AWS_SERVICES)
    prefixes = {_slim(data / service) for service in AWS_SERVICES}
    _slim_endpoints(data / "endpoints.json", prefixes)
    for module in DEFERRED:
        _defer(directory / module, directory)
    _replace(directory / DOCSTRINGS, NO_DOCSTRINGS)
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
    """The newest version of a service's API, without the prose. Answers how `endpoints.json` calls the service."""
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
    """A member that is called `documentation` is an object, the prose about one is text.

    Context of operations goes with it: it finds endpoints for tables of other accounts, by a query language of its own.
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


def _replace(path: Path, text: str) -> None:
    if not path.is_file():
        raise FileNotFoundError(path)
    path.unlink()  # it may be the same file as pip's cached one
    path.write_text(text)


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, separators=(",", ":")))


def _defer(module: Path, root: Path) -> None:
    """Submodules are no attributes of a package before they are imported, so they are not looked for behind it."""
    is_package = module.stem == "__init__"
    behind = module.with_name("_whole.py" if is_package else f"_{module.name}")
    submodules = sorted({entry.stem for entry in module.parent.iterdir()}) if is_package else []
    module.rename(behind)
    dotted = ".".join(behind.relative_to(root).with_suffix("").parts)
    module.write_text(DEFERRAL.format(behind=dotted, submodules=submodules))
