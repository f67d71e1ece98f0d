"""The TypeScript client: its own tests, against this stack."""

import re

from local import typescript
from tests.e2e.scene import Theatre


def test_npm_test(theatre: Theatre) -> None:
    """With the stack at hand nothing is skipped, and something is tried."""
    stack = theatre.stack
    said = typescript.run(
        "test",
        {
            "GAVEL_URL": stack.api_url,
            "GAVEL_ISSUER_URL": stack.issuer_url,
            "CHIME_ENDPOINT_URL": stack.chime_url,
        },
    )
    counted = {
        name: int(count) for name, count in re.findall(r"^(?:#|ℹ) (pass|fail|skipped) (\d+)$", said, re.MULTILINE)
    }
    assert counted["pass"] > 50, said
    assert (counted["fail"], counted["skipped"]) == (0, 0), said
