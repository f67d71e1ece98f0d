"""Which ports the local stack listens on, all of them on 127.0.0.1."""

import socket
from contextlib import ExitStack
from dataclasses import dataclass, fields

from local.failure import LocalStackError

HIGHEST = 65_535
FURTHEST = 8
"""How far the last port lies behind the first."""
DEFAULT_BASE = 4566  # where tools for emulators of AWS look by default


@dataclass(frozen=True)
class Ports:
    """One port per server."""

    aws: int
    chime: int
    issuer: int
    console: int
    faults: int

    @classmethod
    def from_base(cls, base: int) -> "Ports":
        """The fixed ports of `make run`, so that what was copied yesterday works today."""
        if not 1 <= base <= HIGHEST - FURTHEST:
            raise LocalStackError(f"`--port-base` {base}: expected a number from 1 to {HIGHEST - FURTHEST}")
        return cls(aws=base, chime=base + 5, issuer=base + 6, console=base + 7, faults=base + FURTHEST)

    @classmethod
    def free(cls) -> "Ports":
        """Any ports that are free now, so that tests run side by side."""
        with ExitStack() as held:
            sockets = [held.enter_context(socket.socket()) for _ in fields(cls)]
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            return cls(*(one.getsockname()[1] for one in sockets))

    def refuse_taken(self) -> None:
        """Says which ports another program holds, before anything is started."""
        taken = [f"{port} ({name})" for name, port in vars(self).items() if not _is_free(port)]
        if taken:
            raise LocalStackError(
                f"port {' and '.join(taken)} on 127.0.0.1 is taken by another program: "
                'stop that, or choose others with `make run ARGS="--port-base 14566"`'
            )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections in TIME_WAIT don't hold a port
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
