"""What all tests share: the functions' log goes to the standard output that the test captures."""

import sys
from typing import Any, cast

from moderation import telemetry


class _CurrentOutput:
    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


for _handler in cast("Any", telemetry.logger).handlers:
    _handler.setStream(_CurrentOutput())
