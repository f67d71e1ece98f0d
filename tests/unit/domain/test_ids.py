"""Ids in bodies and paths: what is none is refused, with words that repeat nothing of it."""

import pytest
from moderation.domain.ids import Malformed, change_id


@pytest.mark.parametrize("text", ["01KQS6WB80000000000000YGJ1", "a", "A-1", "x" * 64])
def test_change_ids_are_taken_as_they_are(text: str) -> None:
    assert change_id(text) == text


@pytest.mark.parametrize("text", ["", "x" * 65, "a b", "a/b", "a.b", "../a", "é", "a\n"])
def test_what_is_no_change_id_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match=r"^should be a changeId$"):
        change_id(text)
