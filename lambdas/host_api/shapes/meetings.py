"""The meeting as a whole."""

from typing import Literal

from moderation.bodies import MediumName
from pydantic import Field

from .people import Shape


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
