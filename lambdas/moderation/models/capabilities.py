"""Bodies of commands on what an attendee may send and receive, and on the floor."""

from pydantic import Field, model_validator

from ..domain import commands
from ..domain.capability import LiftableBy, Medium, of_word
from ..domain.ids import Malformed
from .endpoint import Endpoint, EndpointTarget, Tag
from .fields import Body, ChangeId, Lifter, Media, Reasoned, Seconds, Word, example, patch_example, without_default


class CapabilitiesPatch(Reasoned):
    """Sets each medium that is named: it becomes what is asked for, or the answer is an error."""

    model_config = patch_example(audio="Receive", reason="background noise")
    endpoint = Endpoint(
        method="PATCH",
        path="/capabilities",
        target=EndpointTarget.ATTENDEE,
        operation="set-capabilities-of",
        summary="Set what an attendee may send and receive",
        tag=Tag.ATTENDEES,
        problems=("capability-unavailable", "content-needs-video"),
    )
    AT_LEAST_ONE_OF = ("audio", "video", "content")

    audio: Word = Field("SendReceive", json_schema_extra=without_default)
    video: Word = Field("SendReceive", json_schema_extra=without_default)
    content: Word = Field("SendReceive", json_schema_extra=without_default)

    @model_validator(mode="after")
    def _names_a_medium(self) -> "CapabilitiesPatch":
        if not self._named():
            raise Malformed("should have at least one of `audio`, `video` and `content`")
        return self

    def _named(self) -> dict[Medium, str]:
        return {medium: getattr(self, medium.value) for medium in Medium if medium.value in self.model_fields_set}

    def command(self) -> commands.SetCapabilities:
        wanted = {medium: of_word(medium, word) for medium, word in self._named().items()}
        return commands.SetCapabilities(wanted, self.reason)


class Mute(Reasoned):
    """Withholds `send` of the media, until it is lifted or for a time."""

    model_config = example(media=["audio"], durationSeconds=300, reason="background noise")
    endpoint = Endpoint(
        method="POST",
        path="/mute",
        target=EndpointTarget.ATTENDEE,
        operation="mute",
        summary="Mute an attendee",
        tag=Tag.ATTENDEES,
    )

    media: Media = Field(["audio"])
    duration_seconds: Seconds | None = Field(None, description="Without it, the mute lasts until it is lifted.")
    liftable_by: Lifter = Field(
        "host", json_schema_extra=without_default, description="By default `self` for one's own mute, else `host`."
    )

    def command(self) -> commands.Mute:
        lifter = LiftableBy(self.liftable_by) if "liftable_by" in self.model_fields_set else None
        return commands.Mute(tuple(map(Medium, self.media)), self.duration_seconds, self.reason, lifter)


class Unmute(Reasoned):
    """Lifts what withholds `send` of the media, as far as the caller may lift it."""

    model_config = example(media=["audio"])
    endpoint = Endpoint(
        method="POST",
        path="/unmute",
        target=EndpointTarget.ATTENDEE,
        operation="unmute",
        summary="Unmute an attendee",
        tag=Tag.ATTENDEES,
        problems=("capability-unavailable",),
    )

    media: Media = Field(["audio"])

    def command(self) -> commands.Unmute:
        return commands.Unmute(tuple(map(Medium, self.media)), self.reason)


class Hold(Reasoned):
    """Withholds everything, receiving too, until the attendee is released."""

    model_config = example(reason="talk to the front desk first")
    endpoint = Endpoint(
        method="POST",
        path="/hold",
        target=EndpointTarget.ATTENDEE,
        operation="hold",
        summary="Put an attendee on hold",
        tag=Tag.ATTENDEES,
    )

    def command(self) -> commands.Hold:
        return commands.Hold(self.reason)


class Release(Reasoned):
    """Ends a hold: the attendee has again what they had before it."""

    model_config = example(reason="welcome back")
    endpoint = Endpoint(
        method="POST",
        path="/release",
        target=EndpointTarget.ATTENDEE,
        operation="release",
        summary="Release an attendee from hold",
        tag=Tag.ATTENDEES,
        problems=("capability-unavailable",),
    )

    def command(self) -> commands.Release:
        return commands.Release(self.reason)


class RaiseHand(Reasoned):
    """Asks for a turn to speak."""

    model_config = example(reason="a question about slide 4")
    endpoint = Endpoint(
        method="PUT",
        path="/hand",
        target=EndpointTarget.ATTENDEE,
        operation="raise-hand-of",
        summary="Raise a hand",
        tag=Tag.FLOOR,
    )

    def command(self) -> commands.RaiseHand:
        return commands.RaiseHand(self.reason)


class LowerHand(Reasoned):
    """Takes a raised hand down."""

    endpoint = Endpoint(
        method="DELETE",
        path="/hand",
        target=EndpointTarget.ATTENDEE,
        operation="lower-hand-of",
        summary="Lower a hand",
        tag=Tag.FLOOR,
    )

    def command(self) -> commands.LowerHand:
        return commands.LowerHand(self.reason)


class LowerAllHands(Reasoned):
    """Takes down every raised hand of the meeting."""

    model_config = example(reason="next topic")
    endpoint = Endpoint(
        method="POST",
        path="/hands/lower-all",
        target=EndpointTarget.MEETING,
        operation="lower-all-hands",
        summary="Lower all hands",
        tag=Tag.FLOOR,
    )

    def command(self) -> commands.LowerAllHands:
        return commands.LowerAllHands(self.reason)


class GrantFloor(Reasoned):
    """Gives an attendee a turn to speak, through mute-alls and the mode, and lowers their hand."""

    model_config = example(durationSeconds=120, media=["audio"], exclusive=True)
    endpoint = Endpoint(
        method="POST",
        path="/floor",
        target=EndpointTarget.ATTENDEE,
        operation="grant-floor-to",
        summary="Give an attendee the floor",
        tag=Tag.FLOOR,
        problems=("capability-unavailable",),
    )

    duration_seconds: Seconds = 120
    media: Media = Field(["audio"])
    exclusive: bool = Field(default=False, description="Whether it ends all other floors of these media.")

    def command(self) -> commands.GrantFloor:
        return commands.GrantFloor(self.duration_seconds, tuple(map(Medium, self.media)), self.exclusive, self.reason)


class EndFloor(Reasoned):
    """Ends a turn to speak before its time."""

    endpoint = Endpoint(
        method="DELETE",
        path="/floor",
        target=EndpointTarget.ATTENDEE,
        operation="end-floor-of",
        summary="Take the floor back",
        tag=Tag.FLOOR,
    )

    def command(self) -> commands.EndFloor:
        return commands.EndFloor(self.reason)


class Consent(Body):
    """Answers a request to unmute. The attendee answers, or their back end on their behalf."""

    model_config = example(changeId="01M86Q9NZR0G2V5T8W3Y6A4C1E", accept=True)
    endpoint = Endpoint(
        method="PUT",
        path="/consent",
        target=EndpointTarget.ATTENDEE,
        operation="consent-of",
        summary="Answer a request to unmute",
        tag=Tag.ATTENDEES,
        problems=("no-request", "capability-unavailable"),
    )

    change_id: ChangeId = Field(description="The request, as `Unmute Requested` and `asked` name it.")
    accept: bool

    def command(self) -> commands.Consent:
        return commands.Consent(self.change_id, self.accept)
