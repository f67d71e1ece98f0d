"""Ids in bodies and paths: what is none is refused, with words that repeat nothing of it."""

from collections.abc import Callable

import pytest
from moderation.domain.ids import Malformed, change_id, external_user_id, meeting_id, user_id_in_path


@pytest.mark.parametrize("text", ["01KQS6WB80000000000000YGJ1", "a", "A-1", "x" * 64])
def test_change_ids_are_taken_as_they_are(text: str) -> None:
    assert change_id(text) == text


@pytest.mark.parametrize("text", ["", "x" * 65, "a b", "a/b", "a.b", "../a", "é", "a\n"])
def test_what_is_no_change_id_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match=r"^should be a changeId$"):
        change_id(text)


@pytest.mark.parametrize(
    ("text", "user_id"),
    [
        ("bob", "bob"),
        ("~Ym9i", "bob"),
        ("~Ym9iYg", "bobb"),
        ("~Ym9iYg==", "bobb"),
        ("~Ym9iYmk", "bobbi"),
        ("~w7ZiYg", "öbb"),
    ],
)
def test_a_user_id_in_a_path_may_be_base64url_with_or_without_padding(text: str, user_id: str) -> None:
    assert user_id_in_path(text) == user_id


CHARACTERS = "should be an ExternalUserId: 2 to 64 of the characters that Chime allows"


@pytest.mark.parametrize(
    ("read", "text", "why"),
    [
        (meeting_id, "standup", "should be a MeetingId"),
        (external_user_id, "b", CHARACTERS),
        (external_user_id, "bob;", CHARACTERS),
        (user_id_in_path, "b", CHARACTERS),
        (user_id_in_path, "~Ym9iOw", CHARACTERS),
        (user_id_in_path, "~", "should have base64url after `~`"),
        (user_id_in_path, "~bob!", "should have base64url after `~`"),
        (user_id_in_path, "~Ym9iY", "should have base64url of UTF-8 after `~`"),
        (user_id_in_path, "~__8", "should have base64url of UTF-8 after `~`"),
    ],
)
def test_the_caller_is_told_what_form_an_id_should_have(read: Callable[[str], str], text: str, why: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(text)
    assert str(refused.value) == why
