"""Capabilities: six bits, and the rules that withhold them: restrictions of a user and mute-alls of the meeting."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Flag, StrEnum
from typing import Literal, Protocol

from .actor import Actor


class Medium(StrEnum):
    """A medium. `content` is the screen share with its sound."""

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

Word = Literal["SendReceive", "Send", "Receive", "None"]
WORDS: Mapping[tuple[bool, bool], Word] = {
    (True, True): "SendReceive",
    (True, False): "Send",
    (False, True): "Receive",
    (False, False): "None",
}
MEANING: Mapping[str, tuple[bool, bool]] = {word: pair for pair, word in WORDS.items()}


def whole(medium: Medium) -> Capabilities:
    """Both directions of a medium."""
    return SEND[medium] | RECEIVE[medium]


def sending(media: Iterable[Medium]) -> Capabilities:
    """The capabilities that a mute of these media withholds."""
    bits = NOTHING
    for medium in media:
        bits |= SEND[medium]
    return bits


def word(capabilities: Capabilities, medium: Medium) -> Word:
    """The word of Chime's API for the capabilities of one medium."""
    return WORDS[SEND[medium] in capabilities, RECEIVE[medium] in capabilities]


def in_words(capabilities: Capabilities) -> dict[str, str]:
    """`{"audio": "SendReceive", "video": "Receive", "content": "None"}`."""
    return {medium.value: word(capabilities, medium) for medium in Medium}


def of_word(medium: Medium, value: str) -> Capabilities:
    """The capabilities that a word of Chime's API stands for. Raises `KeyError` for any other word."""
    send, receive = MEANING[value]
    return (SEND[medium] if send else NOTHING) | (RECEIVE[medium] if receive else NOTHING)


def from_words(words: Mapping[str, str]) -> Capabilities:
    """The capabilities of all three media; keys in Chime's case or in lower case."""
    bits = NOTHING
    for key, value in words.items():
        bits |= of_word(Medium(key.lower()), value)
    return bits


def coherent(capabilities: Capabilities) -> Capabilities:
    """The capabilities without content's `receive` if video's `receive` is missing.

    Chime answers 400 to Content `SendReceive` or `Receive` unless Video is `SendReceive` or `Receive`
    (AttendeeCapabilities in the API reference). Content `Send` and `None` are legal with any video.
    """
    if Capabilities.RECEIVE_VIDEO in capabilities:
        return capabilities
    return capabilities & ~Capabilities.RECEIVE_CONTENT


def is_narrower(new: Capabilities, old: Capabilities) -> bool:
    """Whether `new` adds nothing to `old`."""
    return new in old


class Origin(StrEnum):
    """Where a restriction comes from. A user's own and a host's exist side by side; neither replaces the other."""

    SELF = "self"
    HOST = "host"


class LiftableBy(StrEnum):
    """Who may lift a rule. `self`: the user and moderators. `host`: moderators only."""

    SELF = "self"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Restriction:
    """A rule that withholds one capability from one user."""

    withholds: Capabilities
    """A single capability."""
    origin: Origin
    liftable_by: LiftableBy
    actor: Actor
    since: datetime
    reason: str | None = None
    until: datetime | None = None

    @property
    def key(self) -> tuple[int, str]:
        return (self.withholds.value, self.origin.value)

    def holds_at(self, moment: datetime) -> bool:
        return self.until is None or moment < self.until

    def says_the_same(self, other: "Restriction") -> bool:
        """Whether both withhold the same with the same reason and end, so that replacing one changes nothing."""
        return (self.key, self.liftable_by, self.reason, self.until) == (
            other.key,
            other.liftable_by,
            other.reason,
            other.until,
        )


class Ending(Protocol):
    """A rule that may have an end."""

    @property
    def until(self) -> datetime | None: ...


class Timed(Ending, Protocol):
    """The fields that a restriction and a mute-all share."""

    @property
    def liftable_by(self) -> LiftableBy: ...


Restrictions = tuple[Restriction, ...]


def in_force(restrictions: Restrictions, moment: datetime) -> Restrictions:
    return tuple(r for r in restrictions if r.holds_at(moment))


def withheld(restrictions: Iterable[Restriction]) -> Capabilities:
    bits = NOTHING
    for restriction in restrictions:
        bits |= restriction.withholds
    return bits


def added(restrictions: Restrictions, new: Iterable[Restriction]) -> Restrictions:
    """The restrictions with `new` in place of those of the same capability and origin, in canonical order."""
    by_key = {r.key: r for r in restrictions}
    for restriction in new:
        standing = by_key.get(restriction.key)
        if standing is None or not standing.says_the_same(restriction):
            by_key[restriction.key] = restriction
    return tuple(by_key[key] for key in sorted(by_key))


def lifted(restrictions: Restrictions, bits: Capabilities, *, by_moderator: bool) -> Restrictions:
    """The restrictions without those on `bits` that the caller may lift."""

    def stays(restriction: Restriction) -> bool:
        if restriction.withholds not in bits:
            return True
        return not by_moderator and restriction.liftable_by is LiftableBy.HOST

    return tuple(r for r in restrictions if stays(r))


def ends_sooner(new: Ending, old: Ending) -> bool:
    return new.until is not None and (old.until is None or new.until < old.until)


def binds_less(new: Timed, old: Timed) -> bool:
    """Whether `new` ends sooner than `old`, or may be lifted by the user where `old` may not."""
    return ends_sooner(new, old) or (new.liftable_by is LiftableBy.SELF and old.liftable_by is LiftableBy.HOST)


@dataclass(frozen=True, slots=True)
class MuteAll:
    """A rule that mutes all users except the spared ones. There is at most one per medium.

    Each mute-all has a new `id`. Users record which ids do not bind them, so a new mute-all binds users that were
    spared of the last one, without a write to their records.
    """

    id: str
    medium: Medium
    liftable_by: LiftableBy
    actor: Actor
    since: datetime
    reason: str | None = None
    until: datetime | None = None
    spared_roles: frozenset[str] = frozenset()
    spared_users: frozenset[str] = frozenset()

    def holds_at(self, moment: datetime) -> bool:
        return self.until is None or moment < self.until

    def spares(self, user_id: str, role: str) -> bool:
        return role in self.spared_roles or user_id in self.spared_users


MuteAlls = tuple[MuteAll, ...]


def mute_alls_in_force(mute_alls: MuteAlls, moment: datetime) -> MuteAlls:
    return tuple(m for m in mute_alls if m.holds_at(moment))


@dataclass(frozen=True, slots=True)
class PolicyCapabilities:
    """The capabilities that the policies allow a role in a mode, and the policies that withhold each of the others."""

    capabilities: Capabilities
    withheld_by: Mapping[Capabilities, tuple[str, ...]] = field(default_factory=dict)
