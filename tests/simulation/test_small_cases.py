"""Small cases, every schedule of them."""

import pytest

from .report import trace_of
from .small import CASES, Case
from .small_consent import CONSENTS
from .small_found import FOUND
from .small_looks import LOOKS
from .small_people import PEOPLE
from .small_seeds import SEEDS
from .small_stalls import STALLS

EVERY_CASE = [*CASES, *STALLS, *PEOPLE, *CONSENTS, *SEEDS, *FOUND, *LOOKS]


@pytest.mark.parametrize("case", EVERY_CASE, ids=lambda case: case.name)
def test_every_schedule(case: Case) -> None:
    explored = 0
    for choices, result in case.all_runs():
        assert not result.violations, f"decisions {choices.taken}\n" + trace_of(None, result)
        explored += 1
    assert explored >= case.at_least, "fewer schedules than there were: have all the places where things happen gone?"
