"""Models of the `detail` of every event, one for each type.

The functions write entries as plain documents and do not use these models. The published schemas are made from them,
and the tests check every written entry and every published event against them.
"""

from typing import Annotated, ClassVar, Literal

from moderation.domain import entry
from moderation.models import MediumName, Word
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

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


NAME = "In events, if `displayNamesInEvents` is on and the user has one. It identifies nobody."


class Shape(BaseModel):
    """A document with camel-case keys and no others than those named."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class Capabilities(Shape):
    """What an attendee may send and receive, in Amazon's words."""

    audio: Word
    video: Word
    content: Word


class Actor(Shape):
    """Who acted: a user, a service by event, an admin, or Gavel's clock or Chime by themselves."""

    kind: Literal["user", "service", "admin", "clock", "chime"]
    id: str
    via: str | None = Field(None, description="The back end that acted on behalf of the user.")
    display_name: str | None = Field(None, description=NAME)


class SparedShown(Shape):
    """The users and roles that a mute-all leaves alone."""

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
    """An attendee, or a user who has not joined (`attendeeId` is null)."""

    attendee_id: str | None
    external_user_id: str
    display_name: str | None = Field(None, description=NAME)


class Changed(Concerned):
    """What Chime allowed the attendee before, and what it allows now."""

    before: Capabilities
    after: Capabilities
    effects: list[Effect]


class Drifted(Concerned):
    """What was `found` in Chime, and what is `wanted` by the rules."""

    found: Capabilities
    wanted: Capabilities
    corrected: bool = Field(description="Whether it was put right: wider is put right, narrower is left.")


class Detail(Shape):
    """What every event has."""

    detail_type: ClassVar[str]

    schema_version: Literal["1"]
    entry_id: Ulid = Field(description="An event may come twice: drop it if you have seen its `entryId`.")
    change_id: str | None = Field(description="The same in all events of one change.")
    meeting_id: str
    external_meeting_id: str
    occurred_at: Moment
    actor: Actor
    command: str = Field(description="The name of a command, or `drift`; `unknown` if the event named no command.")
    reason: str | None
    revision: Revision = Field(
        description="Tells which of two events is newer: `m` counts the meeting's, `p` the user's."
    )


class Decided(Detail):
    """A command was accepted or refused."""

    detail_type = entry.DECIDED

    meeting_id: str | None = Field(description="Null if a refused command by event names no registered meeting.")  # type: ignore[assignment]
    external_meeting_id: str | None = Field(description="Null if `meetingId` is.")  # type: ignore[assignment]

    verdict: Literal["accepted", "refused"]
    policies: list[str] = Field(description="The policies that decided, or `no-permit`.")
    code: str | None = Field(description="Why it was refused.")
    detail: str | None = Field(None, description="Why, in words, for refused commands by event.")
    requested: dict[str, str] | None = Field(
        None,
        description="For refused commands by event: `command` and the ids of meeting and user as they were sent, "
        "shortened. A value that is no text is written as JSON.",
    )
    parameters: dict[str, object] = Field(description="The parameters of the command, as in its body.")
    attendees: list[Concerned] = Field(description="Those it is about; empty if it is about the meeting.")


class CapabilitiesChanged(Detail):
    """Chime has the capabilities. A change of many attendees takes several events, each about others."""

    detail_type = entry.CAPABILITIES_CHANGED

    attendees: list[Changed]


class MeetingChanged(Detail):
    """Mode, freeze, mute-alls or settings have changed, and the change is applied."""

    detail_type = entry.MEETING_CHANGED

    before: Rules | None = Field(description="Null for a meeting that was just registered.")
    after: Rules


class Superseded(Detail):
    """A later change took the place of this one before Chime had it."""

    detail_type = entry.SUPERSEDED

    superseded_by: str | None
    attendees: list[Concerned] = Field([], description="Those it was about; left out if it was about the meeting.")


class Abandoned(Detail):
    """A widening was given up and its rules were reverted."""

    detail_type = entry.ABANDONED

    attendees: list[Concerned] = Field(description="Those it was about; empty if it was about the meeting.")


class Delayed(Detail):
    """A change is still pending after 30 seconds; Gavel goes on trying."""

    detail_type = entry.DELAYED

    pending_since: Moment
    attendees: list[Concerned] = Field([], description="Those it is about; left out if it is about the meeting.")


class DriftFound(Detail):
    """Chime differed from the rules without a command of Gavel's."""

    detail_type = entry.DRIFT_FOUND

    attendees: list[Drifted]


class MeetingEnded(Detail):
    """A host ended the meeting, or Chime no longer has it."""

    detail_type = entry.MEETING_ENDED

    attendees: list[Concerned]


class Removed(Detail):
    """Users were removed from the meeting."""

    detail_type = entry.REMOVED

    attendees: list[Concerned]
    banned: bool = Field(description="Whether the user stays out.")


class HandRaised(Detail):
    """A user asks for a turn to speak."""

    detail_type = entry.HAND_RAISED

    attendees: list[Concerned]


class HandLowered(Detail):
    """A hand was lowered: by the user, by a host or cohost, or by the turn that the user got."""

    detail_type = entry.HAND_LOWERED

    attendees: list[Concerned]


class UnmuteRequested(Detail):
    """An attendee is asked to agree to be unmuted."""

    detail_type = entry.UNMUTE_REQUESTED

    attendees: list[Concerned]
    until: Moment


class UnmuteAnswered(Detail):
    """An attendee answered a request to unmute, or it expired, or was withdrawn."""

    detail_type = entry.UNMUTE_ANSWERED

    attendees: list[Concerned]
    answer: Literal["accepted", "declined", "expired", "withdrawn"]


class AdmissionRequested(Detail):
    """Users wait in the lobby."""

    detail_type = entry.ADMISSION_REQUESTED

    attendees: list[Concerned]


EVENTS: tuple[type[Detail], ...] = (
    Decided, CapabilitiesChanged, MeetingChanged, Superseded, Abandoned, Delayed, DriftFound, MeetingEnded, Removed,
    HandRaised, HandLowered, UnmuteRequested, UnmuteAnswered, AdmissionRequested,
)  # fmt: skip
"""The models of all events. A new type of entry needs a class here and a name in `domain/entry.py`."""
