"""`make run ARGS="--data DIR"`: the directory in which a demo is kept from run to run."""

from pathlib import Path
from typing import IO

from local.failure import LocalStackError
from local.lock import held


class DataDirectory:
    """The directory with the items of the tables, the meetings of the Chime simulator, and the issuer's key.

    One stack at a time uses it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.tables = self.path / "tables.json"
        self.meetings = self.path / "chime.json"
        self.issuer_key = self.path / "issuer.pem"
        self._lock: IO[bytes] | None = None

    def claim(self) -> None:
        """Raises `LocalStackError` if the directory cannot be written, or another stack uses it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = held(self.path / "lock")
        except OSError as error:
            raise LocalStackError(f"`--data {self.path}`: {error.strerror}") from error
        if self._lock is None:
            raise LocalStackError(f"`--data {self.path}`: another stack that is up uses this directory")

    def release(self) -> None:
        """Releases the directory, even twice."""
        if self._lock:
            self._lock.close()
            self._lock = None
