"""The commonest bodies, read without pydantic: importing it and building a model take as long as all else together.

A reader answers the command of a body that is beyond doubt, and None where there is any: then the model of
`moderation.models` has the word, finds what is wrong, or takes it after all. What a reader takes the model takes too,
and makes the same command of it; a test holds them against each other.
"""

from collections.abc import Callable, Mapping
from typing import Any

from .domain.actor import COHOST, HOST
from .domain.capability import Medium, of_word
from .domain.commands import Command, Mute, MuteEverybody, SetCapabilities, Unmute, UnmuteEverybody
from .domain.decisions.decision import LONGEST_REASON, MAX_SECONDS
from .domain.restriction import LiftableBy

Said = Mapping[str, Any]

_MEDIA = {medium.value: medium for medium in Medium}
_LIFTERS = {lifter.value: lifter for lifter in LiftableBy}
_WORDS = ("SendReceive", "Send", "Receive", "None")


class _InDoubt(Exception):
    """Something that the model has to look at."""


def read(model: str, said: Said) -> Command | None:
    """`model` is the name of the body's model."""
    reader = READERS.get(model)
    try:
        return reader(said) if reader is not None else None
    except _InDoubt:
        return None


def _mute(said: Said) -> Command:
    _only(said, "media", "durationSeconds", "reason", "liftableBy")
    lifter = _lifter(said["liftableBy"]) if "liftableBy" in said else None
    return Mute(_media(said), _seconds(said), _reason(said), lifter)


def _unmute(said: Said) -> Command:
    _only(said, "media", "reason")
    return Unmute(_media(said), _reason(said))


def _mute_all(said: Said) -> Command:
    _only(said, "media", "durationSeconds", "reason", "liftableBy")
    lifter = _lifter(said.get("liftableBy", "host"))
    return MuteEverybody(_media(said), (HOST, COHOST), (), (), _seconds(said), _reason(said), lifter)


def _unmute_all(said: Said) -> Command:
    _only(said, "media", "reason")
    return UnmuteEverybody(_media(said), _reason(said))


def _set_capabilities(said: Said) -> Command:
    _only(said, "audio", "video", "content", "reason")
    wanted = {medium: said[medium.value] for medium in Medium if medium.value in said}
    if not wanted or not all(isinstance(word, str) and word in _WORDS for word in wanted.values()):
        raise _InDoubt
    return SetCapabilities({medium: of_word(medium, word) for medium, word in wanted.items()}, _reason(said))


READERS: Mapping[str, Callable[[Said], Command]] = {
    "CapabilitiesPatch": _set_capabilities,
    "Mute": _mute,
    "MuteAll": _mute_all,
    "Unmute": _unmute,
    "UnmuteAll": _unmute_all,
}


def _only(said: Said, *keys: str) -> None:
    if not said.keys() <= set(keys):
        raise _InDoubt


def _media(said: Said) -> tuple[Medium, ...]:
    names = said.get("media", ["audio"])
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name in _MEDIA for name in names):
        raise _InDoubt
    media = tuple(_MEDIA[name] for name in names)
    if len(set(media)) < len(media):
        raise _InDoubt
    return media


def _seconds(said: Said) -> int | None:
    seconds = said.get("durationSeconds")
    if seconds is not None and not (type(seconds) is int and 1 <= seconds <= MAX_SECONDS):
        raise _InDoubt
    return seconds


def _reason(said: Said) -> str | None:
    """Only what is Unicode for sure."""
    reason = said.get("reason")
    if reason is None:
        return None
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON or any("\ud800" <= c <= "\udfff" for c in reason):
        raise _InDoubt
    return reason


def _lifter(name: object) -> LiftableBy:
    if not isinstance(name, str) or name not in _LIFTERS:
        raise _InDoubt
    return _LIFTERS[name]
