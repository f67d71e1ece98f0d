"""The endpoint of a command over HTTP. It stands on the command's body, and the API's routes are made from it."""

from dataclasses import dataclass
from enum import Enum

MEETING = "/meetings/{meetingId}"
ATTENDEE = MEETING + "/attendees/{attendeeId}"
USER = MEETING + "/users/{externalUserId}"


class EndpointTarget(Enum):
    """The target that a command's path names."""

    ATTENDEE = "attendee"
    """An attendee, or the user of one: each command has two routes."""
    USER = "user"
    """A user named by the path, who need not be in the meeting."""
    MEETING = "meeting"
    SELECTION = "selection"
    """Several attendees and users, named in the body."""


class Tag(Enum):
    """The groups in which the API's description shows its operations."""

    MEETINGS = "Meetings"
    ATTENDEES = "Attendees"
    FLOOR = "Floor and hands"
    ACCESS = "Roles and access"
    HISTORY = "History"
    SERVICE = "Service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The endpoint of a command. `path` follows the path of the target. `problems` are the codes that only some
    commands are answered with.
    """

    method: str
    path: str
    target: EndpointTarget
    operation: str
    summary: str
    tag: Tag
    problems: tuple[str, ...] = ()

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """The operation id and the path of each route."""
        if self.target is EndpointTarget.ATTENDEE:
            return ((f"{self.operation}-attendee", ATTENDEE + self.path), (f"{self.operation}-user", USER + self.path))
        return ((self.operation, MEETING + self.path),)
