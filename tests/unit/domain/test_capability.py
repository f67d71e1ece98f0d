"""Six bits and Amazon's words for them."""

from itertools import product

import pytest
from moderation.domain.capability import (
    DIRECTION,
    EVERYTHING,
    MEDIUM,
    NOTHING,
    RECEIVE,
    RECEIVING,
    SEND,
    SENDING,
    WORDS,
    Capabilities,
    Direction,
    Medium,
    coherent,
    from_words,
    in_words,
    is_narrower,
    of_word,
    sending,
    whole,
    word,
)

from .cases import ALL_STATES, MEDIA_SETS

AMAZONS_WORDS = {"SendReceive", "Send", "Receive", "None"}


def test_there_are_six_and_every_medium_has_two() -> None:
    assert len(Capabilities) == 6
    assert SENDING | RECEIVING == EVERYTHING
    assert SENDING & RECEIVING == NOTHING
    assert {(MEDIUM[bit], DIRECTION[bit]) for bit in Capabilities} == set(product(Medium, Direction))
    assert all(whole(medium) == SEND[medium] | RECEIVE[medium] for medium in Medium)


def test_the_words_are_amazons() -> None:
    assert set(WORDS.values()) == AMAZONS_WORDS


def test_words_round_trip() -> None:
    for state in ALL_STATES:
        assert from_words(in_words(state)) == state
        assert set(in_words(state)) == {"audio", "video", "content"}


def test_words_are_read_in_amazons_case_as_well() -> None:
    assert from_words({"Audio": "Receive", "Video": "None", "Content": "Send"}) == (
        Capabilities.RECEIVE_AUDIO | Capabilities.SEND_CONTENT
    )


def test_every_word_stands_for_itself_in_every_medium() -> None:
    for medium, said in product(Medium, AMAZONS_WORDS):
        assert word(of_word(medium, said), medium) == said
        assert of_word(medium, said) in whole(medium)


@pytest.mark.parametrize("nonsense", ["", "sendreceive", "Both", "SEND"])
def test_no_other_word_means_anything(nonsense: str) -> None:
    with pytest.raises(KeyError):
        of_word(Medium.AUDIO, nonsense)


def test_a_mute_takes_send_alone() -> None:
    for media in MEDIA_SETS:
        assert set(sending(media)) == {SEND[medium] for medium in media}
        assert not sending(media) & RECEIVING


def test_twelve_of_sixteen_pairs_of_video_and_content_are_valid() -> None:
    """Content may be SendReceive or Receive only if Video is SendReceive or Receive (API reference)."""
    kept = [state for state in ALL_STATES if not state & whole(Medium.AUDIO) and coherent(state) == state]
    assert len(kept) == 12
    for state in kept:
        if word(state, Medium.CONTENT) in ("SendReceive", "Receive"):
            assert word(state, Medium.VIDEO) in ("SendReceive", "Receive")


def test_coherence_takes_contents_receive_and_nothing_else() -> None:
    for state in ALL_STATES:
        assert coherent(coherent(state)) == coherent(state)
        assert state & ~coherent(state) in (NOTHING, Capabilities.RECEIVE_CONTENT)
        assert coherent(state) in state


def test_coherence_keeps_the_order_of_wider_and_narrower() -> None:
    for one, other in product(ALL_STATES, repeat=2):
        if is_narrower(one, other):
            assert is_narrower(coherent(one), coherent(other))


def test_narrower_means_that_nothing_is_added() -> None:
    for new, old in product(ALL_STATES, repeat=2):
        assert is_narrower(new, old) == (new.value & ~old.value == 0)
