"""Six bits say what a seat may do: three media by two directions.

Amazon's words (`SendReceive`, `Send`, `Receive`, `None`) are used at the edges only; inside, everything is arithmetic
on these bits.
"""

from collections.abc import Iterable, Mapping
from enum import Flag, StrEnum


class Medium(StrEnum):
    """`content` is the screen share with its sound."""

    AUDIO = "audio"
    VIDEO = "video"
    CONTENT = "content"


class Direction(StrEnum):
    SEND = "send"
    RECEIVE = "receive"


class Capabilities(Flag):
    """A set of the six capabilities. The names are those of the policies' actions, in capitals."""

    SEND_AUDIO = 1
    RECEIVE_AUDIO = 2
    SEND_VIDEO = 4
    RECEIVE_VIDEO = 8
    SEND_CONTENT = 16
    RECEIVE_CONTENT = 32


NOTHING = Capabilities(0)
EVERYTHING = Capabilities(63)
RECEIVING = Capabilities.RECEIVE_AUDIO | Capabilities.RECEIVE_VIDEO | Capabilities.RECEIVE_CONTENT
SENDING = Capabilities.SEND_AUDIO | Capabilities.SEND_VIDEO | Capabilities.SEND_CONTENT

SEND = {
    Medium.AUDIO: Capabilities.SEND_AUDIO,
    Medium.VIDEO: Capabilities.SEND_VIDEO,
    Medium.CONTENT: Capabilities.SEND_CONTENT,
}
RECEIVE = {
    Medium.AUDIO: Capabilities.RECEIVE_AUDIO,
    Medium.VIDEO: Capabilities.RECEIVE_VIDEO,
    Medium.CONTENT: Capabilities.RECEIVE_CONTENT,
}
MEDIUM = {bit: medium for table in (SEND, RECEIVE) for medium, bit in table.items()}
DIRECTION = dict.fromkeys(SEND.values(), Direction.SEND) | dict.fromkeys(RECEIVE.values(), Direction.RECEIVE)

WORDS = {(True, True): "SendReceive", (True, False): "Send", (False, True): "Receive", (False, False): "None"}
MEANING = {word: pair for pair, word in WORDS.items()}


def whole(medium: Medium) -> Capabilities:
    """Both directions of a medium."""
    return SEND[medium] | RECEIVE[medium]


def sending(media: Iterable[Medium]) -> Capabilities:
    """What a mute of these media withholds."""
    bits = NOTHING
    for medium in media:
        bits |= SEND[medium]
    return bits


def word(capabilities: Capabilities, medium: Medium) -> str:
    """Amazon's word for what is held of one medium."""
    return WORDS[SEND[medium] in capabilities, RECEIVE[medium] in capabilities]


def in_words(capabilities: Capabilities) -> dict[str, str]:
    """`{"audio": "SendReceive", "video": "Receive", "content": "None"}`."""
    return {medium.value: word(capabilities, medium) for medium in Medium}


def of_word(medium: Medium, value: str) -> Capabilities:
    """The bits that one of Amazon's words stands for. Raises `KeyError` for any other word."""
    send, receive = MEANING[value]
    return (SEND[medium] if send else NOTHING) | (RECEIVE[medium] if receive else NOTHING)


def from_words(words: Mapping[str, str]) -> Capabilities:
    """The bits of a whole triple, keys in Amazon's or our case."""
    bits = NOTHING
    for key, value in words.items():
        bits |= of_word(Medium(key.lower()), value)
    return bits


def coherent(capabilities: Capabilities) -> Capabilities:
    """Takes content's receive away where video's is missing.

    Chime answers 400 to Content `SendReceive` or `Receive` unless Video is `SendReceive` or `Receive`
    (AttendeeCapabilities in the API reference). Content `Send` and `None` are legal with any video.
    """
    if Capabilities.RECEIVE_VIDEO in capabilities:
        return capabilities
    return capabilities & ~Capabilities.RECEIVE_CONTENT


def is_narrower(new: Capabilities, old: Capabilities) -> bool:
    """Whether nothing is added, so that it may be pursued for as long as it takes."""
    return new in old
