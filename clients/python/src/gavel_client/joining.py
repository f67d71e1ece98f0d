"""What becomes of a user who wants to join."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from .models import AdmissionShown, Attendee


class ChimeMeetings(Protocol):
    """What is needed of `boto3.client("chime-sdk-meetings")`."""

    @property
    def create_attendee(self) -> Callable[..., Any]: ...

    @property
    def delete_attendee(self) -> Callable[..., Any]: ...


@dataclass(frozen=True)
class CreatedAttendee:
    """The user may join. `join_info` has the JoinToken, for the user's page alone; it is not in the representation."""

    attendee: Attendee
    """As Gavel has it."""
    join_info: Mapping[str, Any] = field(repr=False)
    """`Attendee` of Chime's `CreateAttendee`, for `MeetingSessionConfiguration`."""


@dataclass(frozen=True)
class NotAdmitted:
    """The user may not join: they wait in the lobby until a host admits them, or are banned."""

    user_id: str
    code: Literal["waiting", "banned"] | str
    ask_again_at: datetime | None = None
    """A host turned the user away: until then, asking again does not reach the hosts."""


def creation(meeting_id: str, admission: AdmissionShown) -> dict[str, Any]:
    """The arguments of `CreateAttendee` for a user who is admitted."""
    arguments: dict[str, Any] = {"MeetingId": meeting_id, "ExternalUserId": admission.external_user_id}
    if admission.capabilities is not None:
        arguments["Capabilities"] = admission.capabilities.model_dump(by_alias=True)
    return arguments
