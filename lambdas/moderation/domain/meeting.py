"""A meeting and its users. Their rules are stored; roles, limits and capabilities are derived from the rules."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from .actor import HOST
from .capability import (
    EVERYTHING,
    NOTHING,
    Capabilities,
    Medium,
    MuteAll,
    MuteAlls,
    Restrictions,
    mute_alls_in_force,
    whole,
)
from .personal_rules import Agreement, Ban, ConsentRequest, Floor, Hold, Waiting


@dataclass(frozen=True, slots=True)
class UserRules:
    """The rules stored for one user.

    `grant` is the capabilities of the user's first attendee when Chime created it. It is `None` before Gavel has seen
    one, and for users that the registration names: they are granted everything. `given` is what hosts added.
    """

    role: str | None = None
    grant: Capabilities | None = None
    given: Capabilities = NOTHING
    restrictions: Restrictions = ()
    spares: frozenset[str] = frozenset()
    """Ids of the mute-alls that do not bind the user."""
    admitted: bool = False
    hold: Hold | None = None
    floor: Floor | None = None
    ban: Ban | None = None
    waiting: Waiting | None = None
    removed: frozenset[str] = frozenset()
    """Attendees of the user that have to leave the meeting."""
    removed_at: datetime | None = None
    """When the user was removed from the meeting; `None` once they are admitted again. Until then they have no role."""
    ban_calls_end_at: datetime | None = None
    """The time until which a call for a ban that has ended may still remove the user from Chime."""
    asked: ConsentRequest | None = None
    agreed: Agreement | None = None
    authors: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The id of the change that last set each rule, by the rule's name (`change.values`). If that change is given up, a
    rule that a later change has set again stays, although it may have the same value.
    """

    @property
    def granted(self) -> Capabilities:
        return EVERYTHING if self.grant is None else self.grant | self.given


@dataclass(frozen=True, slots=True)
class Attendee:
    """One attendee of a user.

    `known` is what Chime last reported or accepted, `None` before it answered. `drifted`: Chime was seen to differ.
    """

    attendee_id: str
    known: Capabilities | None = None
    gone: bool = False
    drifted: bool = False
    noted_at: datetime | None = None
    """When `known` was noted. A difference seen right after it is a call under way, not drift."""

    not_taken: bool = False
    """Whether Chime reported that its media servers rejected what its API had accepted: what they hold is unknown."""

    removal_reported: bool = False
    """Whether an event has reported that the attendee was removed. This is noted in the commit of the event, so that of
    several changes that find the attendee gone, one reports it.
    """

    @property
    def is_heard(self) -> bool:
        """Whether Chime is known to let the attendee send audio."""
        return self.known is not None and Capabilities.SEND_AUDIO in self.known

    def has(self, capabilities: Capabilities) -> bool:
        """Whether Chime is known to hold exactly these capabilities."""
        return self.known == capabilities and not self.not_taken

    def found(self, held: Capabilities) -> "Attendee":
        """This attendee, which Chime has, although it may have been noted as gone."""
        return replace(self, known=held, gone=False, removal_reported=False)

    def noted(self, held: Capabilities, now: datetime) -> "Attendee":
        """This attendee, once Chime is known to hold exactly `held`."""
        return replace(self, known=held, drifted=False, not_taken=False, noted_at=now)


@dataclass(frozen=True, slots=True)
class User:
    """A user in one meeting. With revision 0 nothing is stored of the user yet."""

    id: str
    rules: UserRules = UserRules()
    attendees: Mapping[str, Attendee] = field(default_factory=dict)
    revision: int = 0
    revised_by: str | None = None
    notes: int = 0
    """The number of notes of what Chime holds for the user's attendees. Notes do not raise the revision."""
    hand: datetime | None = None
    """Since when the user's hand is raised. The hand is a record of its own, so that many hands do not contend with
    commands.
    """
    display_name: str | None = None
    """The name that pages show instead of the id. No decision uses it, and several users may have the same."""

    @property
    def is_known(self) -> bool:
        return self.rules.role is not None or self.rules.admitted or bool(self.attendees)

    @property
    def present(self) -> tuple[Attendee, ...]:
        return tuple(attendee for attendee in self.attendees.values() if not attendee.gone)

    def with_notes(self, attendees: Iterable[Attendee]) -> "User":
        """The user after these attendees were noted."""
        return replace(
            self,
            attendees={**self.attendees, **{attendee.attendee_id: attendee for attendee in attendees}},
            notes=self.notes + 1,
        )

    def is_out(self, attendee_id: str) -> bool:
        """Whether this attendee of the user has to leave the meeting."""
        return self.rules.ban is not None or attendee_id in self.rules.removed

    @property
    def leavers(self) -> list[Attendee]:
        """The present attendees that have to leave the meeting."""
        return [attendee for attendee in self.present if self.is_out(attendee.attendee_id)]

    def may_go(self, attendee_id: str, now: datetime) -> bool:
        """Whether a call of Gavel's may remove this attendee from Chime: they have to leave, or had to just before."""
        until = self.rules.ban_calls_end_at
        return self.is_out(attendee_id) or (until is not None and now < until)


def is_kept_out(rules: UserRules) -> bool:
    """Whether the user is banned, or removed and not admitted again: then the stored role does not count."""
    return rules.ban is not None or rules.removed_at is not None


def is_host(rules: UserRules) -> bool:
    """Whether the user counts as a host of the meeting, present or not."""
    return rules.role == HOST and not is_kept_out(rules)


def host_count(before: UserRules, after: UserRules) -> int:
    """The difference in the number of hosts."""
    return is_host(after) - is_host(before)


class UnmuteConsent(StrEnum):
    """When a user has to agree before Gavel opens their microphone."""

    NONE = "none"
    MUTED_FIRST = "muted-first"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Features:
    """The meeting features that the meeting was created with. They never change.

    AWS's documentation contradicts itself about a meeting with content but without video: Video `Receive` is its
    default, and Chime is said to refuse to write it. `video_can_be_received` turns false once Chime has refused.
    """

    video: bool = True
    content: bool = True
    video_can_be_received: bool = True

    @property
    def may_be_refused(self) -> bool:
        """Whether Chime could refuse an update because of this contradiction alone."""
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
    """The rules of a meeting as a whole."""

    mode: str = "open"
    default_role: str = "participant"
    unmute_consent: UnmuteConsent = UnmuteConsent.NONE
    lobby: bool = False
    mute_alls: MuteAlls = ()
    frozen_at: datetime | None = None
    """Set while the meeting is frozen: restrictions, bans and floors do not end meanwhile."""
    floor_generations: tuple[str, str, str] = ("", "", "")
    """The current floor generation of each medium: a floor of an earlier generation has ended."""
    authors: Mapping[str, str] = field(default_factory=dict, compare=False)
    """As those of a user's rules."""

    def floor_generation(self, medium: Medium) -> str:
        return self.floor_generations[list(Medium).index(medium)]

    def with_floor_generation(self, media: Collection[Medium], name: str) -> "MeetingRules":
        """The rules with a new floor generation of these media, which ends their floors."""
        audio, video, content = (f"{name}/{m}" if m in media else self.floor_generation(m) for m in Medium)
        return replace(self, floor_generations=(audio, video, content))

    def moment(self, now: datetime) -> datetime:
        """The moment at which the rules are evaluated: now, or the start of the freeze."""
        return now if self.frozen_at is None else self.frozen_at


@dataclass(frozen=True, slots=True)
class Meeting:
    """A registered meeting, with its rules."""

    id: str
    external_id: str
    rules: MeetingRules
    features: Features
    revision: int
    registration: str
    """Fingerprint of the request body that registered the meeting: the same body again changes nothing."""
    hosts: int = 0
    ended_at: datetime | None = None
    revised_by: str | None = None
    check_at: datetime | None = None
    """When the reconciler next compares Chime with the rules or ends a mute-all. It has no revision."""
    compared_at: datetime | None = None
    """When the reconciler last compared them. It has no revision."""
    registered_at: datetime | None = None
    mode_since: datetime | None = None
    """When the mode was last changed; `None` if never since the registration."""
    frozen_since: datetime | None = None
    """When the freeze was requested, while the meeting is frozen."""


def belongs(user: User, meeting: Meeting) -> bool:
    """Whether the user is a member of the meeting: named by a command, or seen in Chime.

    A mute in advance makes a user no member. A user who is banned, was removed and not admitted again, or waits in the
    lobby is no member either.
    """
    return not (is_kept_out(user.rules) or is_held(user, meeting)) and user.is_known


def is_held(user: User, meeting: Meeting) -> bool:
    """Whether the user still has to be admitted. A removed user has to be, with or without a lobby."""
    is_asked_for = user.rules.waiting is not None and meeting.rules.lobby
    return is_asked_for or user.rules.removed_at is not None


def waits(user: User, meeting: Meeting) -> bool:
    """Whether the user waits in the lobby for the answer of a host."""
    return is_held(user, meeting) and user.rules.waiting is not None and user.rules.waiting.is_open


def role_of(user: User, meeting: Meeting) -> str:
    """The role from which the user's capabilities are derived, also while the user is kept out."""
    return user.rules.role or meeting.rules.default_role


def floor_media(user: User, meeting: Meeting, now: datetime) -> tuple[Medium, ...]:
    """The media for which the user has the floor now."""
    floor = user.rules.floor
    if floor is None or not floor.holds_at(meeting.rules.moment(now)):
        return ()
    return tuple(
        m for m, turn in zip(floor.media, floor.generations, strict=True) if meeting.rules.floor_generation(m) == turn
    )


def binding_mute_alls(user: User, meeting: Meeting, now: datetime) -> tuple[MuteAll, ...]:
    """The mute-alls that bind the user now."""
    role, speaking = role_of(user, meeting), floor_media(user, meeting, now)
    standing = mute_alls_in_force(meeting.rules.mute_alls, meeting.rules.moment(now))
    return tuple(
        m
        for m in standing
        if not m.spares(user.id, role) and m.id not in user.rules.spares and m.medium not in speaking
    )


def must_consent(user: User, meeting: Meeting, now: datetime) -> bool:
    """Whether the user has to agree before Gavel lets their microphone be heard again.

    A user who is not present joins with a microphone that they control themselves.
    """
    if meeting.rules.unmute_consent is UnmuteConsent.NONE or not user.present:
        return False
    if has_agreed(user, meeting, now):
        return False
    return user.rules.asked is not None or not any(attendee.is_heard for attendee in user.present)


def has_agreed(user: User, meeting: Meeting, now: datetime) -> bool:
    """Whether the user has agreed to be heard, and the agreement is still valid."""
    agreed = user.rules.agreed
    return agreed is not None and agreed.meeting_revision == meeting.revision and now < agreed.until


def agreement_ended(user: User, meeting: Meeting, since: datetime, now: datetime) -> bool:
    """Whether the user's agreement was valid, and is over by now. Then Chime has to show whether they are heard."""
    return has_agreed(user, meeting, since) and not has_agreed(user, meeting, now)


def current_role(user: User, meeting: Meeting) -> str | None:
    """The role in which the user may send commands; `None` for a user who is no member of the meeting."""
    return role_of(user, meeting) if belongs(user, meeting) else None


def revision_of(user: User, meeting: Meeting) -> str:
    """The ETag of an attendee. It names two revisions, the user's and the meeting's: capabilities depend on both."""
    return f"p{user.revision}.m{meeting.revision}"


def with_host_count(meeting: Meeting, before: UserRules, after: UserRules, change_id: str) -> Meeting:
    """The meeting with its number of hosts after a user's rules change."""
    more = host_count(before, after)
    if not more:
        return meeting
    return replace(meeting, hosts=meeting.hosts + more, revision=meeting.revision + 1, revised_by=change_id)


def loses_its_hosts(meeting: Meeting, more: int) -> bool:
    """Whether the meeting would have no host after its number of hosts changes by `more`, which may be negative."""
    return more < 0 and meeting.hosts + more < 1
