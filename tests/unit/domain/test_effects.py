"""What a front end has to know of a change, seat by seat and over all of them."""

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVING, Capabilities
from moderation.domain.effects import effects, effects_on_seat, seat_changes, together
from moderation.domain.meeting import Seat

AUDIO, VIDEO, CONTENT = Capabilities.SEND_AUDIO, Capabilities.SEND_VIDEO, Capabilities.SEND_CONTENT
SILENT = EVERYTHING & ~AUDIO

ON_A_SEAT: list[tuple[Capabilities, Capabilities, Capabilities, tuple[str, ...]]] = [
    (EVERYTHING, EVERYTHING, NOTHING, ()),
    (SILENT, EVERYTHING, NOTHING, ("audio-may-flow",)),
    (EVERYTHING & ~VIDEO, EVERYTHING, NOTHING, ("renegotiation-needed",)),
    (EVERYTHING & ~CONTENT, EVERYTHING, NOTHING, ("renegotiation-needed",)),
    (RECEIVING, EVERYTHING, NOTHING, ("audio-may-flow", "renegotiation-needed")),
    (EVERYTHING, SILENT, AUDIO, ("content-audio-may-flow",)),
    (EVERYTHING, SILENT & ~CONTENT, AUDIO | CONTENT, ()),
    (EVERYTHING, EVERYTHING & ~VIDEO, VIDEO, ()),
    *((EVERYTHING, EVERYTHING & ~bit, bit, ("receive-removed",)) for bit in RECEIVING),
    (SILENT & ~CONTENT, SILENT & ~CONTENT, AUDIO, ("already-silent",)),
    (SILENT, SILENT, AUDIO, ("content-audio-may-flow", "already-silent")),
    (SILENT, EVERYTHING & ~VIDEO, VIDEO, ("audio-may-flow",)),
    (SILENT, SILENT, NOTHING, ()),
]


@pytest.mark.parametrize(("before", "after", "withholding", "shown"), ON_A_SEAT)
def test_on_one_seat(
    before: Capabilities, after: Capabilities, withholding: Capabilities, shown: tuple[str, ...]
) -> None:
    assert effects_on_seat(before, after, withholding) == shown
    unseen = tuple(effect for effect in shown if effect != "already-silent")
    assert effects_on_seat(before, after, withholding, is_seen=False) == unseen


def test_over_all_seats_whatever_happens_on_any_but_silence_must_be_on_all() -> None:
    assert together([("renegotiation-needed",), ("audio-may-flow",), ()]) == ("audio-may-flow", "renegotiation-needed")
    assert together([("already-silent",), ("already-silent",)]) == ("already-silent",)
    assert together([("already-silent",), ()]) == ()
    assert together([]) == ()


@pytest.mark.parametrize(
    ("seats", "shown"),
    [
        ([], ("already-silent",)),
        ([Seat("a", RECEIVING)], ("already-silent",)),
        ([Seat("a", None)], ()),
        ([Seat("a", RECEIVING, not_taken=True)], ()),
        ([Seat("a", RECEIVING), Seat("b", RECEIVING | AUDIO)], ()),
    ],
)
def test_a_seat_of_which_chime_has_not_told_is_never_called_silent(seats: list[Seat], shown: tuple[str, ...]) -> None:
    assert effects(RECEIVING, RECEIVING, AUDIO, seats) == shown


def test_where_nobody_is_it_goes_by_the_rules() -> None:
    assert effects(SILENT, EVERYTHING) == ("audio-may-flow",)


def test_changes_are_of_the_seats_that_are_there_and_of_which_something_is_known() -> None:
    was = [Seat("a", EVERYTHING), Seat("b", None), Seat("c", EVERYTHING, not_taken=True), Seat("d", EVERYTHING)]
    now = [Seat("a", RECEIVING), Seat("b", RECEIVING), Seat("c", RECEIVING), Seat("d", NOTHING, gone=True), Seat("e")]
    made = {each.attendee_id: (each.before, each.after) for each in seat_changes(was, now, SILENT, NOTHING)}
    assert made == {"a": (EVERYTHING, RECEIVING), "b": (SILENT, RECEIVING), "c": (SILENT, RECEIVING)}
    assert [each.attendee_id for each in seat_changes(was, now, None, NOTHING)] == ["a"]
    [on_a, on_b] = seat_changes(was[:2], [Seat("a", SILENT), Seat("b", SILENT)], SILENT, AUDIO)
    assert (on_a.effects, on_b.effects) == (("content-audio-may-flow",), ("content-audio-may-flow",))
