"""The capabilities of each role in each mode by the shipped policies: the whole table."""

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVING, SENDING, Capabilities

AUDIO_TOO = RECEIVING | Capabilities.SEND_AUDIO
TABLE = {
    "open": {"host": EVERYTHING, "cohost": EVERYTHING, "presenter": EVERYTHING, "participant": EVERYTHING},
    "presentation": {"host": EVERYTHING, "cohost": EVERYTHING, "presenter": EVERYTHING, "participant": RECEIVING},
    "audience": {"host": EVERYTHING, "cohost": EVERYTHING, "presenter": RECEIVING, "participant": RECEIVING},
    "audio-only": {"host": EVERYTHING, "cohost": EVERYTHING, "presenter": AUDIO_TOO, "participant": AUDIO_TOO},
}
VIEWER = dict.fromkeys(TABLE, RECEIVING)
CELLS = [(mode, role, held) for mode, row in TABLE.items() for role, held in row.items()]
CELLS += [(mode, "viewer", held) for mode, held in VIEWER.items()]


@pytest.mark.parametrize(("mode", "role", "expected"), CELLS)
def test_a_role_holds_in_a_mode_what_the_table_says(
    shipped: CedarPolicies, mode: str, role: str, expected: Capabilities
) -> None:
    held = shipped.capabilities_for(role, mode, has_floor=False)
    assert held.capabilities == expected
    assert held.withheld_by == dict.fromkeys(EVERYTHING & ~expected, ("no-permit",))


@pytest.mark.parametrize(("mode", "role", "expected"), CELLS)
def test_the_floor_adds_sending(shipped: CedarPolicies, mode: str, role: str, expected: Capabilities) -> None:
    held = shipped.capabilities_for(role, mode, has_floor=True)
    assert held.capabilities == expected | SENDING
    assert not held.withheld_by


def test_the_table_is_complete(shipped: CedarPolicies) -> None:
    assert shipped.roles == {"host", "cohost", "presenter", "participant", "viewer"}
    assert shipped.modes == {"open", "presentation", "audience", "audio-only"}
    assert {(mode, role) for mode, role, _ in CELLS} == {
        (mode, role) for mode in shipped.modes for role in shipped.roles
    }


@pytest.mark.parametrize(("role", "mode"), [(None, "open"), ("king", "open"), ("host", "rave"), ("", ""), ("\n", '"')])
@pytest.mark.parametrize("has_floor", [False, True])
def test_an_unknown_role_or_mode_holds_nothing(
    shipped: CedarPolicies, role: str | None, mode: str, has_floor: bool
) -> None:
    held = shipped.capabilities_for(role, mode, has_floor)
    assert held.capabilities == NOTHING
    assert held.withheld_by == dict.fromkeys(Capabilities, ("no-permit",))


def test_an_answer_is_kept(shipped: CedarPolicies) -> None:
    assert shipped.capabilities_for("viewer", "open", has_floor=False) is shipped.capabilities_for(
        "viewer", "open", has_floor=False
    )
