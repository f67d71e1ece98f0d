"""Somebody in a meeting: what he has, what withholds the rest, and the lists of those who wait for something."""

from typing import Literal

from moderation.models import MediumName, Word
from moderation.models.events import Capabilities, Shape
from pydantic import BaseModel, ConfigDict, Field


class Limit(Shape):
    """What withholds something."""

    media: list[MediumName]
    withholds: Literal["send", "receive"]
    by: Literal[
        "restriction",
        "mute-all",
        "grant",
        "policy",
        "freeze",
        "meeting-feature",
        "content-needs-video",
        "hold",
        "ban",
        "consent",
    ]
    liftable_by: Literal["self", "host"] | None = None
    actor: str | None = None
    reason: str | None = None
    since: str | None = None
    until: str | None = None
    remaining_seconds: int | None = None
    policies: list[str] | None = None


class RaisedHand(Shape):
    raised_at: str


class FloorHeld(Shape):
    """A turn to speak, while it lasts."""

    media: list[MediumName]
    since: str
    until: str
    remaining_seconds: int


class AskedToUnmute(Shape):
    """A request that waits for the person's answer."""

    change_id: str = Field(description="for the answer: `PUT …/consent`")
    kind: Literal["muted-first", "required"] = Field(
        description="`muted-first`: a client that has muted its microphone may answer by itself; `required`: the person"
    )
    actor: str = Field(description="who asks")
    since: str
    until: str
    remaining_seconds: int


class Attendee(Shape):
    """A seat, or a person who has none yet (`attendeeId` is null). `capabilities` is what the rules give."""

    meeting_id: str
    attendee_id: str | None
    external_user_id: str
    role: str | None = Field(description="null for a user who is banned, or was removed and not let in again")
    capabilities: Capabilities
    status: Literal["applied", "pending", "drifted", "gone", "dry-run"] = Field(
        description="whether Chime has it; `dry-run` in the answer to a dry run alone"
    )
    limits: list[Limit] | None = Field(None, description="for moderators and the person himself")
    hand: RaisedHand | None
    floor: FloorHeld | None
    asked: AskedToUnmute | None = Field(None, description="for moderators and the person himself")
    revision: str


class Attendees(Shape):
    items: list[Attendee]
    next_token: str | None = Field(description="pass it as `nextToken` to go on from here; null: this was all")


class Me(Shape):
    role: str | None
    attendee: Attendee | None
    may: list[str]


class Hand(Shape):
    external_user_id: str
    attendee_id: str | None
    raised_at: str


class Hands(Shape):
    items: list[Hand]


class Banned(Shape):
    external_user_id: str
    actor: str
    reason: str | None
    since: str
    until: str | None


class Bans(Shape):
    items: list[Banned]


class Waiting(Shape):
    external_user_id: str
    role: str
    since: str


class Lobby(Shape):
    items: list[Waiting]


class CapabilitiesToCreate(BaseModel):
    """As `CreateAttendee` takes them."""

    model_config = ConfigDict(extra="forbid")

    Audio: Word
    Video: Word
    Content: Word


class AdmissionShown(Shape):
    external_user_id: str
    admitted: bool
    capabilities: CapabilitiesToCreate | None = Field(None, description="of those who are admitted")
    code: Literal["banned", "waiting"] | None = Field(None, description="why somebody is not")
    ask_again_at: str | None = Field(
        None, description="a host turned the user away: until then asking again does not reach the hosts"
    )


class AdmissionsAnswer(Shape):
    items: list[AdmissionShown]
    status: Literal["dry-run"] | None = Field(None, description="in the answer to a dry run alone")
