"""The document about a meeting as a whole."""

from typing import Literal

from moderation.models import MediumName
from moderation.models.fields import example
from pydantic import Field

from contracts.event_models import Shape, SparedShown

from .examples import MEETING, REGISTERED_AT


class Features(Shape):
    """Whether the meeting was created with video and with content."""

    video: bool
    content: bool


class MuteAllInForce(Shape):
    """A mute-all in force, of one medium."""

    media: list[MediumName]
    spared: SparedShown | None = Field(None, alias="except", description="For hosts and cohosts.")
    liftable_by: Literal["self", "host"]
    actor: str | None = Field(None, description="For hosts and cohosts.")
    reason: str | None = Field(None, description="For hosts and cohosts.")
    since: str
    until: str | None


class Available(Shape):
    """A mode or a role of the policies."""

    id: str
    label: str


class Meeting(Shape):
    """A registered meeting."""

    model_config = example(**MEETING)

    meeting_id: str
    external_meeting_id: str
    mode: str
    default_role: str
    frozen: bool
    mute_all: list[MuteAllInForce]
    unmute_consent: Literal["none", "muted-first", "required"]
    lobby: bool
    features: Features
    ended_at: str | None
    revision: str
    roles: dict[str, str] | None = Field(None, description="ExternalUserId → role. For hosts and cohosts.")
    available_modes: list[Available] | None = Field(None, description="Where the meeting is read.")
    available_roles: list[Available] | None = Field(None, description="Where the meeting is read.")
    registered_at: str | None = Field(None, description="Where meetings are listed.")
    status: Literal["dry-run"] | None = Field(None, description="Only in the answer to a dry run.")


class Meetings(Shape):
    """A page of registered meetings."""

    model_config = example(items=[MEETING | {"registeredAt": REGISTERED_AT}], nextToken=None)

    items: list[Meeting]
    next_token: str | None
