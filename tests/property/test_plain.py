"""Bodies that are read without their models are read as the models read them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation import models as bodies
from moderation import plain
from moderation.domain.commands import Command
from moderation.domain.decisions.decision import MAX_SECONDS
from moderation.validation import Invalid, checked

BEYOND_DOUBT: list[tuple[str, dict[str, Any]]] = [
    ("Mute", {}),
    ("Mute", {"media": ["audio", "content"], "reason": "noise", "durationSeconds": 300, "liftableBy": "self"}),
    ("Mute", {"reason": None, "durationSeconds": None}),
    ("Unmute", {"media": ["video"], "reason": "«ü»"}),
    ("MuteAll", {"durationSeconds": MAX_SECONDS}),
    ("UnmuteAll", {"media": ["audio"]}),
    ("CapabilitiesPatch", {"audio": "None", "video": "Receive", "reason": "x" * 500}),
]
WORDS = st.sampled_from(["SendReceive", "Send", "Receive", "None", "none", "audio", "self", "host", "", None])
VALUES = st.one_of(
    WORDS,
    st.booleans(),
    st.integers(-1, 3) | st.sampled_from([MAX_SECONDS, MAX_SECONDS + 1]),
    st.just(1.0),
    st.lists(st.sampled_from(["audio", "video", "content", "Audio", 1, None]), max_size=3),
    st.text(max_size=5) | st.sampled_from(["\ud800", "x" * 500, "x" * 501, "\N{GRINNING FACE}" * 500]),
    st.just({}),
)
FITTING = {
    "media": st.lists(st.sampled_from(["audio", "video", "content"]), min_size=1, max_size=3),
    "durationSeconds": st.integers(1, 10),
    "reason": st.text(max_size=5),
    "liftableBy": st.sampled_from(["self", "host"]),
    **dict.fromkeys(("audio", "video", "content"), st.sampled_from(["SendReceive", "Send", "Receive", "None"])),
}
KEYS = st.sampled_from([*FITTING, "except", "Media", "duration_seconds"])


@st.composite
def said(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly what fits, so that a fault stands alone."""
    keys = draw(st.lists(KEYS, max_size=4, unique=True))
    return {key: draw(FITTING[key] if key in FITTING and draw(st.integers(0, 4)) else VALUES) for key in keys}


def by_model(name: str, body: dict[str, Any]) -> Command | None:
    try:
        model: bodies.Body = checked(getattr(bodies, name), body)
    except Invalid:
        return None
    return model.command()


@pytest.mark.parametrize("name", sorted(plain.READERS))
@given(body=said())
def test_what_is_read_plainly_is_what_the_model_reads(name: str, body: dict[str, Any]) -> None:
    command = plain.read(name, body)
    if command is not None:
        assert command == by_model(name, body)


@pytest.mark.parametrize(("name", "body"), BEYOND_DOUBT)
def test_the_commonest_bodies_need_no_model(name: str, body: dict[str, Any]) -> None:
    assert plain.read(name, body) == by_model(name, body) is not None


def test_every_reader_has_its_example() -> None:
    assert {name for name, _ in BEYOND_DOUBT} == set(plain.READERS)


@pytest.mark.parametrize("name", ["Registration", "Binding", "Admissions"])
def test_other_bodies_are_their_models_business(name: str) -> None:
    assert plain.read(name, {}) is None
