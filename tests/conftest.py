"""What all tests share: the functions' log goes to the standard output that the test captures, and the helpers of
`tests.e2e.deadline` show the values that differ.
"""

import sys
from typing import Any, cast

import pytest
from moderation import telemetry

pytest.register_assert_rewrite("tests.e2e.deadline")


class _CurrentOutput:
    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


for _handler in cast("Any", telemetry.logger).handlers:
    _handler.setStream(_CurrentOutput())
