"""`.local/env`: the variables that clients of the stack need, as lines for `source`."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from local.failure import LocalStackError
from local.files import write_whole
from local.lock import held


class EnvFile:
    """The file, which exists while its stack is up. A lock beside it names the owner, and ends with that process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[bytes] | None = None

    def claim(self) -> bool:
        """Takes the file, and removes what a stack that has ended left in it. Returns False if another stack has it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = held(self.path.with_name(f"{self.path.name}.lock"))
        if self._lock is None:
            return False
        self.path.unlink(missing_ok=True)
        return True

    def write(self, values: Mapping[str, str]) -> None:
        """Writes the file, for which other programs wait."""
        write_whole(self.path, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items()))

    def release(self) -> None:
        """Removes the file, if this process owns it."""
        if self._lock is None:
            return
        self.path.unlink(missing_ok=True)
        self._lock.close()
        self._lock = None


def claimed(wanted: Path | None, default: Path, suffix: str) -> EnvFile:
    """The requested file; without a request the default one, or a file beside it if another stack owns that.

    Raises `LocalStackError` if another stack that is up owns the requested file.
    """
    names = [wanted] if wanted else [default, default.with_name(f"{default.name}-{suffix}")]
    for file in map(EnvFile, names):
        if file.claim():
            return file
    raise LocalStackError(f"`{names[-1]}` belongs to another stack that is up: name another file with `--env-file`")
