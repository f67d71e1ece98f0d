"""One call, read and checked: what a route gets to answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from moderation.application.requests import Outcome, Refused, Request
from moderation.domain.actor import Actor
from moderation.domain.commands import Command
from moderation.domain.documents import Document

if TYPE_CHECKING:
    from .models import Query


class Gavel(Protocol):
    """What this door asks of the moderation behind it; `moderation.bootstrap` has the real one."""

    def perform(self, request: Request) -> Outcome: ...
    def meeting(self, meeting_id: str, actor: Actor) -> Document | Refused: ...
    def me(self, meeting_id: str, actor: Actor) -> Document | Refused: ...
    def attendee(
        self, meeting_id: str, actor: Actor, *, attendee_id: str | None = None, user_id: str | None = None
    ) -> Document | Refused: ...
    def attendees(self, meeting_id: str, actor: Actor, *, limit: int, after: str | None) -> Document | Refused: ...
    def history(
        self,
        meeting_id: str,
        actor: Actor,
        *,
        after: str | None,
        limit: int,
        attendee_id: str | None,
        user_id: str | None,
        **which: Any,
    ) -> Document | Refused: ...
    def hands(self, meeting_id: str, actor: Actor) -> Document | Refused: ...
    def bans(self, meeting_id: str, actor: Actor) -> Document | Refused: ...
    def lobby(self, meeting_id: str, actor: Actor) -> Document | Refused: ...
    def change(self, meeting_id: str, actor: Actor, change_id: str) -> Document | Refused: ...
    def live(self, meeting_id: str, actor: Actor) -> Document | Refused: ...


@dataclass(frozen=True, slots=True)
class Call:
    """`ids` are those of the path, by the names they have in the route's template. `query` None: nothing was said."""

    gavel: Gavel
    actor: Actor
    ids: Mapping[str, str]
    query: "Query | None"
    command: Command | None = None
    if_match: str | None = None
    key: str | None = None
    fingerprint: str = ""

    @property
    def meeting_id(self) -> str:
        return self.ids["meetingId"]

    @property
    def attendee_id(self) -> str | None:
        return self.ids.get("attendeeId")

    @property
    def user_id(self) -> str | None:
        return self.ids.get("externalUserId")
