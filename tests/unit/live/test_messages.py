"""Live messages: none too large, nothing lost, each with its number."""

import json
from typing import Any

import pytest
from moderation.application.live.messages import BESIDES, LARGEST, MOST_BYTES, fits, messages, written

HEAD = len('{"type":"snapshot","part":1,"cursor":"01C"}')


def told(single: dict[str, str], lists: dict[str, list[str]]) -> list[str]:
    return messages("snapshot", single, lists, {"cursor": "01C"})


def read(sent: list[str]) -> list[dict[str, Any]]:
    return [json.loads(message) for message in sent]


def test_what_fits_is_one_message() -> None:
    [message] = read(told({"meeting": '{"a":1}'}, {"attendees": ['{"b":2}', '{"c":3}'], "entries": []}))
    assert message == {
        "type": "snapshot",
        "part": 1,
        "meeting": {"a": 1},
        "attendees": [{"b": 2}, {"c": 3}],
        "cursor": "01C",
    }


def test_without_a_last_word_nothing_is_added() -> None:
    assert read(messages("closed", {}, {}, {})) == [{"type": "closed", "part": 1}]


def test_lists_go_on_in_the_next_message_and_the_last_word_comes_at_the_end() -> None:
    texts = [written({"n": number, "x": "x" * 999}) for number in range(100)]
    sent = told({"meeting": '{"a":1}'}, {"attendees": texts})
    found = read(sent)
    assert [message["part"] for message in found] == list(range(1, len(found) + 1))
    assert [each["n"] for message in found for each in message["attendees"]] == list(range(100))
    assert ["meeting" in message for message in found] == [True] + [False] * (len(found) - 1)
    assert ["cursor" in message for message in found] == [False] * (len(found) - 1) + [True]
    assert all(len(message) <= MOST_BYTES + HEAD for message in sent)
    assert len(found) == 4, "and no more than it takes"


@pytest.mark.parametrize(("left", "count"), [(0, 1), (1, 2)])
def test_a_message_is_filled_to_the_last_byte_however_many_bytes_a_letter_takes(left: int, count: int) -> None:
    half = MOST_BYTES // 2 - len("attendees") - BESIDES
    texts = [f'"{"é" * ((half - 2) // 2)}{"x" * (half % 2)}"', f'"{"x" * (half - 2 + left)}"']
    assert len(told({}, {"attendees": texts})) == count


def test_what_is_larger_than_a_message_gets_one_to_itself() -> None:
    large = f'"{"x" * MOST_BYTES}"'
    found = read(told({"meeting": large}, {"attendees": ['"a"', large, '"b"']}))
    assert [[name for name in ("meeting", "attendees") if name in message] for message in found] == [
        ["meeting"], ["attendees"], ["attendees"], ["attendees"]
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "does"), [("x" * LARGEST, True), ("x" * LARGEST + "x", False), ("é" * 50_001, False)])
def test_what_may_be_one_document_is_counted_in_bytes(text: str, does: bool) -> None:
    assert fits(text) is does


def test_letters_are_written_as_they_are() -> None:
    assert written({"name": "Zoë", "n": [1, 2]}) == '{"name":"Zoë","n":[1,2]}'
