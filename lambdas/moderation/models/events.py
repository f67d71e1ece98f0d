"""What subscribers are told: the `detail` of every event, type by type.

Entries are written as plain documents; no function imports this. The published schemas are made of it, and the tests
hold every entry that is written and every event that is seen against it.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from ..domain import entry
from . import MediumName, Word

Effect = Literal[
    "audio-may-flow",
    "content-audio-may-flow",
    "renegotiation-needed",
    "receive-removed",
    "already-silent",
    "nobody-present",
]
Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Ulid = Annotated[str, StringConstraints(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]
Revision = Annotated[str, StringConstraints(pattern=r"^(p\d+\.)?m\d+$")]


class Shape(BaseModel):
    """Camel-case keys, and none that isn't named."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class Capabilities(Shape):
    """In Amazon's words."""

    audio: Word
    video: Word
    content: Word


class Actor(Shape):
    kind: Literal["user", "service", "admin", "clock", "chime"]
    id: str
    via: str | None = Field(None, description="the back end that acts for the person")


class SparedShown(Shape):
    external_user_ids: list[str]
    roles: list[str]


class MuteAllShown(Shape):
    """A mute-all in force, of one medium."""

    media: list[MediumName]
    spared: SparedShown = Field(alias="except")
    liftable_by: Literal["self", "host"]
    actor: str
    reason: str | None
    since: str
    until: str | None


class Rules(Shape):
    """The rules of a meeting as a whole."""

    mode: str
    default_role: str
    frozen: bool
    mute_all: list[MuteAllShown]
    unmute_consent: Literal["none", "muted-first", "required"]
    lobby: bool


class Concerned(Shape):
    """A seat, or a person who has none (`attendeeId` is null)."""

    attendee_id: str | None
    external_user_id: str


class Changed(Concerned):
    """What Chime let him do before, and lets him do now."""

    before: Capabilities
    after: Capabilities
    effects: list[Effect]


class Drifted(Concerned):
    """`found` in Chime, `wanted` by the rules."""

    found: Capabilities
    wanted: Capabilities
    corrected: bool = Field(description="what was wider was put right; what was narrower is left")


class Detail(Shape):
    """What every event says."""

    detail_type: ClassVar[str]

    schema_version: Literal["1"]
    entry_id: Ulid = Field(description="an event may come twice: drop those whose `entryId` you have seen")
    change_id: str | None = Field(description="events of one change have this in common")
    meeting_id: str
    external_meeting_id: str
    occurred_at: Moment
    actor: Actor
    command: str = Field(description="a command's name, or `drift`; `unknown` for what is none")
    reason: str | None
    revision: Revision = Field(description="which of two events is newer: `m` the meeting's, `p` the person's")


class Decided(Detail):
    """A command was accepted or refused."""

    detail_type = entry.DECIDED

    meeting_id: str | None = Field(description="null where a refused command by event names no registered meeting")  # type: ignore[assignment]
    external_meeting_id: str | None = Field(description="null where `meetingId` is")  # type: ignore[assignment]

    verdict: Literal["accepted", "refused"]
    policies: list[str] = Field(description="those that decided, or `no-permit`")
    code: str | None = Field(description="why it was refused")
    detail: str | None = Field(None, description="the same in words, of refused commands by event")
    requested: dict[str, str] | None = Field(
        None,
        description="of refused commands by event: `command` and the ids of meeting and user as they were sent, "
        "shortened; a value that is no text as its JSON",
    )
    parameters: dict[str, object] = Field(description="the command's, as in its body")
    attendees: list[Concerned] = Field(description="whom it is about; nobody where it is the meeting")


class CapabilitiesChanged(Detail):
    """Chime has it. A change of many people takes several of these, each about others."""

    detail_type = entry.CAPABILITIES_CHANGED

    attendees: list[Changed]


class MeetingChanged(Detail):
    """Mode, freeze, mute-alls or settings are changed and carried out."""

    detail_type = entry.MEETING_CHANGED

    before: Rules | None = Field(description="null for a meeting that was just registered")
    after: Rules


class Superseded(Detail):
    """A later change took its place before Chime had it."""

    detail_type = entry.SUPERSEDED

    superseded_by: str | None
    attendees: list[Concerned] = Field([], description="whom it was about; left out where it was the meeting")


class Abandoned(Detail):
    """A widening was given up and its rules taken back."""

    detail_type = entry.ABANDONED

    attendees: list[Concerned] = Field(description="nobody where it was the meeting")


class Delayed(Detail):
    """A change is still pending after half a minute; it is pursued."""

    detail_type = entry.DELAYED

    pending_since: Moment
    attendees: list[Concerned] = Field([], description="whom it is about; left out where it is the meeting")


class DriftFound(Detail):
    """Chime differed from the rules, by nobody's command."""

    detail_type = entry.DRIFT_FOUND

    attendees: list[Drifted]


class MeetingEnded(Detail):
    """A host ended it, or there is no such meeting in Chime any more."""

    detail_type = entry.MEETING_ENDED

    attendees: list[Concerned]


class Removed(Detail):
    """Out of the meeting."""

    detail_type = entry.REMOVED

    attendees: list[Concerned]
    banned: bool = Field(description="whether he stays out")


class HandRaised(Detail):
    """Somebody asks for a turn."""

    detail_type = entry.HAND_RAISED

    attendees: list[Concerned]


class HandLowered(Detail):
    """By himself, by a moderator, or by the turn that he got."""

    detail_type = entry.HAND_LOWERED

    attendees: list[Concerned]


class UnmuteRequested(Detail):
    """He is asked whether he may be heard."""

    detail_type = entry.UNMUTE_REQUESTED

    attendees: list[Concerned]
    until: Moment


class UnmuteAnswered(Detail):
    """He answered, or did not in time, or nothing is left to be answered."""

    detail_type = entry.UNMUTE_ANSWERED

    attendees: list[Concerned]
    answer: Literal["accepted", "declined", "expired", "withdrawn"]


class AdmissionRequested(Detail):
    """They wait in the lobby."""

    detail_type = entry.ADMISSION_REQUESTED

    attendees: list[Concerned]


EVENTS: tuple[type[Detail], ...] = (
    Decided, CapabilitiesChanged, MeetingChanged, Superseded, Abandoned, Delayed, DriftFound, MeetingEnded, Removed,
    HandRaised, HandLowered, UnmuteRequested, UnmuteAnswered, AdmissionRequested,
)  # fmt: skip
"""A new type of entry is a class here and a name in `core/entry.py`."""
