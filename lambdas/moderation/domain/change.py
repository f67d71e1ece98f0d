"""A change: an accepted command, durable before it is carried out, and who may carry it out until when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from .actor import Actor
from .capability import EVERYTHING, NOTHING, Capabilities, Medium, is_narrower, of_word, sending, whole
from .meeting import MeetingRules, UserRules
from .personal_rules import Ban, Floor
from .restriction import added, in_force

CALL_TIMEOUT = timedelta(seconds=4)
"""How long we wait for one answer of Chime's, connecting included."""
CALL_LIFE = timedelta(seconds=30)
"""After this long no call of unknown end can take effect any more."""
LEASE = timedelta(seconds=15)
"""How long whoever carries out a change may start calls for it."""
GIVE_UP_AFTER = timedelta(seconds=60)
"""A widening that Chime has not taken by then is taken back, not sprung on somebody minutes later."""
RETURN_AFTER = timedelta(seconds=2)
RETURN_WITHIN = timedelta(seconds=60)
"""How soon a change that Chime did not take is looked at again: the later, the longer it has been waiting."""
DELAYED_AFTER = timedelta(seconds=30)


class Status(StrEnum):
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
    token: str
    until: datetime

    def released(self, now: datetime) -> "Lease":
        """Ended, under another token: whoever has read the change as it was before can't take it as it was before."""
        return Lease(self.token + RELEASED, now)

    @property
    def is_released(self) -> bool:
        """Whether its holder ended it, and did not die."""
        return self.token.endswith(RELEASED)

    def rotated(self) -> "Lease":
        """Under another token, for the same reason, after a commit on the way: its holder goes on."""
        return Lease(self.token + "+", self.until)


@dataclass(frozen=True, slots=True)
class Change:
    """`subject` is the person it is about, None for everybody in the meeting; `attendee_id` the seat it was asked for.

    `replaced` and `made` are the rules before and after, `revision` what the commit made of them. `before` and `after`
    are what Chime held and holds on the seat it was asked for: foreseen until it settles, then as it was.
    """

    id: str
    meeting_id: str
    command: str
    said: Mapping[str, object]
    actor: Actor
    policies: tuple[str, ...]
    committed_at: datetime
    revision: str
    reason: str | None = None
    subject: str | None = None
    attendee_id: str | None = None
    rules_before: UserRules | MeetingRules | None = None
    rules_after: UserRules | MeetingRules | None = None
    before: Capabilities | None = None
    after: Capabilities | None = None
    effects: tuple[str, ...] = ()
    status: Status = Status.PENDING
    lease: Lease | None = None
    due_at: datetime | None = None
    """When somebody has to look at it: at the end of the lease and of a call's life, or of an unknown call's."""
    uncertain_until: datetime | None = None
    """Until when a call of unknown end may still take effect."""
    delay_told: bool = False
    closed_by: str | None = None
    answer: Mapping[str, object] = field(default_factory=dict)
    """The attendee, or the meeting and its people, as they were answered, for replays."""
    widens: bool | None = None
    """Whether it may be given up, where `before` and `after` don't tell: whole meetings, and what ends by itself."""
    everybody: bool = False
    """Whether all are ordered anew, though it is about one person: an exclusive floor."""
    awaits_consent: bool = False
    """Whether what is left of it waits for the person's answer."""
    waits_for: str | None = None
    """The change whose request the person is asked to answer before they are heard. All else of this one is applied."""
    lapsed: Status | None = None
    """What becomes of it once Chime has what is left: the person said no, or nothing, or was not asked any more."""
    agreed_at: datetime | None = None
    """When he said yes to it: from then on Chime is given its time."""
    unknown: tuple[str, ...] = ()
    """Attendees that the command excepts, but neither Gavel nor Chime has."""
    notes_count_from: datetime | None = None
    """Older notes on attendees may be older than the last calls under an earlier lease, whose holder died or could not
    note what those calls did.
    """
    untold: Mapping[str, Capabilities] = field(default_factory=dict)
    """What attendees had before it, if it has noted something else on them and told nobody yet."""
    is_join: bool = False
    """Whether it is about attendees who have just joined: the rules stay, and who was there has what they give."""

    @property
    def is_open(self) -> bool:
        return self.status is Status.PENDING

    @property
    def deadline_starts_at(self) -> datetime:
        return self.agreed_at or self.committed_at

    @property
    def is_of_the_meeting(self) -> bool:
        """Whether its rules are the meeting's."""
        return self.subject is None or self.everybody

    @property
    def narrows(self) -> bool:
        """Whether it must be pursued; a widening is given up after `PATIENCE`."""
        if self.widens is not None:
            return not self.widens
        if self.before is None or self.after is None:
            return True
        return is_narrower(self.after, self.before)


def calls_live_until(change: Change, now: datetime) -> datetime | None:
    """Until when a call may still take effect whose outcome is unknown, or whose caller has died under the lease."""
    lease = change.lease
    if lease is None or lease.is_released or lease.until > now:
        return change.uncertain_until
    return max(lease.until + CALL_LIFE, change.uncertain_until or lease.until)


def return_after(change: Change, now: datetime) -> timedelta:
    return min(max((now - change.committed_at) / 4, RETURN_AFTER), RETURN_WITHIN)


OF_ONE_VALUE = ("role", "hold", "floor", "ban", "waiting", "admitted", "removed_at")
"""A person's rules that are one value each."""


def reverted(change: Change, rules: UserRules, moment: datetime) -> UserRules:
    """Today's rules without what the change made of them. What others changed since stays, and so does what has ended:
    nothing comes back whose time is over at this moment.
    """
    replaced, made = change.rules_before, change.rules_after
    if change.command == "expire" or not isinstance(made, UserRules) or not isinstance(replaced, UserRules):
        return rules
    new, old = set(made.restrictions), set(replaced.restrictions)
    kept = tuple(r for r in rules.restrictions if r not in new - old)
    occupied = {r.key for r in kept}
    changed = [name for name in OF_ONE_VALUE if getattr(made, name) != getattr(replaced, name)]
    undone = {n: _unless_over(getattr(replaced, n), moment) for n in changed if getattr(rules, n) == getattr(made, n)}
    return replace(
        rules,
        restrictions=added(kept, (r for r in old - new if r.key not in occupied and r.holds_at(moment))),
        given=rules.given & ~(made.given & ~replaced.given) | (replaced.given & ~made.given),
        spares=rules.spares - (made.spares - replaced.spares) | (replaced.spares - made.spares),
        asked=None if rules.asked is not None and rules.asked.change_id == change.id else rules.asked,
        **undone,
    )


def _unless_over(value: Any, moment: datetime) -> Any:
    return None if isinstance(value, Floor | Ban) and not value.holds_at(moment) else value


PLAIN = ("mode", "default_role", "unmute_consent", "lobby", "frozen_at")
"""A meeting's rules that are one value each."""


def meeting_reverted(change: Change, rules: MeetingRules, moment: datetime) -> MeetingRules:
    """The same for the meeting as a whole."""
    replaced, made = change.rules_before, change.rules_after
    if not isinstance(made, MeetingRules) or not isinstance(replaced, MeetingRules):
        return rules
    undone = {name: getattr(replaced, name) for name in PLAIN if getattr(rules, name) == getattr(made, name)}
    kept = tuple(m for m in rules.mute_alls if m in replaced.mute_alls or m not in made.mute_alls)
    occupied = {m.medium for m in kept}
    gone = [m for m in replaced.mute_alls if m not in made.mute_alls and m.holds_at(moment)]
    back = tuple(m for m in gone if m.medium not in occupied)
    audio, video, content = (replaced.turn(m) if rules.turn(m) == made.turn(m) else rules.turn(m) for m in Medium)
    restored = tuple(sorted((*kept, *back), key=lambda m: m.medium))
    return replace(rules, **undone, mute_alls=restored, turns=(audio, video, content))


SAYS = {
    "set-role": "role",
    "hold": "hold",
    "release": "hold",
    "ban": "ban",
    "unban": "ban",
    "grant-floor": "floor",
    "end-floor": "floor",
}
"""Which of them a command is about, whether or not it changed it."""


def _says(change: Change) -> str | None:
    """A removal speaks of the ban only if it bans."""
    return "ban" if change.command == "remove" and change.said.get("ban") else SAYS.get(change.command)


def _is_said(change: Change, name: str, rules: UserRules, now: datetime) -> bool:
    """Whether one value is what the change made of it, or has ended by itself since."""
    value = getattr(change.rules_after, name)
    is_as_it_was = value == getattr(change.rules_before, name) and _says(change) != name
    if is_as_it_was or value == getattr(rules, name):
        return True
    return isinstance(value, Floor | Ban) and not value.holds_at(now)


def named(change: Change) -> Capabilities:
    """What a command on one person spoke of, whether or not it changed anything."""
    said = change.said
    if change.command in ("mute", "unmute"):
        return sending(Medium(word) for word in cast("Sequence[str]", said.get("media", ())))
    bits = NOTHING
    for medium in Medium:
        bits |= whole(medium) if change.command == "set-capabilities" and medium in said else NOTHING
    return bits


def withholding(change: Change) -> Capabilities:
    """What the command names to be taken away, whether or not it was there."""
    match change.command:
        case "mute":
            return named(change)
        case "set-capabilities":
            return named(change) & ~_asked(change)
        case "hold" | "ban" | "remove":
            return EVERYTHING
    return NOTHING


def _asked(change: Change) -> Capabilities:
    bits = NOTHING
    for medium in Medium:
        bits |= of_word(medium, str(change.said[medium])) if medium in change.said else NOTHING
    return bits


def _still_said(change: Change, made: UserRules, rules: UserRules, now: datetime) -> bool:
    """Whether what it withheld is withheld, and what it gave is not, though the rules may have said so before it."""
    then = {r.key for r in in_force(made.restrictions, now)}
    today = {r.key for r in in_force(rules.restrictions, now)}
    for bit in named(change):
        keys = {key for key in then if key[0] == bit.value}
        found = {key for key in today if key[0] == bit.value}
        if not keys <= found or (found and not keys):
            return False
    return True


def is_in_effect(change: Change, rules: UserRules | MeetingRules, now: datetime) -> bool:
    """Whether what the change made of the rules is in them still, whatever else has changed since.

    A restriction that has ended by itself was not overruled by anybody, and one that had ended before was not lifted.
    """
    replaced, made = change.rules_before, change.rules_after
    if isinstance(made, UserRules) and isinstance(replaced, UserRules) and isinstance(rules, UserRules):
        new = set(in_force(made.restrictions, now)) - set(replaced.restrictions)
        had = in_force(replaced.restrictions, change.committed_at)
        taken = {r.key for r in had} - {r.key for r in made.restrictions}
        return (
            new <= set(rules.restrictions)
            and not taken & {r.key for r in rules.restrictions}
            and _still_said(change, made, rules, now)
            and all(_is_said(change, name, rules, now) for name in OF_ONE_VALUE)
            and made.given & ~replaced.given in rules.given
            and made.spares - replaced.spares <= rules.spares
        )
    if isinstance(made, MeetingRules) and isinstance(replaced, MeetingRules) and isinstance(rules, MeetingRules):
        if made == replaced:
            return rules == made  # said again because Chime had not taken it yet
        changed = [name for name in PLAIN if getattr(made, name) != getattr(replaced, name)]
        silenced = {m.id for m in made.mute_alls if m.holds_at(now)} - {m.id for m in replaced.mute_alls}
        moment = replaced.moment(change.committed_at)
        lifted = {m.medium for m in replaced.mute_alls if m.holds_at(moment)} - {m.medium for m in made.mute_alls}
        turned = [m for m in Medium if change.everybody and made.turn(m) != replaced.turn(m)]
        return (
            all(getattr(rules, name) == getattr(made, name) for name in changed)
            and all(rules.turn(m) == made.turn(m) for m in turned)
            and silenced <= {m.id for m in rules.mute_alls}
            and not lifted & {m.medium for m in rules.mute_alls}
        )
    return True


def has_its_turn(change: Change, rules: UserRules, now: datetime) -> bool:
    """Whether an exclusive floor is his still, for all its media. One that has ended by itself was not overruled."""
    seconds = change.said.get("durationSeconds")
    if isinstance(seconds, int) and change.committed_at + timedelta(seconds=seconds) <= now:
        return True
    floor, media = rules.floor, cast("Sequence[str]", change.said.get("media", ()))
    return floor is not None and set(floor.turns) == {f"{change.id}/{medium}" for medium in media}


def is_bound_again(change: Change, rules: MeetingRules) -> bool:
    """Whether a mute-all made since silences him whom the change spared of the one before."""
    replaced, made = change.rules_before, change.rules_after
    if not isinstance(made, UserRules) or not isinstance(replaced, UserRules):
        return False
    there = {m.id for m in rules.mute_alls}
    lost = {spare.rpartition("/")[2] for spare in made.spares - replaced.spares - there}
    return bool(lost & {m.medium.value for m in rules.mute_alls})
