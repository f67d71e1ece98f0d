"""The ports of the local stack, all on 127.0.0.1."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import islice
from random import SystemRandom

from local.failure import LocalStackError

LOWEST, HIGHEST = 1_024, 65_535
"""The bounds of ports. The operating system reserves those below the lowest."""
FURTHEST = 8
"""The distance of the last port from the first."""
DEFAULT_BASE = 4566  # the default port of tools for emulators of AWS
BASE_VARIABLE = "GAVEL_PORT_BASE"
SERVERS = {
    "aws": "the emulator of AWS",
    "chime": "the Chime simulator",
    "issuer": "the issuer",
    "console": "the console",
    "faults": "the proxy for faults",
}
NO_CLIENTS = range(20_000, 32_000)
"""Below the ports that Linux and macOS give to clients."""
PARTS = 100
"""The parts of these ports, so that two processes that start at once choose from different ones."""


@dataclass(frozen=True)
class Ports:
    """One port per server."""

    aws: int
    chime: int
    issuer: int
    console: int
    faults: int

    @classmethod
    def from_option(cls, given: str | None, environment: Mapping[str, str] = os.environ) -> "Ports":
        """The ports that `--port-base`, the environment or the default chooses, in this order."""
        if given is not None:
            return cls.from_base(_base("--port-base", given))
        if BASE_VARIABLE in environment:
            return cls.from_base(_base(BASE_VARIABLE, environment[BASE_VARIABLE]))
        return cls.from_base(DEFAULT_BASE)

    @classmethod
    def from_base(cls, base: int) -> "Ports":
        """The fixed ports of `make run`, so that commands copied from an earlier run still work."""
        return cls(aws=base, chime=base + 5, issuer=base + 6, console=base + 7, faults=base + FURTHEST)

    @classmethod
    def free(cls) -> "Ports":
        """Free ports, so that tests run side by side. They stay free until the servers start: the system gives none of
        them to a client's connection, and processes with numbers close to this one's choose from other parts.
        """
        size = len(NO_CLIENTS) // PARTS
        part = NO_CLIENTS[os.getpid() % PARTS * size :][:size]
        return cls(*islice(filter(_is_free, SystemRandom().sample(part, size)), len(fields(cls))))

    def refuse_taken(self) -> None:
        """Raises an error that names the ports held by other programs."""
        taken = self._taken()
        if taken:
            raise LocalStackError(
                f"port {' and '.join(taken)} on 127.0.0.1 is taken by another program. If that is another `make run`, "
                f"use its stack (`source .local/env`) or stop it with Ctrl-C. To run a second stack beside it: "
                f'`make run ARGS="--port-base {self._free_base()}"`'
            )

    def _taken(self) -> list[str]:
        return [f"{port} ({SERVERS[name]})" for name, port in vars(self).items() if not _is_free(port)]

    def _free_base(self) -> int:
        """A base whose ports are free, as a suggestion."""
        others = (base for base in range(14_566, HIGHEST - FURTHEST, 1_000) if base != self.aws)
        return next((base for base in others if not Ports.from_base(base)._taken()), 14_566)


def _base(name: str, text: str) -> int:
    highest = HIGHEST - FURTHEST
    if not text.isdecimal() or not LOWEST <= int(text) <= highest:
        reserved = f" (ports below {LOWEST} are reserved)" if text.isdecimal() and int(text) < LOWEST else ""
        raise LocalStackError(f"`{name}`: expected a number from {LOWEST} to {highest}, got `{text}`{reserved}")
    return int(text)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection in TIME_WAIT does not hold a port
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
