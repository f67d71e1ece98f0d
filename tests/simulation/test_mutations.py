"""Whether the simulation notices a removed safeguard.

Small cases take seconds. `make safeguards` searches random schedules for the others.
"""

import pytest

from .mutation import Mutation
from .mutations import MUTATIONS
from .search import EVERY_MUTATION, loss

MODEL = 8
IN_SMALL_CASES = [mutation for mutation in EVERY_MUTATION if mutation.case is not None]


@pytest.mark.parametrize("mutation", IN_SMALL_CASES, ids=lambda mutation: mutation.safeguard)
def test_each_safeguard_is_needed(mutation: Mutation) -> None:
    """`pytest -rP` prints what is lost without it."""
    found = loss(mutation)
    assert found is not None, f"nothing is lost without: {mutation.safeguard}"
    print(f"without `{mutation.safeguard}`: {found}")


@pytest.mark.parametrize("mutation", EVERY_MUTATION, ids=lambda mutation: mutation.safeguard)
def test_what_is_taken_away_is_there(mutation: Mutation) -> None:
    with mutation.without():
        pass


def test_the_models_safeguards_are_among_them() -> None:
    assert len({mutation.safeguard for mutation in MUTATIONS[:MODEL]}) == MODEL
    assert MUTATIONS[MODEL - 1].safeguard == "the reconciler takes over"
