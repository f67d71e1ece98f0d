"""Words for sentences: names, media, durations, and what users can do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .actor import Actor
from .capability import MEANING, Medium

MOST_NAMED = 10
SPANS = ((3600, "h"), (60, "min"), (1, "s"))
DEVICES = {Medium.AUDIO: "microphone", Medium.VIDEO: "camera", Medium.CONTENT: "screen share"}
SENDING = {Medium.AUDIO: "speak", Medium.VIDEO: "use the camera", Medium.CONTENT: "share the screen"}
RECEIVING = {Medium.AUDIO: "hear", Medium.VIDEO: "see cameras", Medium.CONTENT: "see screen shares"}
PAIRS = {
    (True, True): "{send} and {receive}",
    (True, False): "{send} but not {receive}",
    (False, True): "{receive} but not {send}",
    (False, False): "neither {send} nor {receive}",
}


def listed(words: Iterable[str]) -> str:
    """The words as a list: `a`, `a and b`, `a, b and c`."""
    *first, last = tuple(words) or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def users_in_words(names: Sequence[str]) -> str:
    """The users by name; if they are many, their number."""
    if not names:
        return "everyone"
    return listed(names) if len(names) <= MOST_NAMED else f"{len(names)} people"


@dataclass(frozen=True, slots=True)
class Affected:
    """The users that a command affects, in words. `is_actor`: the caller is the only one of them."""

    names: Sequence[str]
    is_actor: bool = False

    @property
    def users(self) -> str:
        return "themselves" if self.is_actor else users_in_words(self.names)

    @property
    def their(self) -> str:
        return "their own" if self.is_actor else f"{users_in_words(self.names)}'s"


def a(noun: str) -> str:
    """The noun with its article: `a participant`, `an observer`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def name_of(actor: Actor, whose: str = "") -> str:
    """`alice`, or `alice (through back-end)`. `whose` is a noun of theirs: `alice's command (through back-end)`."""
    name = "Gavel" if actor.is_automatic else actor.id
    through = f" (through {actor.via})" if actor.via and not actor.is_automatic else ""
    return f"{name}'s {whose}{through}" if whose else f"{name}{through}"


def devices(media: Sequence[str], *, plural: bool = False) -> str:
    """The devices of the media: `microphone and camera`."""
    return listed(f"{DEVICES[Medium(medium)]}{'s' * plural}" for medium in media)


def may(wanted: Mapping[str, str]) -> str:
    """What a user with these capabilities may do: `hear but not speak`."""
    return "; ".join(
        PAIRS[MEANING[word]].format(send=SENDING[Medium(medium)], receive=RECEIVING[Medium(medium)])
        for medium, word in wanted.items()
    )


def can_now(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What changed for a user: `can no longer speak`. Empty if nothing changed."""
    gained: list[str] = []
    lost: list[str] = []
    for medium in Medium:
        had, has = MEANING[before[medium]], MEANING[after[medium]]
        for was, is_now, words in zip(had, has, (SENDING, RECEIVING), strict=True):
            if was != is_now:
                (gained if is_now else lost).append(words[medium])
    changes = {"can now": gained, "can no longer": lost}
    return " and ".join(f"{verb} {listed(words)}" for verb, words in changes.items() if words)


def until(parameters: Mapping[str, Any]) -> str:
    """The end of a rule: ` until 2026-06-01 12:00 UTC`."""
    moment: str | None = parameters.get("until")
    return f" until {moment[:16].replace('T', ' ')} UTC" if moment else ""


def duration(parameters: Mapping[str, Any]) -> str:
    """The duration of a rule: ` for 5 min`, ` for 1 h 30 min`."""
    seconds: int | None = parameters.get("durationSeconds")
    if seconds is None:
        return ""
    parts = []
    for size, name in SPANS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}")
    return " for " + " ".join(parts)
