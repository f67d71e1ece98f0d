"""What somebody may send and receive."""

from pydantic import ConfigDict, Field, model_validator

from ..domain import commands
from ..domain.capability import Medium, of_word
from ..domain.restriction import LiftableBy
from .fields import Body, ChangeId, Lifter, Media, Reasoned, Seconds, Word, fault, media_of, unsaid


class Mute(Reasoned):
    media: Media = Field(["audio"])
    duration_seconds: Seconds | None = Field(None, description="until lifted, where it is left out")
    liftable_by: Lifter = Field(
        "host", json_schema_extra=unsaid, description="left out: `self` for one's own mute, else `host`"
    )

    def command(self) -> commands.Mute:
        said = LiftableBy(self.liftable_by) if "liftable_by" in self.model_fields_set else None
        return commands.Mute(media_of(self.media), self.duration_seconds, self.reason, said)


class Unmute(Reasoned):
    media: Media = Field(["audio"])

    def command(self) -> commands.Unmute:
        return commands.Unmute(media_of(self.media), self.reason)


class CapabilitiesPatch(Reasoned):
    """Make it so: what is asked for is what results, or the answer is an error."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": [medium.value]} for medium in Medium]})

    audio: Word = Field("SendReceive", json_schema_extra=unsaid)
    video: Word = Field("SendReceive", json_schema_extra=unsaid)
    content: Word = Field("SendReceive", json_schema_extra=unsaid)

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


class Hold(Reasoned):
    def command(self) -> commands.Hold:
        return commands.Hold(self.reason)


class Release(Reasoned):
    def command(self) -> commands.Release:
        return commands.Release(self.reason)


class GrantFloor(Reasoned):
    duration_seconds: Seconds = 120
    media: Media = Field(["audio"])
    exclusive: bool = Field(default=False, description="whether it ends all other floors of these media")

    def command(self) -> commands.GrantFloor:
        return commands.GrantFloor(self.duration_seconds, media_of(self.media), self.exclusive, self.reason)


class EndFloor(Reasoned):
    def command(self) -> commands.EndFloor:
        return commands.EndFloor(self.reason)


class Consent(Body):
    change_id: ChangeId = Field(description="the request, as `Unmute Requested` and `asked` name it")
    accept: bool

    def command(self) -> commands.Consent:
        return commands.Consent(self.change_id, self.accept)
