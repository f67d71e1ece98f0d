"""Documents about changes, the history and live updates, and the problem."""

from typing import Annotated, Literal

from host_api.problems import KINDS
from moderation.models.fields import example
from pydantic import ConfigDict, Field, RootModel

from contracts.event_models import Actor, Capabilities, Effect, Shape

from .attendees import Attendee, Limit
from .examples import ATTENDEE, ATTENDEE_ID, CHANGE_ID, CURSOR, EVERYTHING, MEETING, MEETING_ID, MUTED, RAISED_AT
from .meetings import Meeting

ChangeStatus = Literal["applied", "pending", "refused", "superseded", "abandoned", "declined", "expired", "gone"]
Awaited = Literal["consent"]


class ChangeAnswer(Shape):
    """The answer to a command on one attendee or user."""

    model_config = example(
        changeId=CHANGE_ID,
        status="applied",
        attendee=ATTENDEE,
        before=EVERYTHING,
        after=MUTED,
        effects=["content-audio-may-flow"],
    )

    change_id: str | None = Field(description="Null if nothing changed.")
    status: ChangeStatus | Literal["unchanged", "stored", "dry-run"] = Field(
        description="`stored`: the user is not in the meeting; the rule is kept for when they join."
    )
    attendee: Attendee | None
    before: Capabilities | None
    after: Capabilities | None
    effects: list[Effect]
    superseded_by: str | None = Field(None, description="The change that took its place.")
    awaiting: Awaited | None = Field(None, description="What it waits for while it is pending.")


class OutcomeShown(Shape):
    """What a command on a meeting did to one attendee."""

    attendee_id: str
    external_user_id: str
    outcome: Literal["applied", "unchanged", "spared", "gone", "pending"]
    capabilities: Capabilities
    awaiting: Awaited | None = Field(None, description="What it waits for while it is pending.")
    change_id: str | None = Field(None, description="The request to unmute that waits for the attendee's answer.")


class MeetingChangeAnswer(Shape):
    """The answer to a command on a meeting, attendee by attendee."""

    model_config = example(
        changeId=CHANGE_ID,
        status="applied",
        outcomes=[{"attendeeId": ATTENDEE_ID, "externalUserId": "bob", "outcome": "applied", "capabilities": MUTED}],
        meeting=MEETING,
    )

    change_id: str | None = Field(description="Null if nothing changed.")
    status: ChangeStatus | Literal["unchanged", "dry-run"]
    outcomes: list[OutcomeShown]
    meeting: Meeting
    unknown: list[str] | None = Field(
        None, description="Those `except.attendeeIds` that neither Gavel nor Chime knows. Left out if there are none."
    )
    superseded_by: str | None = Field(None, description="The change that took its place.")
    awaiting: Awaited | None = Field(None, description="What it waits for while it is pending.")


class SelectedOutcome(Shape):
    """What a command on several users did to one of them."""

    attendee_id: str | None = Field(description="As the request names it, or an attendee of the user.")
    external_user_id: str | None = Field(description="Null if Gavel does not know whose attendee it is.")
    outcome: ChangeStatus | Literal["unchanged", "stored", "dry-run"] = Field(
        description="As the `status` of a command on this user alone. `refused`: `code` and `detail` say why."
    )
    change_id: str | None = Field(None, description="This user's change. Left out if nothing changed.")
    capabilities: Capabilities | None = None
    effects: list[Effect] | None = None
    awaiting: Awaited | None = Field(None, description="What it waits for while it is pending.")
    code: Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})] | None = None
    detail: str | None = None
    policies: list[str] | None = Field(None, description="With `not-permitted`.")
    limits: list[Limit] | None = Field(None, description="With `capability-unavailable`: what still withholds it.")


class SelectionAnswer(Shape):
    """The answer to a command on several attendees and users: one outcome for each, in the order of the request."""

    model_config = example(
        status="applied",
        outcomes=[
            {
                "attendeeId": ATTENDEE_ID,
                "externalUserId": "bob",
                "outcome": "applied",
                "changeId": CHANGE_ID,
                "capabilities": MUTED,
            },
            {
                "attendeeId": None,
                "externalUserId": "carol",
                "outcome": "refused",
                "code": "attendee-not-found",
                "detail": "The meeting has no such attendee or user.",
            },
        ],
    )

    status: Literal["applied", "pending", "unchanged", "refused", "dry-run"] = Field(
        description="`pending` if one of them is pending. `refused` if none was accepted, for different reasons: if "
        "the reason is the same for all, the answer is that problem."
    )
    outcomes: list[SelectedOutcome]


class UndoAnswer(RootModel[ChangeAnswer | MeetingChangeAnswer]):
    """As the change was answered that is undone: a command on one attendee, or on the meeting."""

    model_config = example(
        changeId=CHANGE_ID, status="applied", attendee=ATTENDEE, before=MUTED, after=EVERYTHING, effects=[]
    )


class Change(Shape):
    """A change, and what became of it."""

    model_config = example(
        changeId=CHANGE_ID,
        meetingId=MEETING_ID,
        command="mute",
        parameters={"media": ["audio"]},
        actor={"kind": "user", "id": "alice"},
        reason="background noise",
        status="applied",
        attendeeId=ATTENDEE_ID,
        externalUserId="bob",
        before=EVERYTHING,
        after=MUTED,
        effects=[],
        decidedAt=RAISED_AT,
        supersededBy=None,
        awaiting=None,
        revision="p3.m7",
    )

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
    awaiting: Awaited | None = Field(description="What it waits for while it is pending.")
    revision: str


class SummaryPart(Shape):
    """A piece of text, or a user."""

    text: str | None = None
    external_user_id: str | None = None


class Entry(Shape):
    """An entry of the history: the `detail` of an event, with its type and a sentence.

    `docs/schemas/events` has what each type adds.
    """

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="The detail-type of the event, for example `Moderation Decided`.")
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
    summary: str = Field(description="An English sentence for people. It names users by ExternalUserId.")
    summary_parts: list[SummaryPart] = Field(
        description="The same sentence in parts, so that a page can put names in the place of ids."
    )


class History(Shape):
    """A page of the history."""

    model_config = example(
        items=[
            {
                "type": "Moderation Decided",
                "schemaVersion": "1",
                "entryId": "01M86Q9NZR0G2V5T8W3Y6A4C1F",
                "changeId": CHANGE_ID,
                "meetingId": MEETING_ID,
                "externalMeetingId": "lecture",
                "occurredAt": RAISED_AT,
                "actor": {"kind": "user", "id": "alice"},
                "command": "mute",
                "reason": "background noise",
                "revision": "p3.m7",
                "verdict": "accepted",
                "summary": "alice muted bob's microphone: background noise",
                "summaryParts": [
                    {"externalUserId": "alice"},
                    {"text": " muted "},
                    {"externalUserId": "bob"},
                    {"text": "'s microphone"},
                    {"text": ": background noise"},
                ],
            }
        ],
        cursor=CURSOR,
    )

    items: list[Entry]
    cursor: str = Field(description="The `after` of the next page.")


class Live(Shape):
    """Where to listen. `docs/live.md` and `docs/asyncapi.json` describe the messages of the connection."""

    model_config = example(
        url="wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/live?ticket=ilmd_iCBu3ca",
        ticket="ilmd_iCBu3ca",
        expiresAt=RAISED_AT,
        cursor=CURSOR,
    )

    url: str = Field(description="Where to open a WebSocket. The ticket is in it.")
    ticket: str = Field(description="Opens one connection.")
    expires_at: str = Field(description="The connection has to be opened before this time.")
    cursor: str = Field(description="The `after` of the first message to send.")


class FaultShown(Shape):
    """What is wrong with one part of a request."""

    pointer: str = Field(
        description="A JSON pointer into the body, `?name` of a query parameter, `{name}` of a part of the path, "
        "or the name of a header."
    )
    detail: str


class Problem(Shape):
    """An error (RFC 9457). Decide by `code`: the texts may change."""

    model_config = example(
        type="urn:gavel:problem:not-permitted",
        title="Not permitted",
        status=403,
        detail="The policies do not permit `mute` here.",
        instance=f"/meetings/{MEETING_ID}/users/bob/mute",
        code="not-permitted",
        policies=["no-permit"],
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})]
    errors: list[FaultShown] | None = Field(None, description="With `invalid-request`.")
    policies: list[str] | None = Field(
        None, description="With `not-permitted`: the policies that forbade it, or `no-permit`."
    )
    limits: list[Limit] | None = Field(None, description="With `capability-unavailable`: what still withholds it.")
    change_id: str | None = Field(
        None,
        description="With `chime-refused`: the change that was reverted; with `outcome-unknown`: the change to look at",
    )


class Health(Shape):
    """The API is up."""

    model_config = example(status="ok", version="1.0.0")

    status: Literal["ok"]
    version: str = Field(description="Gavel's version.")
