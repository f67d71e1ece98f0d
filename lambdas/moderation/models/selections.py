"""Bodies of commands on several attendees and users at once: the body of the command, and the selection."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from ..domain.ids import Malformed
from .access import Remove, SetRole
from .capabilities import LowerHand, Mute, Unmute
from .endpoint import Endpoint, EndpointTarget, Tag
from .fields import AttendeeId, Body, UserId, example, unique

MOST_SELECTED = 250


class Selection(Body):
    """The attendees and users that the command is on. It is a part of the bodies below."""

    AT_LEAST_ONE_OF = ("attendee_ids", "external_user_ids")

    attendee_ids: Annotated[list[AttendeeId], AfterValidator(unique)] = Field(default=[], max_length=MOST_SELECTED)
    external_user_ids: Annotated[list[UserId], AfterValidator(unique)] = Field(default=[], max_length=MOST_SELECTED)

    @model_validator(mode="after")
    def _names_some(self) -> "Selection":
        if not 1 <= len(self.attendee_ids) + len(self.external_user_ids) <= MOST_SELECTED:
            raise Malformed(f"should name 1 to {MOST_SELECTED} attendees and users")
        return self


class MuteSelected(Selection, Mute):
    """Withholds `send` of the media from each, until it is lifted or for a time."""

    model_config = example(externalUserIds=["bob", "carol"], media=["audio"], reason="background noise")
    endpoint = Endpoint(
        method="POST",
        path="/mute",
        target=EndpointTarget.SELECTION,
        operation="mute-selected",
        summary="Mute several attendees",
        tag=Tag.ATTENDEES,
    )


class UnmuteSelected(Selection, Unmute):
    """Lifts from each what withholds `send` of the media, as far as the caller may lift it."""

    model_config = example(externalUserIds=["bob", "carol"], media=["audio"])
    endpoint = Endpoint(
        method="POST",
        path="/unmute",
        target=EndpointTarget.SELECTION,
        operation="unmute-selected",
        summary="Unmute several attendees",
        tag=Tag.ATTENDEES,
        problems=("capability-unavailable",),
    )


class LowerHands(Selection, LowerHand):
    """Takes down the raised hand of each."""

    model_config = example(externalUserIds=["bob", "carol"])
    endpoint = Endpoint(
        method="POST",
        path="/hands/lower",
        target=EndpointTarget.SELECTION,
        operation="lower-hands",
        summary="Lower several hands",
        tag=Tag.FLOOR,
    )


class SetRoles(Selection, SetRole):
    """Gives each another role. A demotion takes back what the user was given in the old role."""

    model_config = example(externalUserIds=["bob", "carol"], role="presenter")
    endpoint = Endpoint(
        method="POST",
        path="/roles",
        target=EndpointTarget.SELECTION,
        operation="set-roles",
        summary="Give several users another role",
        tag=Tag.ACCESS,
        problems=("last-host", "capability-unavailable"),
    )


class RemoveSelected(Selection, Remove):
    """Takes each out of the meeting on all their devices; with `ban` they stay out."""

    model_config = example(externalUserIds=["bob", "carol"], reason="insults")
    endpoint = Endpoint(
        method="POST",
        path="/remove",
        target=EndpointTarget.SELECTION,
        operation="remove-selected",
        summary="Remove several attendees from the meeting",
        tag=Tag.ACCESS,
        problems=("last-host",),
    )
