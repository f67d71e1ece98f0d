"""A lock that ends with the process that holds it."""

import fcntl
from pathlib import Path
from typing import IO


def held(path: Path) -> IO[bytes] | None:
    """Locks the file until it is closed. `None` if another process has the lock."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
