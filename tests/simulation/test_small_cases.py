"""Small cases, every schedule of them."""

from collections import Counter

import pytest

from .excuses import Excuse
from .report import trace_of
from .small import CASES, Case
from .small_consent import CONSENTS
from .small_excuses import EXCUSED
from .small_found import FOUND
from .small_late import LATE
from .small_looks import LOOKS
from .small_seeds import SEEDS
from .small_stalls import STALLS
from .small_users import USERS

EVERY_CASE = [*CASES, *STALLS, *USERS, *CONSENTS, *SEEDS, *FOUND, *LOOKS, *LATE]


@pytest.mark.parametrize("case", EVERY_CASE, ids=lambda case: case.name)
def test_every_schedule(case: Case) -> None:
    _every_schedule(case)


@pytest.mark.parametrize("excuse", Excuse, ids=lambda excuse: excuse.name)
def test_what_is_excused_happens_and_does_no_harm(excuse: Excuse) -> None:
    """No schedule has a violation: in the end, Chime holds what the rules say."""
    assert _every_schedule(EXCUSED[excuse])[excuse]


def _every_schedule(case: Case) -> Counter[Excuse]:
    """How often each excuse was needed."""
    explored, excused = 0, Counter[Excuse]()
    for choices, result in case.all_runs():
        assert not result.violations, f"decisions {choices.taken}\n" + trace_of(None, result)
        explored += 1
        excused.update(result.excused)
    assert explored >= case.at_least, "fewer schedules than there were: have all the places where things happen gone?"
    return excused
