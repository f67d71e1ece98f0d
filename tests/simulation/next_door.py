"""A second meeting in the same account with the same users. Commands in one must not affect the other."""

import random
from collections.abc import Callable

from .account import Account
from .crowds import Crowds
from .happenings import Happenings
from .monitor import Asking
from .outsiders import Outsiders
from .user_commands import UserCommands
from .world import NEXT_DOOR, Setup, Simulation

OFTEN = 0.1
ROLES = {"alice": "participant", "hugo": "host", "bob": "host", "carol": "participant"}
"""Hosts of one meeting are participants of the other."""
Making = Callable[[], Asking]


class NextDoor:
    def __init__(self, seed: int, often: float, account: Account) -> None:
        self._seed = f"{seed} next door"
        self._draw = random.Random(self._seed)
        self._happens = self._draw.random() < often
        if self._happens:
            self._user_commands, self._crowds = UserCommands(self._seed, 1.0), Crowds(self._seed)
            self._outsiders = Outsiders(self._seed)
            setup = Setup(roles=ROLES, mode=self._draw.choice(("open", "presentation", "audio-only")))
            setup = self._outsiders.setup(self._crowds.setup(self._user_commands.setup(setup)))
            self._simulation = Simulation(account, setup, NEXT_DOOR)

    def anything(self, makes: Callable[[str], Making]) -> None:
        """`makes`: a request in the first meeting of that label. A warm function serves both."""
        if not self._happens:
            return
        simulation = self._simulation
        for happens in (self._user_commands, self._crowds, self._outsiders):
            happens.anything(simulation)
        Happenings(self._seed, simulation, simulation.setup).anything()
        requests = [makes("n0"), *self._user_commands.requests("n", self._draw.choice((1, 2))), makes("n1")]
        simulation.process("a function for both", requests, self._draw.choice((0.0, 0.0, 0.3, 5.0)))
