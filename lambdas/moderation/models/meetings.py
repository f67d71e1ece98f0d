"""The meeting as a whole."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from ..domain import commands
from ..domain.actor import COHOST, HOST
from ..domain.meeting import UnmuteConsent
from ..domain.restriction import LiftableBy
from .fields import (
    Asking,
    AttendeeId,
    Body,
    ChangeId,
    EverydayRole,
    Lifter,
    Media,
    Name,
    Reasoned,
    Seconds,
    UserId,
    fault,
    media_of,
    unique,
    unsaid,
)

MOST_NAMED = 1000
"""Users that one registration may name."""
MOST_SPARED = 250
"""People one mute-all may spare by name: as many as a meeting holds, and a few kilobytes in its record."""
MOST_ADMITTED = 100


class Registration(Body):
    roles: dict[UserId, Name] | None = Field(
        None, max_length=MOST_NAMED, description="ExternalUserId → role; left out, the roles stay as they are"
    )
    default_role: EverydayRole = "participant"
    mode: Name = "open"
    unmute_consent: Asking = "none"
    lobby: bool = False

    def command(self) -> commands.Register:
        consent = UnmuteConsent(self.unmute_consent)
        return commands.Register(self.roles, self.default_role, self.mode, consent, self.lobby)


class Spared(BaseModel):
    """Whom a mute-all leaves alone."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)

    attendee_ids: list[AttendeeId] = Field(default=[], max_length=MOST_SPARED)
    external_user_ids: list[UserId] = Field(default=[], max_length=MOST_SPARED)
    roles: list[Name] = [HOST, COHOST]

    @model_validator(mode="after")
    def _are_not_too_many(self) -> "Spared":
        if len(self.attendee_ids) + len(self.external_user_ids) > MOST_SPARED:
            raise fault(f"at most {MOST_SPARED} people by name")
        return self


class MuteAll(Reasoned):
    media: Media = Field(["audio"])
    spared: Spared = Field(default=Spared(), alias="except")
    duration_seconds: Seconds | None = Field(None, description="until lifted, where it is left out")
    liftable_by: Lifter = "host"

    def command(self) -> commands.MuteEverybody:
        """Somebody is spared once, however often he is named: a roster lists who shares his screen twice."""
        return commands.MuteEverybody(
            media=media_of(self.media),
            spared_roles=tuple(dict.fromkeys(self.spared.roles)),
            spared_users=tuple(dict.fromkeys(self.spared.external_user_ids)),
            spared_attendees=tuple(dict.fromkeys(self.spared.attendee_ids)),
            seconds=self.duration_seconds,
            reason=self.reason,
            liftable_by=LiftableBy(self.liftable_by),
        )


class UnmuteAll(Reasoned):
    media: Media = Field(["audio"])

    def command(self) -> commands.UnmuteEverybody:
        return commands.UnmuteEverybody(media_of(self.media), self.reason)


class MeetingPatch(Reasoned):
    """What is named becomes so, the rest stays."""

    NAMES: ClassVar = ("mode", "frozen", "default_role", "unmute_consent", "lobby")
    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": [to_camel(name)]} for name in NAMES]})

    mode: Name = Field("open", json_schema_extra=unsaid)
    frozen: bool = Field(default=False, json_schema_extra=unsaid)
    default_role: EverydayRole = Field("participant", json_schema_extra=unsaid)
    unmute_consent: Asking = Field("none", json_schema_extra=unsaid)
    lobby: bool = Field(default=False, json_schema_extra=unsaid)

    @model_validator(mode="after")
    def _names_something(self) -> "MeetingPatch":
        if not self.model_fields_set & set(self.NAMES):
            raise fault("at least one of `mode`, `frozen`, `defaultRole`, `unmuteConsent` and `lobby`")
        return self

    def command(self) -> commands.SetMeeting:
        said = {name: getattr(self, name) for name in self.NAMES if name in self.model_fields_set}
        if "unmute_consent" in said:
            said["unmute_consent"] = UnmuteConsent(self.unmute_consent)
        return commands.SetMeeting(**said, reason=self.reason)


class Admitted(BaseModel):
    """Somebody who may come in."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)

    external_user_id: UserId
    role: Name | None = Field(None, description="left out: he keeps his, or has the meeting's default")


def _each_once(people: list[Admitted]) -> list[Admitted]:
    """Who is named twice is admitted once, if it is with one role."""
    once = list(dict.fromkeys((person.external_user_id, person.role) for person in people))
    unique([user_id for user_id, _ in once])
    return people


class Admissions(Body):
    users: Annotated[list[Admitted], Field(min_length=1, max_length=MOST_ADMITTED), AfterValidator(_each_once)]

    def command(self) -> commands.Admit:
        return commands.Admit({person.external_user_id: person.role for person in self.users})


class Undo(Reasoned):
    change_id: ChangeId

    def command(self) -> commands.Undo:
        return commands.Undo(self.change_id, self.reason)


class End(Reasoned):
    def command(self) -> commands.End:
        return commands.End(self.reason)
