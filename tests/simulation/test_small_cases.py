"""Small cases, every schedule of them."""

import pytest

from .choices import every_prefix
from .report import trace_of
from .small import CASES, MOST, Case
from .small_consent import CONSENTS
from .small_found import FOUND
from .small_looks import DRIFT_BY_AN_OLDER_CHANGE, LOOKS
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


def test_what_the_reports_excuse_happens_and_does_no_harm() -> None:
    """A drift that is told of what an older change has done: in the end Chime holds what the rules say."""
    excused = 0
    for choices in every_prefix(MOST):
        simulation = DRIFT_BY_AN_OLDER_CHANGE.simulation(choices)
        assert not simulation.account.run().violations, choices.taken
        excused += simulation.monitor.reports.excused
    assert excused
