"""Puts the moderator together with AWS. One of each per process, made when first needed.

What a request does not need is not even imported: a cold start waits for every module (docs/adr/0013-cold-start.md).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from .aws.settings import settings
from .core.actor import Actor
from .core.command import Admit, Consent, Expire, HandCommand, MeetingCommand, Register, Undo
from .core.view import Document
from .moderator.request import Outcome, Refused, Request
from .ports import Surroundings, World

if TYPE_CHECKING:
    from .moderator.by_event import Rejected, Remote
    from .moderator.enforcement import Enforcement
    from .moderator.facts import FactFinder
    from .moderator.herald import Herald
    from .moderator.listening import Listening, Tickets
    from .moderator.lists import Lists
    from .moderator.moderator import Moderator
    from .moderator.presence import Presence
    from .moderator.reading import Reader
    from .moderator.recall import Recall
    from .moderator.reconciler import Reconciler
    from .ports.live import Listeners, News

__all__ = ["Gavel", "gavel", "herald", "listening", "news", "settings", "surroundings"]


class Gavel:
    """Everything that doors may ask for."""

    def __init__(self, world: World, tickets: "Callable[[], Tickets] | None" = None) -> None:
        self._world = world
        self._tickets = tickets

    def perform(self, request: Request) -> Outcome:
        command = request.command
        if isinstance(command, Register):
            from .moderator.registration import Registrar

            return Registrar(self._world, self._enforcement).perform(request, command)
        if isinstance(command, MeetingCommand):
            from .moderator.governor import Governor

            return Governor(self._world, self._enforcement).perform(request, command)
        if isinstance(command, Admit):
            from .moderator.admission import Admissions

            return Admissions(self._world).perform(request, command)
        if isinstance(command, HandCommand):
            from .moderator.hands import Hands

            return Hands(self._world, self._facts).perform(request, command)
        if isinstance(command, Consent):
            from .moderator.consents import Consents

            return Consents(self._world, self._facts, self._enforcement).perform(request, command)
        if isinstance(command, Undo):
            from .moderator.governor import Governor
            from .moderator.undoing import Undoing

            governor = Governor(self._world, self._enforcement)
            return Undoing(self._world, self._moderator, governor).perform(request, command)
        if isinstance(command, Expire):
            raise ValueError("only the clock ends what was to last for a time")
        return self._moderator.perform(request, command)

    def prepare(self) -> None:
        """Loads what any request may need: worth it where the process is kept as a snapshot."""
        from .moderator import admission, consents, governor, hands, lists, reading, recall, registration, undoing  # noqa: F401

        _ = self._moderator

    def forget(self) -> None:
        """What was remembered from request to request: it is in the parts, which are made anew."""
        for part in self.__dict__.keys() - {"_world", "_tickets"}:
            del self.__dict__[part]

    def meeting(self, meeting_id: str, actor: Actor) -> Document | Refused:
        return self._reader.meeting(meeting_id, actor)

    def me(self, meeting_id: str, actor: Actor) -> Document | Refused:
        return self._reader.me(meeting_id, actor)

    def attendee(
        self, meeting_id: str, actor: Actor, *, attendee_id: str | None = None, user_id: str | None = None
    ) -> Document | Refused:
        return self._reader.attendee(meeting_id, actor, attendee_id=attendee_id, user_id=user_id)

    def attendees(self, meeting_id: str, actor: Actor, *, limit: int, after: str | None) -> Document | Refused:
        return self._reader.attendees(meeting_id, actor, limit=limit, after=after)

    def history(
        self,
        meeting_id: str,
        actor: Actor,
        *,
        after: str | None,
        limit: int,
        attendee_id: str | None = None,
        user_id: str | None = None,
        **which: Any,
    ) -> Document | Refused:
        """`which`: as `Recall.history` has it."""
        return self._recall.history(
            meeting_id, actor, after=after, limit=limit, attendee_id=attendee_id, user_id=user_id, **which
        )

    def change(self, meeting_id: str, actor: Actor, change_id: str) -> Document | Refused:
        return self._recall.change(meeting_id, actor, change_id)

    def hands(self, meeting_id: str, actor: Actor) -> Document | Refused:
        return self._lists.hands(meeting_id, actor)

    def bans(self, meeting_id: str, actor: Actor) -> Document | Refused:
        return self._lists.bans(meeting_id, actor)

    def lobby(self, meeting_id: str, actor: Actor) -> Document | Refused:
        return self._lists.lobby(meeting_id, actor)

    def live(self, meeting_id: str, actor: Actor) -> Document | Refused:
        """Where to listen, for whoever may."""
        if self._tickets is None:
            raise ValueError("there are no tickets for this one")
        return self._tickets().live(meeting_id, actor)

    def meetings_named(self, external_id: str) -> Sequence[str]:
        return self._remote.meetings_named(external_id)

    def refuse(self, rejected: "Rejected") -> bool:
        return self._remote.refuse(rejected)

    @cached_property
    def presence(self) -> "Presence":
        from .moderator.drift import Drift
        from .moderator.presence import Presence

        return Presence(self._world, self._moderator, Drift(self._world, self._enforcement))

    @cached_property
    def reconciler(self) -> "Reconciler":
        from .moderator.reconciler import Reconciler

        return Reconciler(self._world, self._enforcement, self.presence)

    @cached_property
    def _reader(self) -> "Reader":
        from .moderator.reading import Reader

        return Reader(self._world)

    @cached_property
    def _recall(self) -> "Recall":
        from .moderator.recall import Recall

        return Recall(self._world)

    @cached_property
    def _lists(self) -> "Lists":
        from .moderator.lists import Lists

        return Lists(self._world)

    @cached_property
    def _remote(self) -> "Remote":
        from .moderator.by_event import Remote

        return Remote(self._world)

    @cached_property
    def _moderator(self) -> "Moderator":
        from .moderator.moderator import Moderator

        return Moderator(self._world, self._facts, self._enforcement)

    @cached_property
    def _facts(self) -> "FactFinder":
        """The one part that remembers from request to request."""
        from .moderator.facts import FactFinder

        return FactFinder(self._world)

    @cached_property
    def _enforcement(self) -> "Enforcement":
        from .moderator.enforcement import Enforcement

        return Enforcement(self._world)


def restored() -> None:
    """After a snapshot of this process has come back to life, who knows when and in how many copies: connections are
    opened anew, chance is not the same in all of them, and nothing remembered is trusted. Ids take theirs from the
    operating system.
    """
    import random

    from .aws.clients import reopen

    reopen()
    random.seed()
    gavel().forget()


@cache
def gavel() -> Gavel:
    return Gavel(world(), tickets)


@cache
def surroundings() -> Surroundings:
    from .aws.surroundings import RealSurroundings

    return RealSurroundings()


@cache
def world() -> World:
    from .aws.chime import ChimeGateway
    from .aws.clients import client
    from .aws.ledger import DynamoLedger
    from .aws.reminders import SqsReminders
    from .policies import CedarPolicies

    ours = settings()
    return World(
        ledger=DynamoLedger(client("dynamodb"), ours.table, ours.retention, surroundings().now),
        chime=ChimeGateway(client("chime-sdk-meetings")),
        policies=CedarPolicies(),
        surroundings=surroundings(),
        reminders=SqsReminders(lambda: client("sqs"), ours.reminders_queue_url),
    )


@cache
def tickets() -> "Tickets":
    from secrets import token_urlsafe

    from .aws.settings import live_url
    from .moderator.listening import Tickets
    from .moderator.patience import OWN_DEED, is_worn_out
    from .moderator.reading import Reader

    def asks_too_often(meeting_id: str, actor: Actor) -> bool:
        return is_worn_out(world(), meeting_id, actor, OWN_DEED)

    return Tickets(Reader(world()).listening, asks_too_often, _listeners(), surroundings(), token_urlsafe, live_url())


@cache
def listening() -> "Listening":
    from .moderator.listening import Listening

    return Listening(_listeners(), surroundings())


@cache
def herald() -> "Herald":
    from .aws.clients import client
    from .aws.lines import GatewayLines
    from .aws.settings import live_endpoint
    from .moderator.herald import Herald
    from .moderator.reading import Reader

    lines = GatewayLines(client("apigatewaymanagementapi", live_endpoint()))
    return Herald(world(), Reader(world()), _listeners(), lines)


def news(records: Iterable[Mapping[str, Any]]) -> "list[News]":
    """What the ledger's stream tells."""
    from .aws.stream import news

    return news(records)


@cache
def _listeners() -> "Listeners":
    from .aws.clients import client
    from .aws.listeners import DynamoListeners

    return DynamoListeners(client("dynamodb"), settings().table, surroundings().now)
