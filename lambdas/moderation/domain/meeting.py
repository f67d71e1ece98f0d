"""What is known of a meeting and of the people in it. Rules are stored; what follows from them is derived."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from .actor import HOST
from .capability import EVERYTHING, NOTHING, Capabilities, Medium, whole
from .mute_all import MuteAll, MuteAlls, in_force
from .personal_rules import Agreement, Ban, ConsentRequest, Floor, Hold, Waiting
from .restriction import Restrictions

PIPELINE_PREFIX = "aws:"
CHECKED_EVERY = timedelta(minutes=2)
"""How often Chime is compared with the rules of a meeting, if nothing calls for it sooner."""


def is_pipeline(user_id: str) -> bool:
    """Media pipelines (recording and the like) join under reserved ids, in any case of letters. Never moderated."""
    return user_id.lower().startswith(PIPELINE_PREFIX)


class UnmuteConsent(StrEnum):
    NONE = "none"
    MUTED_FIRST = "muted-first"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Features:
    """What the meeting was created with; it never changes, but one thing about it has to be found out.

    Where video is off and content is not, the documentation contradicts itself: Video `Receive` is the default, yet
    writing it is said to be refused. `video_can_be_received` turns false when Chime has refused it.
    """

    video: bool = True
    content: bool = True
    video_can_be_received: bool = True

    @property
    def may_be_refused(self) -> bool:
        """Whether an order could be refused for nothing but the contradiction."""
        return not self.video and self.content and self.video_can_be_received

    @property
    def withheld(self) -> Capabilities:
        bits = NOTHING
        if not self.video:
            receivable = self.content and self.video_can_be_received
            bits |= Capabilities.SEND_VIDEO if receivable else whole(Medium.VIDEO)
        if not self.content:
            bits |= whole(Medium.CONTENT)
        return bits


@dataclass(frozen=True, slots=True)
class MeetingRules:
    mode: str = "open"
    default_role: str = "participant"
    unmute_consent: UnmuteConsent = UnmuteConsent.NONE
    lobby: bool = False
    mute_alls: MuteAlls = ()
    frozen_at: datetime | None = None
    """While the meeting is frozen, time stands still for whatever ends by itself."""
    turns: tuple[str, str, str] = ("", "", "")
    """Medium by medium the turn that runs: floors granted in an earlier one have ended."""

    def turn(self, medium: Medium) -> str:
        return self.turns[list(Medium).index(medium)]

    def with_floor_generation(self, media: Collection[Medium], name: str) -> "MeetingRules":
        """A new turn of these media begins."""
        audio, video, content = (f"{name}/{m}" if m in media else self.turn(m) for m in Medium)
        return replace(self, turns=(audio, video, content))

    def moment(self, now: datetime) -> datetime:
        """The time by which the rules are read."""
        return now if self.frozen_at is None else self.frozen_at


@dataclass(frozen=True, slots=True)
class Meeting:
    id: str
    external_id: str
    rules: MeetingRules
    features: Features
    revision: int
    registration: str
    """Fingerprint of the body it was registered with: the same body again changes nothing."""
    hosts: int = 0
    ended_at: datetime | None = None
    revised_by: str | None = None
    check_at: datetime | None = None
    """When the reconciler next compares Chime with the rules, or ends a mute-all; kept without raising the revision."""
    compared_at: datetime | None = None
    """When it last did; kept likewise."""
    registered_at: datetime | None = None
    mode_since: datetime | None = None
    """When its mode was changed last; None: never since its registration."""
    frozen_since: datetime | None = None
    """When the freeze was asked for, if it is frozen."""


@dataclass(frozen=True, slots=True)
class UserRules:
    """`grant` is what the first seat was created with in Chime; None before one was seen, or for whoever was registered
    by name, who is granted everything. `given` is what hosts added since.
    """

    role: str | None = None
    grant: Capabilities | None = None
    given: Capabilities = NOTHING
    restrictions: Restrictions = ()
    spares: frozenset[str] = frozenset()
    """Ids of the mute-alls that don't bind him."""
    admitted: bool = False
    hold: Hold | None = None
    floor: Floor | None = None
    ban: Ban | None = None
    waiting: Waiting | None = None
    removed: frozenset[str] = frozenset()
    """Seats that have to leave."""
    removed_at: datetime | None = None
    """When the user was removed from the meeting; None once they are let in again. Until then they have no role."""
    asked: ConsentRequest | None = None
    agreed: Agreement | None = None

    @property
    def granted(self) -> Capabilities:
        return EVERYTHING if self.grant is None else self.grant | self.given


@dataclass(frozen=True, slots=True)
class Seat:
    """`known`: what Chime was last seen or told to hold, None before it answered. `drifted`: it was seen to differ."""

    attendee_id: str
    known: Capabilities | None = None
    gone: bool = False
    drifted: bool = False
    noted_at: datetime | None = None
    """When `known` was noted; what differs right after it is no drift, but something under way."""

    not_taken: bool = False
    """Whether Chime has said that its media servers did not take what its API took: nobody knows what they hold."""

    def has(self, capabilities: Capabilities) -> bool:
        """Whether Chime is known to hold just these."""
        return self.known == capabilities and not self.not_taken

    def noted(self, held: Capabilities, now: datetime) -> "Seat":
        """This seat once Chime is known to hold just these."""
        return replace(self, known=held, drifted=False, not_taken=False, noted_at=now)


@dataclass(frozen=True, slots=True)
class User:
    """A person in one meeting. Revision 0: nothing is stored of him yet."""

    id: str
    rules: UserRules = UserRules()
    seats: Mapping[str, Seat] = field(default_factory=dict)
    revision: int = 0
    revised_by: str | None = None
    notes: int = 0
    """How often something was noted on the seats: that leaves the revision alone, but not what was known of Chime."""
    hand: datetime | None = None
    """Since when his hand is up. Kept apart from his rules: many hands stand in nobody's way."""

    @property
    def is_known(self) -> bool:
        return self.rules.role is not None or self.rules.admitted or bool(self.seats)

    @property
    def present(self) -> tuple[Seat, ...]:
        return tuple(seat for seat in self.seats.values() if not seat.gone)

    def with_notes(self, seats: Iterable[Seat]) -> "User":
        """The user as they are stored once this was noted on some of their attendees."""
        return replace(self, seats={**self.seats, **{seat.attendee_id: seat for seat in seats}}, notes=self.notes + 1)

    def is_out(self, attendee_id: str) -> bool:
        """Whether this seat of his has to leave."""
        return self.rules.ban is not None or attendee_id in self.rules.removed


def belongs(user: User, meeting: Meeting) -> bool:
    """Whether he is anybody in the meeting: named in it, or seen in it. A mute in advance makes nobody a member, and
    neither is who is banned, was removed and not let in again, or waits in the lobby, while there is one.
    """
    return not (is_kept_out(user.rules) or is_held(user, meeting)) and user.is_known


def is_kept_out(rules: UserRules) -> bool:
    """Whether the user has no role here, whichever role is stored: banned, or removed and not let in again."""
    return rules.ban is not None or rules.removed_at is not None


def is_held(user: User, meeting: Meeting) -> bool:
    """Whether the user has still to be let in. Whoever was removed has, whether or not there is a lobby."""
    is_asked_for = user.rules.waiting is not None and meeting.rules.lobby
    return is_asked_for or user.rules.removed_at is not None


def waits(user: User, meeting: Meeting) -> bool:
    """Whether the user has still to be let in, and a host has still to say so."""
    return is_held(user, meeting) and user.rules.waiting is not None and user.rules.waiting.is_open


def role_of(user: User, meeting: Meeting) -> str:
    """The role that the user's capabilities follow from, and that they have once nothing keeps them out."""
    return user.rules.role or meeting.rules.default_role


def floor_media(user: User, meeting: Meeting, now: datetime) -> tuple[Medium, ...]:
    """The media for which he has the floor now."""
    floor = user.rules.floor
    if floor is None or not floor.holds_at(meeting.rules.moment(now)):
        return ()
    return tuple(m for m, turn in zip(floor.media, floor.turns, strict=True) if meeting.rules.turn(m) == turn)


def binding_mute_alls(user: User, meeting: Meeting, now: datetime) -> tuple[MuteAll, ...]:
    """The mute-alls that silence him now."""
    role, speaking = role_of(user, meeting), floor_media(user, meeting, now)
    standing = in_force(meeting.rules.mute_alls, meeting.rules.moment(now))
    return tuple(
        m
        for m in standing
        if not m.spares(user.id, role) and m.id not in user.rules.spares and m.medium not in speaking
    )


def must_consent(user: User, meeting: Meeting, now: datetime) -> bool:
    """Whether his microphone, which Chime keeps shut, opens only when he agrees. Who is not present joins with his
    microphone in his own hands.
    """
    if meeting.rules.unmute_consent is UnmuteConsent.NONE or not user.present:
        return False
    if has_agreed(user, meeting, now):
        return False
    heard = any(seat.known is not None and Capabilities.SEND_AUDIO in seat.known for seat in user.present)
    return user.rules.asked is not None or not heard


def as_agreed(rules: UserRules) -> UserRules:
    """The rules as they are once the person has agreed to be heard."""
    asked, audio = rules.asked, Capabilities.SEND_AUDIO
    if asked is None:
        return rules
    stays = tuple(r for r in rules.restrictions if not asked.lifts or r.withholds != audio or r.since > asked.since)
    return replace(
        rules,
        restrictions=stays,
        spares=rules.spares | asked.spares,
        given=rules.given | audio if asked.gives else rules.given,
    )


def has_agreed(user: User, meeting: Meeting, now: datetime) -> bool:
    """Whether he has agreed to be heard, and it counts still."""
    agreed = user.rules.agreed
    return agreed is not None and agreed.meeting_revision == meeting.revision and now < agreed.until


def standing_role(user: User, meeting: Meeting) -> str | None:
    """The role in which he may ask for anything; None for somebody who is nobody here."""
    return role_of(user, meeting) if belongs(user, meeting) else None


def revision_of(user: User, meeting: Meeting) -> str:
    """The ETag of an attendee: his own revision and the meeting's, for both decide what he has."""
    return f"p{user.revision}.m{meeting.revision}"


def host_count(before: UserRules, after: UserRules) -> int:
    """By how much the number of hosts changes."""
    return is_host(after) - is_host(before)


def with_host_count(meeting: Meeting, before: UserRules, after: UserRules, change_id: str) -> Meeting:
    """The meeting with as many hosts as it has when a person's rules change."""
    more = host_count(before, after)
    if not more:
        return meeting
    return replace(meeting, hosts=meeting.hosts + more, revision=meeting.revision + 1, revised_by=change_id)


def is_host(rules: UserRules) -> bool:
    """Whether the user counts as a host of the meeting, present or not."""
    return rules.role == HOST and not is_kept_out(rules)


def loses_its_hosts(meeting: Meeting, more: int) -> bool:
    """Whether so many more hosts, or fewer, would leave it without any."""
    return more < 0 and meeting.hosts + more < 1


def look_at(meeting: Meeting, rules: MeetingRules) -> datetime | None:
    """When the reconciler has to look at it, if these become its rules."""
    return min((at for at in (meeting.check_at, next_end(rules)) if at is not None), default=None)


def next_end(rules: UserRules | MeetingRules) -> datetime | None:
    """When the first of what a person, or the meeting, has for a time ends by itself."""
    return min(_ends(rules), default=None)


def ends_between(rules: UserRules | MeetingRules, since: datetime, until: datetime) -> bool:
    """Whether any of it has ended by itself after the one moment, and by the other."""
    return any(since < end <= until for end in _ends(rules))


def _ends(rules: UserRules | MeetingRules) -> list[datetime]:
    if isinstance(rules, MeetingRules):
        ends = [m.until for m in rules.mute_alls]
    else:
        ends = [r.until for r in rules.restrictions]
        ends += [timed.until for timed in (rules.floor, rules.ban) if timed is not None]
    return [end for end in ends if end is not None]
