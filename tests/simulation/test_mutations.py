"""Whether the simulation sees what is lost when a safeguard is taken away.

In small cases, which are gone through in seconds. `make safeguards` looks for the others too, in random schedules.
"""

import pytest

from .mutation import Mutation
from .mutations import MUTATIONS
from .search import EVERY_MUTATION, loss

MODEL = 8
IN_SMALL_CASES = [mutation for mutation in EVERY_MUTATION if mutation.case is not None]


@pytest.mark.parametrize("mutation", IN_SMALL_CASES, ids=lambda mutation: mutation.safeguard)
def test_each_safeguard_is_needed(mutation: Mutation) -> None:
    """Said with `pytest -rP`: what is lost without it."""
    found = loss(mutation)
    assert found is not None, f"nothing is lost without: {mutation.safeguard}"
    print(f"without `{mutation.safeguard}`: {found}")


def test_the_models_safeguards_are_among_them() -> None:
    assert len({mutation.safeguard for mutation in MUTATIONS[:MODEL]}) == MODEL
    assert MUTATIONS[MODEL - 1].safeguard == "the reconciler takes over"
