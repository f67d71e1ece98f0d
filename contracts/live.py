"""The messages on the WebSocket of live updates: `docs/live.md` explains them."""

from typing import Literal

from pydantic import ConfigDict, Field

from contracts.event_models import Shape
from contracts.responses import Attendee, Entry, Me, Meeting


class Listen(Shape):
    """Asks for a snapshot and for the changes that follow it. Send it again every five minutes."""

    action: Literal["listen"]
    after: str | None = Field(None, description="The last `cursor`. With it the snapshot has the entries since then.")


class RoleOfUser(Shape):
    """A role in a meeting with too many of them for one document."""

    external_user_id: str
    role: str


class Seen(Shape):
    """What a message may show. Each document is as the REST API shows it to the same user."""

    part: int = Field(ge=1, description="Counts the messages of one snapshot or change.")
    meeting: Meeting | None = None
    roles: list[RoleOfUser] | None = Field(None, description="Where `meeting` is too large to have its `roles`.")
    me: Me | None = None
    attendees: list[Attendee] | None = None
    entries: list[Entry] | None = None
    cursor: str | None = Field(None, description="In the last part: the `after` of the next `listen`.")


class Snapshot(Seen):
    """The meeting as it is. Part 1 replaces all attendees, further parts add to them."""

    type: Literal["snapshot"]
    complete: Literal[True] | None = Field(None, description="In the last part.")
    more: bool | None = Field(None, description="In the last part: whether entries are left, so `listen` again.")


class ChangeSeen(Seen):
    """What is different now. The newest state counts."""

    type: Literal["change"]


class LobbyStatus(Shape):
    """What becomes of a user who waits in the lobby."""

    type: Literal["lobby"]
    part: Literal[1]
    status: Literal["waiting", "admitted"]
    since: str | None = None


class Closed(Shape):
    """Gavel closes the connection after this message."""

    type: Literal["closed"]
    part: Literal[1]
    code: Literal["banned", "not-permitted", "turned-away", "lobby-off", "too-many-connections"]


class Message(Shape):
    """For a check of any message that Gavel sends."""

    model_config = ConfigDict(extra="forbid")

    message: Snapshot | ChangeSeen | LobbyStatus | Closed = Field(discriminator="type")


FROM_GAVEL = {"snapshot": Snapshot, "change": ChangeSeen, "lobby": LobbyStatus, "closed": Closed}
FROM_PAGES = {"listen": Listen}
