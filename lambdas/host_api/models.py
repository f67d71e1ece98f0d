"""What callers may send: bodies and query parameters. Strict: a `"300"` is no number, an unknown key is an error."""

from collections.abc import Hashable
from typing import Annotated, Any, Literal, TypeVar

from moderation.core import command as commands
from moderation.core.actor import COHOST, HOST
from moderation.core.capability import Medium, of_word
from moderation.core.decide import MAX_SECONDS
from moderation.core.meeting import UnmuteConsent
from moderation.core.restriction import LiftableBy
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from . import ids

MOST_NAMED = 90
"""People one registration may name: they are written in one transaction."""
MOST_ENTRIES = 100
T = TypeVar("T", bound=Hashable)


def _fault(detail: str) -> PydanticCustomError:
    return PydanticCustomError("gavel", "{detail}", {"detail": detail})


def _unique(items: list[T]) -> list[T]:
    if len(set(items)) < len(items):
        raise _fault("each one once")
    return items


def _user_id(text: str) -> str:
    try:
        return ids.external_user_id(text)
    except ids.Malformed as malformed:
        raise _fault(str(malformed)) from None


def _attendee_id(text: str) -> str:
    try:
        return ids.attendee_id(text)
    except ids.Malformed as malformed:
        raise _fault(str(malformed)) from None


def _everyday_role(role: str) -> str:
    if role in (HOST, COHOST):
        raise _fault("the default role can't be `host` or `cohost`")
    return role


def _boolean(text: object) -> bool:
    if text not in ("true", "false"):
        raise _fault("`true` or `false`")
    return text == "true"


def _number(text: Any) -> int:
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 9):
        raise _fault("a whole number")
    return int(text)


MediumName = Literal["audio", "video", "content"]
Word = Literal["SendReceive", "Send", "Receive", "None"]
Media = Annotated[
    list[MediumName], Field(min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(_unique)
]
Reason = Annotated[str, StringConstraints(max_length=500)]
Seconds = Annotated[int, Field(ge=1, le=MAX_SECONDS)]
UserId = Annotated[str, Field(min_length=2, max_length=64), AfterValidator(_user_id)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
"""A role or a mode. Which ones there are is said in the policies' schema, so the moderator knows."""


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
    liftable_by: Literal["self", "host"] = Field(
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
            raise _fault("at least one of `audio`, `video` and `content`")
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
    default_role: Annotated[Name, AfterValidator(_everyday_role)] = "participant"
    mode: Name = "open"
    unmute_consent: Literal["none", "muted-first", "required"] = "none"
    lobby: bool = False

    def command(self) -> commands.Register:
        consent = UnmuteConsent(self.unmute_consent)
        return commands.Register(self.roles, self.default_role, self.mode, consent, self.lobby)


def _media(media: list[MediumName]) -> tuple[Medium, ...]:
    return tuple(Medium(medium) for medium in media)


class Query(BaseModel):
    """No parameters: one that isn't known is an error."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, defer_build=True)


class Writing(Query):
    dry_run: Annotated[bool, BeforeValidator(_boolean)] = Field(
        default=False, description="Same checks, same answer; nothing is written, nothing is sent."
    )


class HistoryPage(Query):
    after: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")] | None = Field(
        None, description="the `cursor` of the page before"
    )
    limit: Annotated[int, BeforeValidator(_number), Field(ge=1, le=MOST_ENTRIES)] = 50
    attendee_id: Annotated[str, AfterValidator(_attendee_id)] | None = Field(
        None, description="only what concerns this seat"
    )
