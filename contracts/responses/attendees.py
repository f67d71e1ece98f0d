"""Documents about attendees: what they have, what withholds the rest, and lists of users."""

from typing import Literal

from moderation.models import MediumName, Word
from moderation.models.fields import example
from pydantic import BaseModel, ConfigDict, Field

from contracts.event_models import Capabilities, Shape

from .examples import ATTENDEE, ATTENDEE_ID, RAISED_AT
from .meetings import Available

NAME = "The display name, where the user has one. It identifies nobody."


class Limit(Shape):
    """What withholds a capability."""

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
    """A turn to speak that is in force."""

    media: list[MediumName]
    since: str
    until: str
    remaining_seconds: int


class AskedToUnmute(Shape):
    """A request to unmute that waits for the attendee's answer."""

    change_id: str = Field(description="For the answer, `PUT …/consent`.")
    kind: Literal["muted-first", "required"] = Field(
        description="`muted-first`: a client that has muted its microphone may answer by itself. `required`: the "
        "attendee answers in person."
    )
    actor: str = Field(description="The host or cohost who asks.")
    since: str
    until: str
    remaining_seconds: int


class Attendee(Shape):
    """An attendee, or a user who has not joined yet (`attendeeId` is null). `capabilities` is what the rules give."""

    model_config = example(**ATTENDEE)

    meeting_id: str
    attendee_id: str | None
    external_user_id: str
    display_name: str | None = Field(None, description=NAME)
    role: str | None = Field(description="Null for a user who is banned, or was removed and not admitted again.")
    capabilities: Capabilities
    status: Literal["applied", "pending", "drifted", "gone", "dry-run"] = Field(
        description="Whether Chime has it. `dry-run` only in the answer to a dry run."
    )
    limits: list[Limit] | None = Field(None, description="For hosts, cohosts and the user concerned.")
    hand: RaisedHand | None
    floor: FloorHeld | None
    asked: AskedToUnmute | None = Field(None, description="For hosts, cohosts and the user concerned.")
    revision: str


class Attendees(Shape):
    """A page of attendees."""

    model_config = example(items=[ATTENDEE], nextToken=None)

    items: list[Attendee]
    next_token: str | None = Field(description="The `nextToken` of the next page. Null on the last page.")


class Me(Shape):
    """What the caller may do in the meeting: what to enable in a page."""

    model_config = example(
        role="participant",
        attendee=ATTENDEE,
        may=["mute-self", "raise-hand"],
        modes=[{"id": "open", "label": "open"}],
        roles=[{"id": "participant", "label": "participant"}],
    )

    role: str | None
    attendee: Attendee | None
    may: list[str]
    modes: list[Available] = Field(description="The modes of the policies.")
    roles: list[Available] = Field(description="The roles of the policies.")


class Hand(Shape):
    """A raised hand."""

    external_user_id: str
    display_name: str | None = Field(None, description=NAME)
    attendee_id: str | None
    raised_at: str


class Hands(Shape):
    """The raised hands, oldest first."""

    model_config = example(items=[{"externalUserId": "bob", "attendeeId": ATTENDEE_ID, "raisedAt": RAISED_AT}])

    items: list[Hand]


class Banned(Shape):
    """A ban."""

    external_user_id: str
    display_name: str | None = Field(None, description=NAME)
    actor: str
    reason: str | None
    since: str
    until: str | None


class Bans(Shape):
    """The bans of a meeting."""

    model_config = example(
        items=[{"externalUserId": "dave", "actor": "alice", "reason": "insults", "since": RAISED_AT, "until": None}]
    )

    items: list[Banned]


class Waiting(Shape):
    """A user who waits in the lobby."""

    external_user_id: str
    display_name: str | None = Field(None, description=NAME)
    role: str
    since: str


class Lobby(Shape):
    """The users who wait in the lobby, oldest first."""

    model_config = example(
        items=[{"externalUserId": "eve", "displayName": "Eve Adams", "role": "participant", "since": RAISED_AT}]
    )

    items: list[Waiting]


class CapabilitiesToCreate(BaseModel):
    """As `CreateAttendee` takes them."""

    model_config = ConfigDict(extra="forbid")

    Audio: Word
    Video: Word
    Content: Word


class AdmissionShown(Shape):
    """Whether one user is admitted, and with which capabilities."""

    external_user_id: str
    admitted: bool
    capabilities: CapabilitiesToCreate | None = Field(None, description="Of a user who is admitted.")
    code: Literal["banned", "waiting"] | None = Field(None, description="Why the user is not admitted.")
    ask_again_at: str | None = Field(
        None, description="A host turned the user away: until then, asking again does not reach the hosts."
    )


class AdmissionsAnswer(Shape):
    """The answer to an admission, user by user."""

    model_config = example(
        items=[
            {
                "externalUserId": "bob",
                "admitted": True,
                "capabilities": {"Audio": "SendReceive", "Video": "SendReceive", "Content": "SendReceive"},
            }
        ]
    )

    items: list[AdmissionShown]
    status: Literal["dry-run"] | None = Field(None, description="Only in the answer to a dry run.")
