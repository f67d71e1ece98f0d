"""Made from Gavel's OpenAPI document and its schemas of events and commands by `make contracts`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from .model import Received, Sent


class Actor(Received):
    """Who acted: a user, a service by event, an admin, or Gavel's clock or Chime by themselves."""

    kind: Literal["user", "service", "admin", "clock", "chime"] | str
    id: str
    via: str | None = None
    """The back end that acted on behalf of the user."""

    display_name: str | None = None
    """In events, if `displayNamesInEvents` is on and the user has one. It identifies nobody."""


class Admitted(Sent):
    """A user who asks to be admitted."""

    external_user_id: str
    role: str | None = None
    """Without it, the user keeps their role or has the default role."""

    display_name: str | None = None
    """
    What pages show instead of the ExternalUserId: text in any script, stored in normalization form C without
    spaces around it. Without it, the user keeps the name that they have. A name identifies nobody.
    """


class AskedToUnmute(Received):
    """A request to unmute that waits for the attendee's answer."""

    change_id: str
    """For the answer, `PUT …/consent`."""

    kind: Literal["muted-first", "required"] | str
    """
    `muted-first`: a client that has muted its microphone may answer by itself. `required`: the attendee answers
    in person.
    """

    actor: str
    """The host or cohost who asks."""

    since: datetime
    until: datetime
    remaining_seconds: int


class Available(Received):
    """A mode or a role of the policies."""

    id: str
    label: str


class Ban(Sent):
    """Keeps a user out of the meeting, and removes them if they are in it."""

    reason: str | None = None
    until: datetime | None = None
    """Without it, the ban lasts until it is lifted."""


class BanCommand(Sent):
    """The command `ban`: the fields are those of the REST body."""

    command: Literal["ban"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None
    until: datetime | None = None
    """Without it, the ban lasts until it is lifted."""


class Banned(Received):
    """A ban."""

    external_user_id: str
    display_name: str | None = None
    """The display name, where the user has one. It identifies nobody."""

    actor: str
    reason: str | None
    since: datetime
    until: datetime | None


class Bans(Received):
    """The bans of a meeting."""

    items: list[Banned]


class Binding(Sent):
    """No field is needed."""

    display_name: str | None = None
    """
    What pages show instead of the ExternalUserId: text in any script, stored in normalization form C without
    spaces around it. Without it, the user keeps the name that they have. A name identifies nobody.
    """


class Capabilities(Received):
    """What an attendee may send and receive, in Amazon's words."""

    audio: Literal["SendReceive", "Send", "Receive", "None"] | str
    video: Literal["SendReceive", "Send", "Receive", "None"] | str
    content: Literal["SendReceive", "Send", "Receive", "None"] | str


class CapabilitiesPatch(Sent):
    """Sets each medium that is named: it becomes what is asked for, or the answer is an error."""

    reason: str | None = None
    audio: Literal["SendReceive", "Send", "Receive", "None"] | None = None
    video: Literal["SendReceive", "Send", "Receive", "None"] | None = None
    content: Literal["SendReceive", "Send", "Receive", "None"] | None = None


class CapabilitiesToCreate(Received):
    """As `CreateAttendee` takes them."""

    audio: Annotated[Literal["SendReceive", "Send", "Receive", "None"] | str, Field(alias="Audio")]
    video: Annotated[Literal["SendReceive", "Send", "Receive", "None"] | str, Field(alias="Video")]
    content: Annotated[Literal["SendReceive", "Send", "Receive", "None"] | str, Field(alias="Content")]


class Change(Received):
    """A change, and what became of it."""

    change_id: str
    meeting_id: str
    command: str
    parameters: dict[str, Any]
    actor: Actor
    reason: str | None
    status: Literal["applied", "pending", "refused", "superseded", "abandoned", "declined", "expired", "gone"] | str
    attendee_id: str | None
    external_user_id: str | None
    before: Capabilities | None
    after: Capabilities | None
    effects: list[
        Literal[
            "audio-may-flow",
            "content-audio-may-flow",
            "renegotiation-needed",
            "receive-removed",
            "already-silent",
            "nobody-present",
        ]
        | str
    ]
    decided_at: datetime
    superseded_by: str | None
    awaiting: Literal["consent"] | None
    """What it waits for while it is pending."""

    revision: str


class Changed(Received):
    """What Chime allowed the attendee before, and what it allows now."""

    attendee_id: str | None
    external_user_id: str
    display_name: str | None = None
    """In events, if `displayNamesInEvents` is on and the user has one. It identifies nobody."""

    before: Capabilities
    after: Capabilities
    effects: list[
        Literal[
            "audio-may-flow",
            "content-audio-may-flow",
            "renegotiation-needed",
            "receive-removed",
            "already-silent",
            "nobody-present",
        ]
        | str
    ]


class Concerned(Received):
    """An attendee, or a user who has not joined (`attendeeId` is null)."""

    attendee_id: str | None
    external_user_id: str
    display_name: str | None = None
    """In events, if `displayNamesInEvents` is on and the user has one. It identifies nobody."""


class Consent(Sent):
    """Answers a request to unmute. The attendee answers, or their back end on their behalf."""

    change_id: str
    """The request, as `Unmute Requested` and `asked` name it."""

    accept: bool


class Drifted(Received):
    """What was `found` in Chime, and what is `wanted` by the rules."""

    attendee_id: str | None
    external_user_id: str
    display_name: str | None = None
    """In events, if `displayNamesInEvents` is on and the user has one. It identifies nobody."""

    found: Capabilities
    wanted: Capabilities
    corrected: bool
    """Whether it was put right: wider is put right, narrower is left."""


class End(Sent):
    """Ends the meeting for everybody."""

    reason: str | None = None


class EndCommand(Sent):
    """The command `end`: the fields are those of the REST body."""

    command: Literal["end"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    reason: str | None = None


class EndFloorCommand(Sent):
    """The command `end-floor`: the fields are those of the REST body."""

    command: Literal["end-floor"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None


class FaultShown(Received):
    """What is wrong with one part of a request."""

    pointer: str
    """
    A JSON pointer into the body, `?name` of a query parameter, `{name}` of a part of the path, or the name of a
    header.
    """

    detail: str


class Features(Received):
    """Whether the meeting was created with video and with content."""

    video: bool
    content: bool


class FloorHeld(Received):
    """A turn to speak that is in force."""

    media: list[Literal["audio", "video", "content"] | str]
    since: datetime
    until: datetime
    remaining_seconds: int


class FreezeCommand(Sent):
    """The command `freeze`: the fields are those of the REST body."""

    command: Literal["freeze"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    reason: str | None = None


class GatewayError(Received):
    """An answer of API Gateway itself."""

    message: str


class GrantFloor(Sent):
    """Gives an attendee a turn to speak, through mute-alls and the mode, and lowers their hand."""

    reason: str | None = None
    duration_seconds: int | None = None
    media: list[Literal["audio", "video", "content"]] | None = None
    exclusive: bool | None = None
    """Whether it ends all other floors of these media."""


class GrantFloorCommand(Sent):
    """The command `grant-floor`: the fields are those of the REST body."""

    command: Literal["grant-floor"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None
    duration_seconds: int | None = None
    media: list[Literal["audio", "video", "content"]] | None = None
    exclusive: bool | None = None
    """Whether it ends all other floors of these media."""


class Hand(Received):
    """A raised hand."""

    external_user_id: str
    display_name: str | None = None
    """The display name, where the user has one. It identifies nobody."""

    attendee_id: str | None
    raised_at: datetime


class HandLoweredDetail(Received):
    """A hand was lowered: by the user, by a host or cohost, or by the turn that the user got."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    attendees: list[Concerned]


class HandRaisedDetail(Received):
    """A user asks for a turn to speak."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    attendees: list[Concerned]


class Hands(Received):
    """The raised hands, oldest first."""

    items: list[Hand]


class Health(Received):
    """The API is up."""

    status: Literal["ok"]
    version: str
    """Gavel's version."""


class Hold(Sent):
    """Withholds everything, receiving too, until the attendee is released."""

    reason: str | None = None


class HoldCommand(Sent):
    """The command `hold`: the fields are those of the REST body."""

    command: Literal["hold"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None


class LetIn(Sent):
    """Admits a user who waits in the lobby, or turns them away: they may ask again a minute later."""

    reason: str | None = None
    admit: bool


class Limit(Received):
    """What withholds a capability."""

    media: list[Literal["audio", "video", "content"] | str]
    withholds: Literal["send", "receive"] | str
    by: (
        Literal[
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
        | str
    )
    liftable_by: Literal["self", "host"] | str | None = None
    actor: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    remaining_seconds: int | None = None
    policies: list[str] | None = None


class Live(Received):
    """Where to listen. `docs/live.md` and `docs/asyncapi.json` describe the messages of the connection."""

    url: str
    """Where to open a WebSocket. The ticket is in it."""

    ticket: str
    """Opens one connection."""

    expires_at: datetime
    """The connection has to be opened before this time."""

    cursor: str
    """The `after` of the first message to send."""


class LowerAllHands(Sent):
    """Takes down every raised hand of the meeting."""

    reason: str | None = None


class LowerAllHandsCommand(Sent):
    """The command `lower-all-hands`: the fields are those of the REST body."""

    command: Literal["lower-all-hands"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    reason: str | None = None


class LowerHandCommand(Sent):
    """The command `lower-hand`: the fields are those of the REST body."""

    command: Literal["lower-hand"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None


class LowerHands(Sent):
    """Takes down the raised hand of each."""

    reason: str | None = None
    attendee_ids: list[str] | None = None
    external_user_ids: list[str] | None = None


class MeetingEndedDetail(Received):
    """A host ended the meeting, or Chime no longer has it."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    attendees: list[Concerned]


class MeetingPatch(Sent):
    """Sets what is named; the rest stays as it is."""

    reason: str | None = None
    mode: str | None = None
    frozen: bool | None = None
    default_role: str | None = None
    unmute_consent: Literal["none", "muted-first", "required"] | None = None
    lobby: bool | None = None


class ModerationAbandonedDetail(Received):
    """A widening was given up and its rules were reverted."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    attendees: list[Concerned]
    """Those it was about; empty if it was about the meeting."""


class ModerationDecidedDetail(Received):
    """A command was accepted or refused."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str | None
    """Null if a refused command by event names no registered meeting."""

    external_meeting_id: str | None
    """Null if `meetingId` is."""

    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    verdict: Literal["accepted", "refused"] | str
    policies: list[str]
    """The policies that decided, or `no-permit`."""

    code: str | None
    """Why it was refused."""

    detail: str | None = None
    """Why, in words, for refused commands by event."""

    requested: dict[str, str] | None = None
    """
    For refused commands by event: `command` and the ids of meeting and user as they were sent, shortened. A value
    that is no text is written as JSON.
    """

    parameters: dict[str, Any]
    """The parameters of the command, as in its body."""

    attendees: list[Concerned]
    """Those it is about; empty if it is about the meeting."""


class ModerationDelayedDetail(Received):
    """A change is still pending after 30 seconds; Gavel goes on trying."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    pending_since: datetime
    attendees: list[Concerned] | None = None
    """Those it is about; left out if it is about the meeting."""


class ModerationSupersededDetail(Received):
    """A later change took the place of this one before Chime had it."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    superseded_by: str | None
    attendees: list[Concerned] | None = None
    """Those it was about; left out if it was about the meeting."""


class Mute(Sent):
    """Withholds `send` of the media, until it is lifted or for a time."""

    reason: str | None = None
    media: list[Literal["audio", "video", "content"]] | None = None
    duration_seconds: int | None = None
    """Without it, the mute lasts until it is lifted."""

    liftable_by: Literal["self", "host"] | None = None
    """By default `self` for one's own mute, else `host`."""


class MuteCommand(Sent):
    """The command `mute`: the fields are those of the REST body."""

    command: Literal["mute"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None
    media: list[Literal["audio", "video", "content"]] | None = None
    duration_seconds: int | None = None
    """Without it, the mute lasts until it is lifted."""

    liftable_by: Literal["self", "host"] | None = None
    """By default `self` for one's own mute, else `host`."""


class MuteSelected(Sent):
    """Withholds `send` of the media from each, until it is lifted or for a time."""

    reason: str | None = None
    media: list[Literal["audio", "video", "content"]] | None = None
    duration_seconds: int | None = None
    """Without it, the mute lasts until it is lifted."""

    liftable_by: Literal["self", "host"] | None = None
    """By default `self` for one's own mute, else `host`."""

    attendee_ids: list[str] | None = None
    external_user_ids: list[str] | None = None


class OutcomeShown(Received):
    """What a command on a meeting did to one attendee."""

    attendee_id: str
    external_user_id: str
    outcome: Literal["applied", "unchanged", "spared", "gone", "pending"] | str
    capabilities: Capabilities
    awaiting: Literal["consent"] | None = None
    """What it waits for while it is pending."""

    change_id: str | None = None
    """The request to unmute that waits for the attendee's answer."""


class Problem(Received):
    """An error (RFC 9457). Decide by `code`: the texts may change."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: (
        Literal[
            "invalid-request",
            "not-permitted",
            "banned",
            "waiting",
            "not-found",
            "meeting-not-found",
            "attendee-not-found",
            "change-not-found",
            "method-not-allowed",
            "capability-unavailable",
            "last-host",
            "not-undoable",
            "meeting-ended",
            "no-request",
            "revision-mismatch",
            "payload-too-large",
            "content-needs-video",
            "idempotency-key-reused",
            "too-many-roles",
            "revision-required",
            "too-many",
            "internal-error",
            "chime-refused",
            "busy",
            "contended",
            "outcome-unknown",
        ]
        | str
    )
    errors: list[FaultShown] | None = None
    """With `invalid-request`."""

    policies: list[str] | None = None
    """With `not-permitted`: the policies that forbade it, or `no-permit`."""

    limits: list[Limit] | None = None
    """With `capability-unavailable`: what still withholds it."""

    change_id: str | None = None
    """With `chime-refused`: the change that was reverted; with `outcome-unknown`: the change to look at"""


class RaiseHand(Sent):
    """Asks for a turn to speak."""

    reason: str | None = None


class RaiseHandCommand(Sent):
    """The command `raise-hand`: the fields are those of the REST body."""

    command: Literal["raise-hand"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None


class RaisedHand(Received):
    raised_at: datetime


class Registration(Sent):
    """The settings that a meeting starts with."""

    roles: dict[str, str] | None = None
    """ExternalUserId → role. Without it, the roles stay as they are."""

    default_role: str | None = None
    mode: str | None = None
    unmute_consent: Literal["none", "muted-first", "required"] | None = None
    lobby: bool | None = None


class Release(Sent):
    """Ends a hold: the attendee has again what they had before it."""

    reason: str | None = None


class ReleaseCommand(Sent):
    """The command `release`: the fields are those of the REST body."""

    command: Literal["release"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None


class Remove(Sent):
    """Takes the user out of the meeting on all their devices; with `ban` they stay out."""

    reason: str | None = None
    ban: bool | None = None
    """Whether the user stays out."""

    until: datetime | None = None
    """When the ban ends. Without it, the ban lasts until it is lifted."""


class RemoveCommand(Sent):
    """The command `remove`: the fields are those of the REST body."""

    command: Literal["remove"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None
    ban: bool | None = None
    """Whether the user stays out."""

    until: datetime | None = None
    """When the ban ends. Without it, the ban lasts until it is lifted."""


class RemoveSelected(Sent):
    """Takes each out of the meeting on all their devices; with `ban` they stay out."""

    reason: str | None = None
    ban: bool | None = None
    """Whether the user stays out."""

    until: datetime | None = None
    """When the ban ends. Without it, the ban lasts until it is lifted."""

    attendee_ids: list[str] | None = None
    external_user_ids: list[str] | None = None


class SelectedOutcome(Received):
    """What a command on several users did to one of them."""

    attendee_id: str | None
    """As the request names it, or an attendee of the user."""

    external_user_id: str | None
    """Null if Gavel does not know whose attendee it is."""

    outcome: (
        Literal["applied", "pending", "refused", "superseded", "abandoned", "declined", "expired", "gone"]
        | str
        | Literal["unchanged", "stored", "dry-run"]
    )
    """As the `status` of a command on this user alone. `refused`: `code` and `detail` say why."""

    change_id: str | None = None
    """This user's change. Left out if nothing changed."""

    capabilities: Capabilities | None = None
    effects: (
        list[
            Literal[
                "audio-may-flow",
                "content-audio-may-flow",
                "renegotiation-needed",
                "receive-removed",
                "already-silent",
                "nobody-present",
            ]
            | str
        ]
        | None
    ) = None
    awaiting: Literal["consent"] | None = None
    """What it waits for while it is pending."""

    code: (
        Literal[
            "invalid-request",
            "not-permitted",
            "banned",
            "waiting",
            "not-found",
            "meeting-not-found",
            "attendee-not-found",
            "change-not-found",
            "method-not-allowed",
            "capability-unavailable",
            "last-host",
            "not-undoable",
            "meeting-ended",
            "no-request",
            "revision-mismatch",
            "payload-too-large",
            "content-needs-video",
            "idempotency-key-reused",
            "too-many-roles",
            "revision-required",
            "too-many",
            "internal-error",
            "chime-refused",
            "busy",
            "contended",
            "outcome-unknown",
        ]
        | str
        | None
    ) = None
    detail: str | None = None
    policies: list[str] | None = None
    """With `not-permitted`."""

    limits: list[Limit] | None = None
    """With `capability-unavailable`: what still withholds it."""


class SelectionAnswer(Received):
    """The answer to a command on several attendees and users: one outcome for each, in the order of the request."""

    status: Literal["applied", "pending", "unchanged", "refused", "dry-run"] | str
    """
    `pending` if one of them is pending. `refused` if none was accepted, for different reasons: if the reason is
    the same for all, the answer is that problem.
    """

    outcomes: list[SelectedOutcome]


class SetCapabilitiesCommand(Sent):
    """The command `set-capabilities`: the fields are those of the REST body."""

    command: Literal["set-capabilities"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None
    audio: Literal["SendReceive", "Send", "Receive", "None"] | None = None
    video: Literal["SendReceive", "Send", "Receive", "None"] | None = None
    content: Literal["SendReceive", "Send", "Receive", "None"] | None = None


class SetModeCommand(Sent):
    """The command `set-mode`: the fields are those of the REST body."""

    command: Literal["set-mode"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    reason: str | None = None
    mode: str


class SetRole(Sent):
    """Gives another role. A demotion takes back what the user was given in the old role."""

    reason: str | None = None
    role: str


class SetRoleCommand(Sent):
    """The command `set-role`: the fields are those of the REST body."""

    command: Literal["set-role"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None
    role: str


class SetRoles(Sent):
    """Gives each another role. A demotion takes back what the user was given in the old role."""

    reason: str | None = None
    role: str
    attendee_ids: list[str] | None = None
    external_user_ids: list[str] | None = None


class Spared(Sent):
    """The attendees that a mute-all leaves alone."""

    attendee_ids: list[str] | None = None
    external_user_ids: list[str] | None = None
    roles: list[str] | None = None


class SparedShown(Received):
    """The users and roles that a mute-all leaves alone."""

    external_user_ids: list[str]
    roles: list[str]


class SummaryPart(Received):
    """A piece of text, or a user."""

    text: str | None = None
    external_user_id: str | None = None


class UnbanCommand(Sent):
    """The command `unban`: the fields are those of the REST body."""

    command: Literal["unban"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None


class Undo(Sent):
    """Restores the rules that a change replaced, if no later change replaced them again."""

    reason: str | None = None
    change_id: str


class UndoCommand(Sent):
    """The command `undo`: the fields are those of the REST body."""

    command: Literal["undo"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    reason: str | None = None
    change_id: str


class UnfreezeCommand(Sent):
    """The command `unfreeze`: the fields are those of the REST body."""

    command: Literal["unfreeze"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    reason: str | None = None


class Unmute(Sent):
    """Lifts what withholds `send` of the media, as far as the caller may lift it."""

    reason: str | None = None
    media: list[Literal["audio", "video", "content"]] | None = None


class UnmuteAll(Sent):
    """Lifts the mute-all of the media. The restrictions of single attendees stay."""

    reason: str | None = None
    media: list[Literal["audio", "video", "content"]] | None = None


class UnmuteAllCommand(Sent):
    """The command `unmute-all`: the fields are those of the REST body."""

    command: Literal["unmute-all"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    reason: str | None = None
    media: list[Literal["audio", "video", "content"]] | None = None


class UnmuteAnsweredDetail(Received):
    """An attendee answered a request to unmute, or it expired, or was withdrawn."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    attendees: list[Concerned]
    answer: Literal["accepted", "declined", "expired", "withdrawn"] | str


class UnmuteCommand(Sent):
    """The command `unmute`: the fields are those of the REST body."""

    command: Literal["unmute"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = None
    reason: str | None = None
    media: list[Literal["audio", "video", "content"]] | None = None


class UnmuteRequestedDetail(Received):
    """An attendee is asked to agree to be unmuted."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    attendees: list[Concerned]
    until: datetime


class UnmuteSelected(Sent):
    """Lifts from each what withholds `send` of the media, as far as the caller may lift it."""

    reason: str | None = None
    media: list[Literal["audio", "video", "content"]] | None = None
    attendee_ids: list[str] | None = None
    external_user_ids: list[str] | None = None


class Waiting(Received):
    """A user who waits in the lobby."""

    external_user_id: str
    display_name: str | None = None
    """The display name, where the user has one. It identifies nobody."""

    role: str
    since: datetime


class AdmissionRequestedDetail(Received):
    """Users wait in the lobby."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    attendees: list[Concerned]


class AdmissionShown(Received):
    """Whether one user is admitted, and with which capabilities."""

    external_user_id: str
    admitted: bool
    capabilities: CapabilitiesToCreate | None = None
    """Of a user who is admitted."""

    code: Literal["banned", "waiting"] | str | None = None
    """Why the user is not admitted."""

    ask_again_at: datetime | None = None
    """A host turned the user away: until then, asking again does not reach the hosts."""


class Admissions(Sent):
    """The users to admit."""

    users: list[Admitted]


class AdmissionsAnswer(Received):
    """The answer to an admission, user by user."""

    items: list[AdmissionShown]
    status: Literal["dry-run"] | None = None
    """Only in the answer to a dry run."""


class Attendee(Received):
    """An attendee, or a user who has not joined yet (`attendeeId` is null). `capabilities` is what the rules give."""

    meeting_id: str
    attendee_id: str | None
    external_user_id: str
    display_name: str | None = None
    """The display name, where the user has one. It identifies nobody."""

    role: str | None
    """Null for a user who is banned, or was removed and not admitted again."""

    capabilities: Capabilities
    status: Literal["applied", "pending", "drifted", "gone", "dry-run"] | str
    """Whether Chime has it. `dry-run` only in the answer to a dry run."""

    limits: list[Limit] | None = None
    """For hosts, cohosts and the user concerned."""

    hand: RaisedHand | None
    floor: FloorHeld | None
    asked: AskedToUnmute | None = None
    """For hosts, cohosts and the user concerned."""

    revision: str


class AttendeeCapabilitiesChangedDetail(Received):
    """Chime has the capabilities. A change of many attendees takes several events, each about others."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    attendees: list[Changed]


class AttendeeRemovedDetail(Received):
    """Users were removed from the meeting."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    attendees: list[Concerned]
    banned: bool
    """Whether the user stays out."""


class Attendees(Received):
    """A page of attendees."""

    items: list[Attendee]
    next_token: str | None
    """The `nextToken` of the next page. Null on the last page."""


class ChangeAnswer(Received):
    """The answer to a command on one attendee or user."""

    change_id: str | None
    """Null if nothing changed."""

    status: (
        Literal["applied", "pending", "refused", "superseded", "abandoned", "declined", "expired", "gone"]
        | str
        | Literal["unchanged", "stored", "dry-run"]
    )
    """`stored`: the user is not in the meeting; the rule is kept for when they join."""

    attendee: Attendee | None
    before: Capabilities | None
    after: Capabilities | None
    effects: list[
        Literal[
            "audio-may-flow",
            "content-audio-may-flow",
            "renegotiation-needed",
            "receive-removed",
            "already-silent",
            "nobody-present",
        ]
        | str
    ]
    superseded_by: str | None = None
    """The change that took its place."""

    awaiting: Literal["consent"] | None = None
    """What it waits for while it is pending."""


class DriftFoundDetail(Received):
    """Chime differed from the rules without a command of Gavel's."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    attendees: list[Drifted]


class Entry(Received):
    """
    An entry of the history: the `detail` of an event, with its type and a sentence.  `docs/schemas/events` has
    what each type adds.
    """

    type: str
    """The detail-type of the event, for example `Moderation Decided`."""

    schema_version: Literal["1"]
    entry_id: str
    change_id: str | None
    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    reason: str | None
    revision: str
    summary: str
    """An English sentence for people. It names users by ExternalUserId."""

    summary_parts: list[SummaryPart]
    """The same sentence in parts, so that a page can put names in the place of ids."""


class HandLowered(Received):
    """A hand was lowered: by the user, by a host or cohost, or by the turn that the user got."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Hand Lowered"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: HandLoweredDetail


class HandRaised(Received):
    """A user asks for a turn to speak."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Hand Raised"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: HandRaisedDetail


class History(Received):
    """A page of the history."""

    items: list[Entry]
    cursor: str
    """The `after` of the next page."""


class Lobby(Received):
    """The users who wait in the lobby, oldest first."""

    items: list[Waiting]


class Me(Received):
    """What the caller may do in the meeting: what to enable in a page."""

    role: str | None
    attendee: Attendee | None
    may: list[str]
    modes: list[Available]
    """The modes of the policies."""

    roles: list[Available]
    """The roles of the policies."""


class MeetingEnded(Received):
    """A host ended the meeting, or Chime no longer has it."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Meeting Ended"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: MeetingEndedDetail


class ModerationAbandoned(Received):
    """A widening was given up and its rules were reverted."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Moderation Abandoned"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: ModerationAbandonedDetail


class ModerationDecided(Received):
    """A command was accepted or refused."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Moderation Decided"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: ModerationDecidedDetail


class ModerationDelayed(Received):
    """A change is still pending after 30 seconds; Gavel goes on trying."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Moderation Delayed"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: ModerationDelayedDetail


class ModerationSuperseded(Received):
    """A later change took the place of this one before Chime had it."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Moderation Superseded"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: ModerationSupersededDetail


class MuteAll(Sent):
    """Withholds `send` of the media from everybody but the spared, also from those who join later."""

    reason: str | None = None
    media: list[Literal["audio", "video", "content"]] | None = None
    except_: Annotated[Spared | None, Field(alias="except")] = None
    duration_seconds: int | None = None
    """Without it, the mute-all lasts until it is lifted."""

    liftable_by: Literal["self", "host"] | None = None


class MuteAllCommand(Sent):
    """The command `mute-all`: the fields are those of the REST body."""

    command: Literal["mute-all"]
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    reason: str | None = None
    media: list[Literal["audio", "video", "content"]] | None = None
    except_: Annotated[Spared | None, Field(alias="except")] = None
    duration_seconds: int | None = None
    """Without it, the mute-all lasts until it is lifted."""

    liftable_by: Literal["self", "host"] | None = None


class MuteAllInForce(Received):
    """A mute-all in force, of one medium."""

    media: list[Literal["audio", "video", "content"] | str]
    except_: Annotated[SparedShown | None, Field(alias="except")] = None
    """For hosts and cohosts."""

    liftable_by: Literal["self", "host"] | str
    actor: str | None = None
    """For hosts and cohosts."""

    reason: str | None = None
    """For hosts and cohosts."""

    since: datetime
    until: datetime | None


class MuteAllShown(Received):
    """A mute-all in force, of one medium."""

    media: list[Literal["audio", "video", "content"] | str]
    except_: Annotated[SparedShown, Field(alias="except")]
    liftable_by: Literal["self", "host"] | str
    actor: str
    reason: str | None
    since: datetime
    until: datetime | None


class Rules(Received):
    """The rules of a meeting as a whole."""

    mode: str
    default_role: str
    frozen: bool
    mute_all: list[MuteAllShown]
    unmute_consent: Literal["none", "muted-first", "required"] | str
    lobby: bool


class UnmuteAnswered(Received):
    """An attendee answered a request to unmute, or it expired, or was withdrawn."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Unmute Answered"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: UnmuteAnsweredDetail


class UnmuteRequested(Received):
    """An attendee is asked to agree to be unmuted."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Unmute Requested"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: UnmuteRequestedDetail


class AdmissionRequested(Received):
    """Users wait in the lobby."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Admission Requested"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: AdmissionRequestedDetail


class AttendeeCapabilitiesChanged(Received):
    """Chime has the capabilities. A change of many attendees takes several events, each about others."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Attendee Capabilities Changed"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: AttendeeCapabilitiesChangedDetail


class AttendeeRemoved(Received):
    """Users were removed from the meeting."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Attendee Removed"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: AttendeeRemovedDetail


class DriftFound(Received):
    """Chime differed from the rules without a command of Gavel's."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Drift Found"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: DriftFoundDetail


class Meeting(Received):
    """A registered meeting."""

    meeting_id: str
    external_meeting_id: str
    mode: str
    default_role: str
    frozen: bool
    mute_all: list[MuteAllInForce]
    unmute_consent: Literal["none", "muted-first", "required"] | str
    lobby: bool
    features: Features
    ended_at: datetime | None
    revision: str
    roles: dict[str, str] | None = None
    """ExternalUserId → role. For hosts and cohosts."""

    available_modes: list[Available] | None = None
    """Where the meeting is read."""

    available_roles: list[Available] | None = None
    """Where the meeting is read."""

    registered_at: datetime | None = None
    """Where meetings are listed."""

    status: Literal["dry-run"] | None = None
    """Only in the answer to a dry run."""


class MeetingChangeAnswer(Received):
    """The answer to a command on a meeting, attendee by attendee."""

    change_id: str | None
    """Null if nothing changed."""

    status: (
        Literal["applied", "pending", "refused", "superseded", "abandoned", "declined", "expired", "gone"]
        | str
        | Literal["unchanged", "dry-run"]
    )
    outcomes: list[OutcomeShown]
    meeting: Meeting
    unknown: list[str] | None = None
    """Those `except.attendeeIds` that neither Gavel nor Chime knows. Left out if there are none."""

    superseded_by: str | None = None
    """The change that took its place."""

    awaiting: Literal["consent"] | None = None
    """What it waits for while it is pending."""


class MeetingModerationChangedDetail(Received):
    """Mode, freeze, mute-alls or settings have changed, and the change is applied."""

    schema_version: Literal["1"]
    entry_id: str
    """An event may come twice: drop it if you have seen its `entryId`."""

    change_id: str | None
    """The same in all events of one change."""

    meeting_id: str
    external_meeting_id: str
    occurred_at: datetime
    actor: Actor
    command: str
    """The name of a command, or `drift`; `unknown` if the event named no command."""

    reason: str | None
    revision: str
    """Tells which of two events is newer: `m` counts the meeting's, `p` the user's."""

    before: Rules | None
    """Null for a meeting that was just registered."""

    after: Rules


class Meetings(Received):
    """A page of registered meetings."""

    items: list[Meeting]
    next_token: str | None


class MeetingModerationChanged(Received):
    """Mode, freeze, mute-alls or settings have changed, and the change is applied."""

    version: Literal["0"]
    id: str
    detail_type: Annotated[Literal["Meeting Moderation Changed"], Field(alias="detail-type")]
    source: Literal["gavel"]
    account: str
    time: datetime
    region: str
    resources: list[str]
    detail: MeetingModerationChangedDetail
