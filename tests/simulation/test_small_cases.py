"""Small cases, every schedule of them."""

from collections.abc import Iterator

import pytest

from .choices import every_prefix
from .monitor import Monitor
from .report import trace_of
from .small import CASES, MOST, Case
from .small_consent import CONSENTS
from .small_found import FOUND
from .small_late import LATE, LATE_EFFECT
from .small_looks import BOUND_AFTER_THE_READ, DRIFT_BY_AN_OLDER_CHANGE, LOOKS
from .small_seeds import SEEDS
from .small_stalls import STALLS
from .small_users import USERS

EVERY_CASE = [*CASES, *STALLS, *USERS, *CONSENTS, *SEEDS, *FOUND, *LOOKS, *LATE]


@pytest.mark.parametrize("case", EVERY_CASE, ids=lambda case: case.name)
def test_every_schedule(case: Case) -> None:
    explored = 0
    for choices, result in case.all_runs():
        assert not result.violations, f"decisions {choices.taken}\n" + trace_of(None, result)
        explored += 1
    assert explored >= case.at_least, "fewer schedules than there were: have all the places where things happen gone?"


def test_what_the_reports_excuse_happens_and_does_no_harm() -> None:
    """Drifts that report the effect of an older change happen, and in the end Chime holds what the rules say."""
    assert sum(monitor.reports.excused for monitor in monitors_of(DRIFT_BY_AN_OLDER_CHANGE))


def test_an_outcome_is_true_without_an_effect_that_came_late_and_is_put_right() -> None:
    """A call without an answer takes effect before the end of the change, and after the last read. In the end Chime
    holds what the rules say.
    """
    assert sum(monitor.reports.excused_late for monitor in monitors_of(LATE_EFFECT))


def test_what_the_monitor_excuses_happens_and_is_put_right() -> None:
    """A batch reaches an attendee that was bound after the read before it, and in the end Chime holds what the rules
    say.
    """
    assert sum(monitor.excused for monitor in monitors_of(BOUND_AFTER_THE_READ))


def monitors_of(case: Case) -> Iterator[Monitor]:
    explored = 0
    for choices in every_prefix(MOST):
        simulation = case.simulation(choices)
        result = simulation.account.run()
        assert not result.violations, f"decisions {choices.taken}\n" + trace_of(None, result)
        explored += 1
        yield simulation.monitor
    assert explored >= case.at_least
