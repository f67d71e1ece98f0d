"""Bodies of commands on a meeting as a whole."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from ..domain import commands
from ..domain.actor import COHOST, HOST
from ..domain.capability import LiftableBy, Medium
from ..domain.ids import Malformed
from ..domain.meeting import UnmuteConsent
from .endpoint import Endpoint, EndpointTarget, Tag
from .fields import (
    NAME_SHOWN,
    Asking,
    AttendeeId,
    Body,
    ChangeId,
    DisplayName,
    EverydayRole,
    Lifter,
    Media,
    Name,
    Reasoned,
    Seconds,
    Strict,
    UserId,
    example,
    patch_example,
    unique,
    without_default,
)

MOST_NAMED = 1000
"""The most users that one registration may name."""
MOST_SPARED = 250
"""The most attendees and users that one mute-all may spare: a meeting holds no more, and they take a few kilobytes."""
MOST_ADMITTED = 100


class Registration(Body):
    """The settings that a meeting starts with."""

    model_config = example(roles={"alice": "host", "carol": "cohost"}, defaultRole="participant", mode="open")

    roles: dict[UserId, Name] | None = Field(
        None, max_length=MOST_NAMED, description="ExternalUserId → role. Without it, the roles stay as they are."
    )
    default_role: EverydayRole = "participant"
    mode: Name = "open"
    unmute_consent: Asking = "none"
    lobby: bool = False

    def command(self) -> commands.Register:
        consent = UnmuteConsent(self.unmute_consent)
        return commands.Register(self.roles, self.default_role, self.mode, consent, self.lobby)


class MeetingPatch(Reasoned):
    """Sets what is named; the rest stays as it is."""

    model_config = patch_example(mode="presentation")
    endpoint = Endpoint(
        method="PATCH",
        path="",
        target=EndpointTarget.MEETING,
        operation="patch-meeting",
        summary="Change the mode, freeze or unfreeze, change settings",
        tag=Tag.MEETINGS,
        problems=("capability-unavailable",),
    )
    AT_LEAST_ONE_OF = ("mode", "frozen", "default_role", "unmute_consent", "lobby")

    mode: Name = Field("open", json_schema_extra=without_default)
    frozen: bool = Field(default=False, json_schema_extra=without_default)
    default_role: EverydayRole = Field("participant", json_schema_extra=without_default)
    unmute_consent: Asking = Field("none", json_schema_extra=without_default)
    lobby: bool = Field(default=False, json_schema_extra=without_default)

    @model_validator(mode="after")
    def _names_something(self) -> "MeetingPatch":
        if not self.model_fields_set & set(self.AT_LEAST_ONE_OF):
            raise Malformed("should have at least one of `mode`, `frozen`, `defaultRole`, `unmuteConsent` and `lobby`")
        return self

    def command(self) -> commands.SetMeeting:
        named = {name: getattr(self, name) for name in self.AT_LEAST_ONE_OF if name in self.model_fields_set}
        if "unmute_consent" in named:
            named["unmute_consent"] = UnmuteConsent(self.unmute_consent)
        return commands.SetMeeting(**named, reason=self.reason)


class Spared(Strict):
    """The attendees that a mute-all leaves alone."""

    attendee_ids: list[AttendeeId] = Field(default=[], max_length=MOST_SPARED)
    external_user_ids: list[UserId] = Field(default=[], max_length=MOST_SPARED)
    roles: list[Name] = Field(default=[HOST, COHOST])

    @model_validator(mode="after")
    def _are_not_too_many(self) -> "Spared":
        if len(self.attendee_ids) + len(self.external_user_ids) > MOST_SPARED:
            raise Malformed(f"should name at most {MOST_SPARED} attendees and users")
        return self


class MuteAll(Reasoned):
    """Withholds `send` of the media from everybody but the spared, also from those who join later."""

    model_config = example(media=["audio"], **{"except": {"roles": ["host", "cohost"]}}, reason="exam")
    endpoint = Endpoint(
        method="POST",
        path="/mute-all",
        target=EndpointTarget.MEETING,
        operation="mute-all",
        summary="Mute everybody",
        tag=Tag.MEETINGS,
        problems=("capability-unavailable", "attendee-not-found"),
    )

    media: Media = Field(["audio"])
    spared: Spared = Field(
        default_factory=Spared, alias="except", json_schema_extra={"default": {"roles": [HOST, COHOST]}}
    )
    duration_seconds: Seconds | None = Field(None, description="Without it, the mute-all lasts until it is lifted.")
    liftable_by: Lifter = "host"

    def command(self) -> commands.MuteEverybody:
        """The command. A repeated attendee counts once: a roster lists an attendee who shares their screen twice."""
        return commands.MuteEverybody(
            media=tuple(map(Medium, self.media)),
            spared_roles=tuple(dict.fromkeys(self.spared.roles)),
            spared_users=tuple(dict.fromkeys(self.spared.external_user_ids)),
            spared_attendees=tuple(dict.fromkeys(self.spared.attendee_ids)),
            seconds=self.duration_seconds,
            reason=self.reason,
            liftable_by=LiftableBy(self.liftable_by),
        )


class UnmuteAll(Reasoned):
    """Lifts the mute-all of the media. The restrictions of single attendees stay."""

    model_config = example(media=["audio"])
    endpoint = Endpoint(
        method="POST",
        path="/unmute-all",
        target=EndpointTarget.MEETING,
        operation="unmute-all",
        summary="Lift a mute-all",
        tag=Tag.MEETINGS,
        problems=("capability-unavailable",),
    )

    media: Media = Field(["audio"])

    def command(self) -> commands.UnmuteEverybody:
        return commands.UnmuteEverybody(tuple(map(Medium, self.media)), self.reason)


class Undo(Reasoned):
    """Restores the rules that a change replaced, if no later change replaced them again."""

    model_config = example(changeId="01M86Q9NZR0G2V5T8W3Y6A4C1E")

    change_id: ChangeId

    def command(self) -> commands.Undo:
        return commands.Undo(self.change_id, self.reason)


class End(Reasoned):
    """Ends the meeting for everybody."""

    model_config = example(reason="the lesson is over")
    endpoint = Endpoint(
        method="POST",
        path="/end",
        target=EndpointTarget.MEETING,
        operation="end",
        summary="End the meeting",
        tag=Tag.MEETINGS,
    )

    def command(self) -> commands.End:
        return commands.End(self.reason)


class Admitted(Strict):
    """A user who asks to be admitted."""

    external_user_id: UserId
    role: Name | None = Field(None, description="Without it, the user keeps their role or has the default role.")
    display_name: DisplayName | None = Field(None, description=NAME_SHOWN)


def _each_once(users: list[Admitted]) -> list[Admitted]:
    """Refuses a user who is named twice with different roles or display names."""
    once = dict.fromkeys((user.external_user_id, user.role, user.display_name) for user in users)
    unique([user_id for user_id, _, _ in once])
    return users


class Admissions(Body):
    """The users to admit."""

    model_config = example(users=[{"externalUserId": "bob", "role": "participant", "displayName": "Bob Meyer"}])

    users: Annotated[list[Admitted], Field(min_length=1, max_length=MOST_ADMITTED), AfterValidator(_each_once)]

    def command(self) -> commands.Admit:
        names = {user.external_user_id: user.display_name for user in self.users if user.display_name is not None}
        return commands.Admit({user.external_user_id: user.role for user in self.users}, names)
