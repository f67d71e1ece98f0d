"""A change: an accepted command, stored before it is applied, with the lease under which it is applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from .actor import Actor
from .capability import Capabilities, is_narrower
from .meeting import MeetingRules, UserRules

CALL_TIMEOUT = timedelta(seconds=4)
"""How long Gavel waits for the answer to one call of Chime, connecting included."""
CALL_LIFE = timedelta(seconds=30)
"""The time after which a call of unknown outcome cannot take effect any more."""
LEASE = timedelta(seconds=15)
"""The time in which the holder of a lease may start calls for the change."""
TAKEOVER_AFTER = LEASE + CALL_LIFE
"""The time from the start of a lease until another function may take the change over. By then no call under the lease
can take effect.
"""
GIVE_UP_AFTER = timedelta(seconds=60)
"""The time after which a widening that Chime has not accepted is reverted, so that no microphone opens unexpectedly
minutes later.
"""
RETURN_AFTER = timedelta(seconds=2)
RETURN_WITHIN = timedelta(seconds=60)
"""The time until the next attempt at a pending change, by how long it has been pending."""
DELAYED_AFTER = timedelta(seconds=30)
CLOCKS_DIFFER_BY = timedelta(seconds=2)
"""The most by which the clocks of two functions differ."""


class Status(StrEnum):
    """What has become of a change."""

    PENDING = "pending"
    APPLIED = "applied"
    SUPERSEDED = "superseded"
    ABANDONED = "abandoned"
    REFUSED = "refused"
    DECLINED = "declined"
    EXPIRED = "expired"
    GONE = "gone"


RELEASED = "-"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one process to apply a change, until a moment."""

    token: str
    until: datetime

    def released(self, now: datetime) -> "Lease":
        """The lease, ended under another token: a function that has read the change under the old token cannot take it
        over.
        """
        return Lease(self.token + RELEASED, now)

    @property
    def is_released(self) -> bool:
        """Whether the holder ended it, as opposed to a holder that died."""
        return self.token.endswith(RELEASED)

    def rotated(self) -> "Lease":
        """The lease under another token after a commit on the way, so that a function with the old token cannot take it
        over. Its holder continues.
        """
        return Lease(self.token + "+", self.until)


@dataclass(frozen=True, slots=True)
class ChangeConsent:
    """The user's consent. The rest of a change waits for it until `agreed_at` or `lapsed` is set."""

    agreed_at: datetime | None = None
    """When the user agreed. The time limits for Chime begin then."""
    lapsed: Status | None = None
    """The status of the change once the rest is applied: the user declined, did not answer, or is not asked any
    more.
    """
    agreed_after: str | None = None
    """The later change that had revised the user's rules before they agreed."""

    @property
    def is_awaited(self) -> bool:
        return self.agreed_at is None and self.lapsed is None


@dataclass(frozen=True, slots=True)
class Closure:
    """The end of a change."""

    status: Status
    superseded_by: str | None = None
    answer: Mapping[str, object] = field(default_factory=dict)
    """The answer to the caller, for replays: the attendee, or the meeting with its attendees."""


@dataclass(frozen=True, slots=True)
class Change:
    """The fields of all changes.

    `revision` is the one that the commit made. `before` and `after` are the capabilities of the attendee that the
    command names: foreseen until the change settles, then as Chime had and has them.
    """

    id: str
    meeting_id: str
    command: str
    parameters: Mapping[str, object]
    actor: Actor
    policies: tuple[str, ...]
    committed_at: datetime
    revision: str
    reason: str | None = None
    user_id: str | None = None
    """The user that the change is about; `None` if it is about the whole meeting."""
    attendee_id: str | None = None
    """The attendee that the command named, if it named one."""
    before: Capabilities | None = None
    after: Capabilities | None = None
    effects: tuple[str, ...] = ()
    waits_for: str | None = None
    """An earlier change whose request the user has to answer before they are heard. Everything else of this change is
    applied.
    """
    widens: bool | None = None
    """Whether the change may be given up, if `before` and `after` do not show it: for whole meetings, and for rules
    that end by themselves.
    """
    lease: Lease | None = None
    next_attempt_at: datetime | None = None
    """When the change is due for the reconciler: when its lease has ended and no call of it can take effect."""
    uncertain_until: datetime | None = None
    """The time until which a call of unknown outcome may still take effect."""
    notes_count_from: datetime | None = None
    """Notes on attendees before this time do not count.

    They may be older than the last calls under an earlier lease, whose holder died or could not note the effect of
    those calls.
    """
    is_delay_reported: bool = False
    removing: tuple[str, ...] = ()
    """Attendees that the change removes, by its own rules or those of another change, until an event has reported that.
    When another function goes on, these rules may have ended, and others may be in force.
    """
    closure: Closure | None = None

    @property
    def is_open(self) -> bool:
        return self.closure is None

    @property
    def status(self) -> Status:
        return self.closure.status if self.closure is not None else Status.PENDING

    @property
    def superseded_by(self) -> str | None:
        return self.closure.superseded_by if self.closure is not None else None

    @property
    def answer(self) -> Mapping[str, object]:
        """The answer to the caller; empty while the change is open."""
        return self.closure.answer if self.closure is not None else {}

    @property
    def rules_before(self) -> UserRules | MeetingRules | None:
        return None

    @property
    def rules_after(self) -> UserRules | MeetingRules | None:
        return None

    @property
    def is_meeting_wide(self) -> bool:
        """Whether it is applied to all attendees of the meeting."""
        return False

    @property
    def is_join(self) -> bool:
        return False

    @property
    def awaits_consent(self) -> bool:
        """Whether the rest of the change waits for the user's consent."""
        return False

    @property
    def lapsed(self) -> Status | None:
        return None

    @property
    def agreed_at(self) -> datetime | None:
        return None

    @property
    def agreed_after(self) -> str | None:
        return None

    @property
    def deadline_starts_at(self) -> datetime:
        return self.agreed_at or self.committed_at

    @property
    def narrows(self) -> bool:
        """Whether the change has to be applied in any case. A widening is given up after `GIVE_UP_AFTER`."""
        if self.widens is not None:
            return not self.widens
        if self.before is None or self.after is None:
            return True
        return is_narrower(self.after, self.before)


@dataclass(frozen=True, slots=True)
class AttendeeChange(Change):
    """A change of the rules of one user, applied to all attendees that the user has."""

    rules_before: UserRules | None = None
    rules_after: UserRules | None = None
    consent: ChangeConsent | None = None
    """The user's consent; `None` if the change needs none."""
    unreported: Mapping[str, Capabilities] = field(default_factory=dict)
    """The earlier capabilities of attendees on which this change has noted others, until an event has reported that."""
    is_join: bool = False
    """Whether the change is about attendees who have just joined. Its rules are the old ones, so attendees who were
    there before have what the rules give.
    """
    is_meeting_wide: bool = False
    """Whether so many attendees have joined that a plan for the whole meeting takes fewer calls."""

    @property
    def awaits_consent(self) -> bool:
        return self.consent is not None and self.consent.is_awaited

    @property
    def lapsed(self) -> Status | None:
        return self.consent.lapsed if self.consent is not None else None

    @property
    def agreed_at(self) -> datetime | None:
        return self.consent.agreed_at if self.consent is not None else None

    @property
    def agreed_after(self) -> str | None:
        return self.consent.agreed_after if self.consent is not None else None


@dataclass(frozen=True, slots=True)
class MeetingChange(Change):
    """A change of the meeting's rules. With a `user_id` it is an exclusive floor, which ends all other floors."""

    rules_before: MeetingRules | None = None
    rules_after: MeetingRules | None = None
    unknown: tuple[str, ...] = ()
    """Attendees that the command excepts, but neither Gavel nor Chime has."""

    @property
    def is_meeting_wide(self) -> bool:
        return True


def calls_live_until(change: Change, now: datetime) -> datetime | None:
    """The time until which a call under the lease may take effect: its outcome is unknown, or its caller has died."""
    lease = change.lease
    if lease is None or lease.is_released or lease.until > now:
        return change.uncertain_until
    return max(lease.until + CALL_LIFE, change.uncertain_until or lease.until)


def return_after(change: Change, now: datetime) -> timedelta:
    return min(max((now - change.committed_at) / 4, RETURN_AFTER), RETURN_WITHIN)


def lease_of(token: str, now: datetime, length: timedelta) -> Lease:
    return Lease(token, now + length)


def due_after(lease: Lease) -> datetime:
    """When the lease has ended and no call under it can take effect any more."""
    return lease.until + CALL_LIFE


OF_ONE_VALUE = ("role", "hold", "floor", "ban", "waiting", "admitted", "removed_at")
"""Rules of a user that have one value."""
PLAIN = ("mode", "default_role", "unmute_consent", "lobby", "frozen_at")
"""Rules of a meeting that have one value."""
NOBODY = ""
"""The author of a rule that a revert or an undo has restored, and that no change had set."""
SPARES = "spares/"
LOBBY = frozenset({"waiting", "admitted", "removed_at"})
"""Rules that keep a user out, or do not any more. To let the user in sets them together."""

Rules = TypeVar("Rules", UserRules, MeetingRules)
Values = Mapping[str, Any]
"""The value of each rule by its name. A missing name or `None` means that the rule is not set."""


def values(rules: UserRules | MeetingRules) -> Values:
    """Each rule that commands set. Of a user: the rules of one value, each restriction, each capability given, each
    mute-all that spares them. Of a meeting: the rules of one value, and each mute-all. A floor generation has the name
    of its change anyway.
    """
    if isinstance(rules, UserRules):
        return {
            **{name: getattr(rules, name) for name in OF_ONE_VALUE},
            **{f"restriction/{r.withholds.value}/{r.origin}": r for r in rules.restrictions},
            **{f"given/{bit.value}": bit for bit in rules.given},
            **{f"{SPARES}{mute_all}": mute_all for mute_all in rules.spares},
        }
    return {
        **{name: getattr(rules, name) for name in PLAIN},
        **{f"mute-all/{mute_all.medium}": mute_all for mute_all in rules.mute_alls},
    }


def changed(old: UserRules | MeetingRules, new: UserRules | MeetingRules) -> list[tuple[str, Any, Any]]:
    """The name, old value and new value of each rule that differs."""
    was, now = values(old), values(new)
    return [(n, was.get(n), now.get(n)) for n in {**was, **now} if was.get(n) != now.get(n)]


def author_of(name: str, rules: UserRules | MeetingRules) -> str | None:
    """The change that last set the rule; `None` if it has ended since, or was stored without authors."""
    return rules.authors.get(name)


def with_author(change_id: str, rules: Rules, was: Rules) -> Rules:
    """The rules with the change as the author of each rule that is not as it `was`, unless the rules name another
    author already: what an undo brings back keeps its author.
    """
    differ = {name: author_of(name, rules) for name, _, _ in changed(was, rules)}
    restored = {name: by for name, by in differ.items() if by is not None and by != author_of(name, was)}
    anew = differ.keys() - restored.keys()
    if isinstance(rules, UserRules) and anew & LOBBY and rules.waiting is None and rules.removed_at is None:
        anew |= LOBBY - restored.keys()
    authors, standing = {**was.authors, **restored, **dict.fromkeys(anew, change_id)}, values(rules)
    kept = {name: author for name, author in authors.items() if name in standing or not name.startswith(SPARES)}
    return replace(rules, authors=kept)


def without_ended(left: Rules, rules: Rules) -> Rules:
    """The rules that are `left` of these after some have ended by themselves. Nobody has set what they are without."""
    if left == rules:
        return left
    ended = {name for name, _, _ in changed(rules, left)}
    return replace(left, authors={name: author for name, author in left.authors.items() if name not in ended})


def is_set_again(name: str, made: Rules, rules: Rules) -> bool:
    """Whether the rule has another author than in the rules that a change `made`: a later change set it, if only to the
    same value. Rules without an author are compared by their values alone.
    """
    author, own = author_of(name, rules), author_of(name, made)
    return author not in (None, own) and (author, own) != (NOBODY, None)
