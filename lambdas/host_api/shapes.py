"""What callers are shown, for the API's description and for the tests that hold every answer against it.

Imported only when somebody asks for the description: answers are plain documents.
"""

from typing import Annotated, Literal

from moderation.bodies import MediumName, Word
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from .problems import KINDS

Effect = Literal[
    "audio-may-flow", "content-audio-may-flow", "renegotiation-needed", "receive-removed", "already-silent"
]
ChangeStatus = Literal["applied", "pending", "refused", "superseded", "abandoned", "declined", "expired", "gone"]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class Capabilities(Shape):
    """In Amazon's words."""

    audio: Word
    video: Word
    content: Word


class Limit(Shape):
    """What withholds something."""

    media: list[MediumName]
    withholds: Literal["send", "receive"]
    by: Literal[
        "restriction", "mute-all", "grant", "policy", "freeze", "meeting-feature", "content-needs-video", "hold"
    ]
    liftable_by: Literal["self", "host"] | None = None
    actor: str | None = None
    reason: str | None = None
    since: str | None = None
    until: str | None = None
    remaining_seconds: int | None = None
    policies: list[str] | None = None


class Attendee(Shape):
    """A seat, or a person who has none yet (`attendeeId` is null). `capabilities` is what the rules give."""

    meeting_id: str
    attendee_id: str | None
    external_user_id: str
    role: str
    capabilities: Capabilities
    status: Literal["applied", "pending", "drifted", "gone", "dry-run"] = Field(
        description="whether Chime has it; `dry-run` in the answer to a dry run alone"
    )
    limits: list[Limit] | None = Field(None, description="for moderators and the person himself")
    hand: dict[str, object] | None
    floor: dict[str, object] | None
    revision: str


class Attendees(Shape):
    items: list[Attendee]
    next_token: str | None = Field(description="pass it as `nextToken` to go on from here; null: this was all")


class Features(Shape):
    video: bool
    content: bool


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


class Meeting(Shape):
    meeting_id: str
    external_meeting_id: str
    mode: str
    default_role: str
    frozen: bool
    mute_all: list[MuteAllShown]
    unmute_consent: Literal["none", "muted-first", "required"]
    lobby: bool
    features: Features
    ended_at: str | None
    revision: str
    roles: dict[str, str] | None = Field(None, description="ExternalUserId → role; for moderators")
    status: Literal["dry-run"] | None = Field(None, description="in the answer to a dry run alone")


class Me(Shape):
    role: str | None
    attendee: Attendee | None
    may: list[str]


class ChangeAnswer(Shape):
    change_id: str | None = Field(description="null where nothing was changed")
    status: ChangeStatus | Literal["unchanged", "dry-run"]
    attendee: Attendee | None
    before: Capabilities | None
    after: Capabilities | None
    effects: list[Effect]
    superseded_by: str | None = Field(None, description="the change that took its place")


class OutcomeShown(Shape):
    """What has become of one seat."""

    attendee_id: str
    external_user_id: str
    outcome: Literal["applied", "unchanged", "spared", "gone", "pending"]
    capabilities: Capabilities


class MeetingChangeAnswer(Shape):
    change_id: str | None = Field(description="null where nothing was changed")
    status: ChangeStatus | Literal["unchanged", "dry-run"]
    outcomes: list[OutcomeShown]
    meeting: Meeting
    superseded_by: str | None = Field(None, description="the change that took its place")


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


class AdmissionsAnswer(Shape):
    items: list[AdmissionShown]
    status: Literal["dry-run"] | None = Field(None, description="in the answer to a dry run alone")


class Actor(Shape):
    kind: Literal["user", "service", "admin", "clock", "chime"]
    id: str
    via: str | None = Field(None, description="the back end that acts for the person")


class Change(Shape):
    change_id: str
    meeting_id: str
    command: str
    parameters: dict[str, object]
    actor: Actor
    reason: str | None
    status: ChangeStatus
    attendee_id: str | None
    external_user_id: str | None
    before: Capabilities | None
    after: Capabilities | None
    effects: list[Effect]
    decided_at: str
    superseded_by: str | None
    revision: str


class Entry(Shape):
    """What each type adds, `docs/events` says; it is the `detail` of the event of that type."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="the detail-type of the event, for example `Moderation Decided`")
    schema_version: Literal["1"]
    entry_id: str
    change_id: str | None
    meeting_id: str
    external_meeting_id: str
    occurred_at: str
    actor: Actor
    command: str
    reason: str | None
    revision: str
    summary: str


class History(Shape):
    items: list[Entry]
    cursor: str = Field(description="pass it as `after` to go on from here")


class Live(Shape):
    """What is said on the connection, `docs/live.md` says."""

    url: str = Field(description="open a WebSocket here; the ticket is in it")
    ticket: str = Field(description="good for one connection")
    expires_at: str = Field(description="until when the connection has to be opened")
    cursor: str = Field(description="of this moment: what `after` means in the first message")


class FaultShown(Shape):
    pointer: str = Field(
        description="a JSON pointer into the body, `?name` of a query parameter, `{name}` of a part of the path, "
        "or the name of a header"
    )
    detail: str


class Problem(Shape):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})]
    errors: list[FaultShown] | None = Field(None, description="with `invalid-request`")
    policies: list[str] | None = Field(None, description="with `not-permitted`: those that forbade, or `no-permit`")
    limits: list[Limit] | None = Field(None, description="with `capability-unavailable`: what still withholds")
    change_id: str | None = Field(None, description="the change that was taken back, with `chime-refused`")


class Health(Shape):
    status: Literal["ok"]


SHOWN: tuple[type[Shape], ...] = (
    AdmissionsAnswer, Attendee, Attendees, Change, ChangeAnswer, Health, History, Live, Me, Meeting,
    MeetingChangeAnswer, Problem,
)  # fmt: skip
