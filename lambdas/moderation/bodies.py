"""What doors take as bodies, whichever way they come. Strict: a `"300"` is no number, an unknown key is an error."""

from collections.abc import Hashable
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from . import ids
from .core import command as commands
from .core.actor import COHOST, HOST
from .core.capability import Medium, of_word
from .core.decision import MAX_SECONDS
from .core.meeting import UnmuteConsent
from .core.restriction import LiftableBy

MOST_NAMED = 90
"""People one registration may name: they are written in one transaction."""
MOST_SPARED = 250
"""People one mute-all may spare by name: as many as a meeting holds, and a few kilobytes in its record."""
MOST_ADMITTED = 100
T = TypeVar("T", bound=Hashable)


def fault(detail: str) -> PydanticCustomError:
    return PydanticCustomError("gavel", "{detail}", {"detail": detail})


def _unique(items: list[T]) -> list[T]:
    if len(set(items)) < len(items):
        raise fault("each one once")
    return items


def _user_id(text: str) -> str:
    try:
        return ids.external_user_id(text)
    except ids.Malformed as malformed:
        raise fault(str(malformed)) from None


def _attendee_id(text: str) -> str:
    try:
        return ids.attendee_id(text)
    except ids.Malformed as malformed:
        raise fault(str(malformed)) from None


def _everyday_role(role: str) -> str:
    if role in (HOST, COHOST):
        raise fault("the default role can't be `host` or `cohost`")
    return role


MediumName = Literal["audio", "video", "content"]
Word = Literal["SendReceive", "Send", "Receive", "None"]
Media = Annotated[
    list[MediumName], Field(min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_unique)
]
Reason = Annotated[str, StringConstraints(max_length=500)]
Seconds = Annotated[int, Field(ge=1, le=MAX_SECONDS)]
UserId = Annotated[str, Field(min_length=2, max_length=64), AfterValidator(_user_id)]
AttendeeId = Annotated[str, AfterValidator(_attendee_id)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
"""A role or a mode. Which ones there are is said in the policies' schema, so the moderator knows."""
EverydayRole = Annotated[Name, AfterValidator(_everyday_role)]
Consent = Literal["none", "muted-first", "required"]
Lifter = Literal["self", "host"]


def _unsaid(schema: dict[str, Any]) -> None:
    """A default that stands for nothing said is no default to tell of."""
    del schema["default"]


class Body(BaseModel):
    """A body that is a command."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, defer_build=True)

    def command(self) -> commands.Command:
        raise NotImplementedError


class Mute(Body):
    media: Media = ["audio"]
    duration_seconds: Seconds | None = Field(None, description="until lifted, where it is left out")
    reason: Reason | None = None
    liftable_by: Lifter = Field(
        "host", json_schema_extra=_unsaid, description="left out: `self` for one's own mute, else `host`"
    )

    def command(self) -> commands.Mute:
        said = LiftableBy(self.liftable_by) if "liftable_by" in self.model_fields_set else None
        return commands.Mute(_media(self.media), self.duration_seconds, self.reason, said)


class Unmute(Body):
    media: Media = ["audio"]
    reason: Reason | None = None

    def command(self) -> commands.Unmute:
        return commands.Unmute(_media(self.media), self.reason)


class CapabilitiesPatch(Body):
    """Make it so: what is asked for is what results, or the answer is an error."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": [medium.value]} for medium in Medium]})

    audio: Word = Field("SendReceive", json_schema_extra=_unsaid)
    video: Word = Field("SendReceive", json_schema_extra=_unsaid)
    content: Word = Field("SendReceive", json_schema_extra=_unsaid)
    reason: Reason | None = None

    @model_validator(mode="after")
    def _names_a_medium(self) -> "CapabilitiesPatch":
        if not self._named():
            raise fault("at least one of `audio`, `video` and `content`")
        return self

    def _named(self) -> dict[Medium, str]:
        return {medium: getattr(self, medium.value) for medium in Medium if medium.value in self.model_fields_set}

    def command(self) -> commands.SetCapabilities:
        wanted = {medium: of_word(medium, word) for medium, word in self._named().items()}
        return commands.SetCapabilities(wanted, self.reason)


class Registration(Body):
    roles: dict[UserId, Name] | None = Field(
        None, max_length=MOST_NAMED, description="ExternalUserId → role; left out, the roles stay as they are"
    )
    default_role: EverydayRole = "participant"
    mode: Name = "open"
    unmute_consent: Consent = "none"
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


class MuteAll(Body):
    media: Media = ["audio"]
    spared: Spared = Field(default=Spared(), alias="except")
    duration_seconds: Seconds | None = Field(None, description="until lifted, where it is left out")
    reason: Reason | None = None
    liftable_by: Lifter = "host"

    def command(self) -> commands.MuteEverybody:
        """Somebody is spared once, however often he is named: a roster lists who shares his screen twice."""
        return commands.MuteEverybody(
            media=_media(self.media),
            spared_roles=tuple(dict.fromkeys(self.spared.roles)),
            spared_users=tuple(dict.fromkeys(self.spared.external_user_ids)),
            spared_attendees=tuple(dict.fromkeys(self.spared.attendee_ids)),
            seconds=self.duration_seconds,
            reason=self.reason,
            liftable_by=LiftableBy(self.liftable_by),
        )


class UnmuteAll(Body):
    media: Media = ["audio"]
    reason: Reason | None = None

    def command(self) -> commands.UnmuteEverybody:
        return commands.UnmuteEverybody(_media(self.media), self.reason)


class MeetingPatch(Body):
    """What is named becomes so, the rest stays."""

    NAMES: ClassVar = ("mode", "frozen", "default_role", "unmute_consent", "lobby")
    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": [to_camel(name)]} for name in NAMES]})

    mode: Name = Field("open", json_schema_extra=_unsaid)
    frozen: bool = Field(default=False, json_schema_extra=_unsaid)
    default_role: EverydayRole = Field("participant", json_schema_extra=_unsaid)
    unmute_consent: Consent = Field("none", json_schema_extra=_unsaid)
    lobby: bool = Field(default=False, json_schema_extra=_unsaid)
    reason: Reason | None = None

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
    _unique([person.external_user_id for person in people])
    return people


class Admissions(Body):
    users: Annotated[list[Admitted], Field(min_length=1, max_length=MOST_ADMITTED), AfterValidator(_each_once)]

    def command(self) -> commands.Admit:
        return commands.Admit({person.external_user_id: person.role for person in self.users})


class Binding(Body):
    """Nothing has to be said."""

    def command(self) -> commands.Bind:
        return commands.Bind()


def _media(media: list[MediumName]) -> tuple[Medium, ...]:
    return tuple(Medium(medium) for medium in media)
