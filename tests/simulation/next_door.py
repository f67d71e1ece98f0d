"""A second meeting in the same account, with the same people: what is done in one must not touch the other."""

import random
from collections.abc import Callable

from .account import Account
from .crowds import Crowds
from .deeds import Deeds
from .happenings import Happenings
from .monitor import Asking
from .outsiders import Outsiders
from .world import NEXT_DOOR, Simulation, Stage

OFTEN = 0.1
ROLES = {"alice": "participant", "hugo": "host", "bob": "host", "carol": "participant"}
"""Who hosts one of the meetings takes part in the other."""
Making = Callable[[], Asking]


class NextDoor:
    def __init__(self, seed: int, often: float, account: Account) -> None:
        self._seed = f"{seed} next door"
        self._draw = random.Random(self._seed)
        self._happens = self._draw.random() < often
        if self._happens:
            self._deeds, self._crowds = Deeds(self._seed, 1.0), Crowds(self._seed)
            self._outsiders = Outsiders(self._seed)
            stage = Stage(roles=ROLES, mode=self._draw.choice(("open", "presentation", "audio-only")))
            stage = self._outsiders.stage(self._crowds.stage(self._deeds.stage(stage)))
            self._simulation = Simulation(account, stage, NEXT_DOOR)

    def anything(self, makes: Callable[[str], Making]) -> None:
        """`makes`: a request in the first meeting of that label. A warm function serves both."""
        if not self._happens:
            return
        simulation = self._simulation
        for happens in (self._deeds, self._crowds, self._outsiders):
            happens.anything(simulation)
        Happenings(self._seed, simulation, simulation.stage).anything()
        requests = [makes("n0"), *self._deeds.requests("n", self._draw.choice((1, 2))), makes("n1")]
        simulation.process("a function for both", requests, self._draw.choice((0.0, 0.0, 0.3, 5.0)))
