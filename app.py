"""The CDK app. `cdk deploy` runs it; `python app.py` alone writes the template to `cdk.out`.

Needs neither credentials nor network, only the bundle that `make bundle` builds.
"""

import json
import os
import sys
from pathlib import Path

from infra.config import ConfigError
from infra.context import read
from infra.packaging.bundle import BundleError
from infra.tools.node import use_bundled_node

ROOT = Path(__file__).resolve().parent


def main() -> int:
    """Synthesizes the stack that the context describes."""
    use_bundled_node()
    from aws_cdk import App  # starts Node.js

    from infra.stack import GavelStack

    # The CLI passes the context of cdk.json; without the CLI it is read here. What the CLI passes goes first.
    try:
        context = json.loads((ROOT / "cdk.json").read_text())["context"]
    except json.JSONDecodeError as error:
        print(f"cdk.json is not JSON: {error.msg} in line {error.lineno}, column {error.colno}", file=sys.stderr)
        return 1
    app = App(context=context, outdir=os.environ.get("CDK_OUTDIR", str(ROOT / "cdk.out")), analytics_reporting=False)
    try:
        GavelStack(app, read(app.node.get_all_context(), os.environ.get("CDK_DEFAULT_REGION")))
    except (ConfigError, BundleError) as error:
        print(error, file=sys.stderr)
        return 1
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
