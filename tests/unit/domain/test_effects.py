"""The effects of a change that a front end has to know, for each attendee and over all of them."""

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVING, Capabilities
from moderation.domain.effective import attendee_of, capability_changes, effects, effects_on_attendee, together
from moderation.domain.meeting import Attendee, User

AUDIO, VIDEO, CONTENT = Capabilities.SEND_AUDIO, Capabilities.SEND_VIDEO, Capabilities.SEND_CONTENT
SILENT = EVERYTHING & ~AUDIO

ON_A_ATTENDEE: list[tuple[Capabilities, Capabilities, Capabilities, tuple[str, ...]]] = [
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


@pytest.mark.parametrize(("before", "after", "withholding", "shown"), ON_A_ATTENDEE)
def test_on_one_attendee(
    before: Capabilities, after: Capabilities, withholding: Capabilities, shown: tuple[str, ...]
) -> None:
    assert effects_on_attendee(before, after, withholding) == shown
    unseen = tuple(effect for effect in shown if effect != "already-silent")
    assert effects_on_attendee(before, after, withholding, is_seen=False) == unseen


def test_over_all_attendees_whatever_happens_on_any_but_silence_must_be_on_all() -> None:
    assert together([("renegotiation-needed",), ("audio-may-flow",), ()]) == ("audio-may-flow", "renegotiation-needed")
    assert together([("already-silent",), ("already-silent",)]) == ("already-silent",)
    assert together([("already-silent",), ()]) == ()
    assert together([]) == ()


@pytest.mark.parametrize(
    ("attendees", "shown"),
    [
        ([], ("already-silent",)),
        ([Attendee("a", RECEIVING)], ("already-silent",)),
        ([Attendee("a", None)], ()),
        ([Attendee("a", RECEIVING, not_taken=True)], ()),
        ([Attendee("a", RECEIVING), Attendee("b", RECEIVING | AUDIO)], ()),
    ],
)
def test_an_attendee_of_which_chime_has_not_told_is_never_called_silent(
    attendees: list[Attendee], shown: tuple[str, ...]
) -> None:
    assert effects(RECEIVING, RECEIVING, AUDIO, attendees) == shown


def test_where_nobody_is_it_goes_by_the_rules() -> None:
    assert effects(SILENT, EVERYTHING) == ("audio-may-flow",)


def test_changes_are_of_the_attendees_that_are_there_and_of_which_something_is_known() -> None:
    was = [
        Attendee("a", EVERYTHING),
        Attendee("b", None),
        Attendee("c", EVERYTHING, not_taken=True),
        Attendee("d", EVERYTHING),
    ]
    now = [
        Attendee("a", RECEIVING),
        Attendee("b", RECEIVING),
        Attendee("c", RECEIVING),
        Attendee("d", NOTHING, gone=True),
        Attendee("e"),
    ]
    made = {each.attendee_id: (each.before, each.after) for each in capability_changes(was, now, SILENT, NOTHING)}
    assert made == {"a": (EVERYTHING, RECEIVING), "b": (SILENT, RECEIVING), "c": (SILENT, RECEIVING)}
    assert [each.attendee_id for each in capability_changes(was, now, None, NOTHING)] == ["a"]
    [on_a, on_b] = capability_changes(was[:2], [Attendee("a", SILENT), Attendee("b", SILENT)], SILENT, AUDIO)
    assert (on_a.effects, on_b.effects) == (("content-audio-may-flow",), ("content-audio-may-flow",))


def test_of_an_attendee_that_is_not_the_users_another_one_is_shown() -> None:
    first, second = Attendee("1"), Attendee("2")
    user = User("bob", attendees={"1": first, "2": second})
    assert (attendee_of(user, "2"), attendee_of(user, "3"), attendee_of(user, None)) == (second, first, first)
