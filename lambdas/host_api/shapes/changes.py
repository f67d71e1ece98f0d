"""What has become of a command, and what the history tells of it."""

from typing import Annotated, Literal

from moderation.models.events import Actor, Capabilities, Effect, Shape
from pydantic import ConfigDict, Field, RootModel

from ..problems import KINDS
from .meetings import Meeting
from .people import Attendee, Limit

ChangeStatus = Literal["applied", "pending", "refused", "superseded", "abandoned", "declined", "expired", "gone"]
Awaited = Literal["consent"]


class ChangeAnswer(Shape):
    change_id: str | None = Field(description="null where nothing was changed")
    status: ChangeStatus | Literal["unchanged", "stored", "dry-run"] = Field(
        description="`stored`: nobody of this name is in the meeting; the rule is kept for when they join"
    )
    attendee: Attendee | None
    before: Capabilities | None
    after: Capabilities | None
    effects: list[Effect]
    superseded_by: str | None = Field(None, description="the change that took its place")
    awaiting: Awaited | None = Field(None, description="what it waits for, while it is pending")


class OutcomeShown(Shape):
    """What has become of one seat."""

    attendee_id: str
    external_user_id: str
    outcome: Literal["applied", "unchanged", "spared", "gone", "pending"]
    capabilities: Capabilities
    awaiting: Awaited | None = Field(None, description="what a pending one waits for")
    change_id: str | None = Field(None, description="the request that waits for the person's answer")


class MeetingChangeAnswer(Shape):
    change_id: str | None = Field(description="null where nothing was changed")
    status: ChangeStatus | Literal["unchanged", "dry-run"]
    outcomes: list[OutcomeShown]
    meeting: Meeting
    unknown: list[str] | None = Field(
        None, description="`except.attendeeIds` of which neither Gavel nor Chime knows; left out if there are none"
    )
    superseded_by: str | None = Field(None, description="the change that took its place")
    awaiting: Awaited | None = Field(None, description="what it waits for, while it is pending")


class UndoAnswer(RootModel[ChangeAnswer | MeetingChangeAnswer]):
    """As the undone change was answered: of one person, or of the meeting."""


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
    awaiting: Awaited | None = Field(description="what it waits for, while it is pending")
    revision: str


class Entry(Shape):
    """What each type adds is in `docs/schemas/events`; it is the `detail` of the event of that type."""

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
    change_id: str | None = Field(
        None,
        description="with `chime-refused`: the change taken back; with `outcome-unknown`: the one to look at",
    )


class Health(Shape):
    status: Literal["ok"]
    version: str = Field(description="Gavel's version")
