"""The meeting as a whole."""

from typing import Literal

from moderation.models.events import MuteAllShown, Shape
from pydantic import Field


class Features(Shape):
    video: bool
    content: bool


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
