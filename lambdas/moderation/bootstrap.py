"""Puts the moderator together with AWS. One of each per process, made when first needed.

What a request does not need is not even imported: a cold start waits for every module (docs/adr/0013-cold-start.md).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from .adapters.settings import settings
from .application.requests import Outcome, Refused, Request
from .domain.actor import Actor
from .domain.commands import Admit, Consent, Register, Target
from .domain.documents import Document
from .ports import Surroundings, World

if TYPE_CHECKING:
    from .application.background.chime_events import ChimeEventHandler
    from .application.background.reconciler import Reconciler
    from .application.commands.event_support import EventCommandSupport, Rejected
    from .application.commands.handler import Handler, Handlers
    from .application.commands.pipeline import CommandPipeline
    from .application.enforcement.change_applier import ChangeApplier
    from .application.live.publisher import LivePublisher
    from .application.live.subscriptions import Subscriptions, Tickets
    from .application.queries.history import HistoryQueries
    from .application.queries.lists import ListQueries
    from .application.queries.meetings import MeetingQueries
    from .ports.live import Connections, MeetingDelta

__all__ = ["Gavel", "gavel", "live_publisher", "meeting_deltas", "settings", "subscriptions", "surroundings"]


class Gavel:
    """Everything that doors may ask for."""

    def __init__(self, world: World, tickets: "Callable[[], Tickets] | None" = None) -> None:
        self._world = world
        self._tickets = tickets

    def perform(self, request: Request) -> Outcome:
        return self._commands.perform(request)

    def prepare(self) -> None:
        """Loads what any request may need: worth it where the process is kept as a snapshot."""
        _ = self._commands

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
    def presence(self) -> "ChimeEventHandler":
        from .application.background.chime_events import ChimeEventHandler
        from .application.background.drift import Drift

        return ChimeEventHandler(self._world, self._commands, Drift(self._world, self._applier))

    @cached_property
    def reconciler(self) -> "Reconciler":
        from .application.background.reconciler import Reconciler

        return Reconciler(self._world, self._applier, self.presence)

    @cached_property
    def _reader(self) -> "MeetingQueries":
        from .application.queries.meetings import MeetingQueries

        return MeetingQueries(self._world)

    @cached_property
    def _recall(self) -> "HistoryQueries":
        from .application.queries.history import HistoryQueries

        return HistoryQueries(self._world)

    @cached_property
    def _lists(self) -> "ListQueries":
        from .application.queries.lists import ListQueries

        return ListQueries(self._world)

    @cached_property
    def _remote(self) -> "EventCommandSupport":
        from .application.commands.event_support import EventCommandSupport

        return EventCommandSupport(self._world)

    @cached_property
    def _commands(self) -> "CommandPipeline":
        """The one part that remembers from request to request."""
        from .application.commands.admissions import AdmissionHandler
        from .application.commands.attendee_commands import AttendeeCommandHandler
        from .application.commands.consent import ConsentHandler
        from .application.commands.context import ContextLoader
        from .application.commands.hands import hand_handlers
        from .application.commands.meeting_commands import MeetingCommandHandler
        from .application.commands.pipeline import CommandPipeline
        from .application.commands.registration import RegistrationHandler

        world, applier, contexts = self._world, self._applier, ContextLoader(self._world)
        by_target: Mapping[Target, Handler] = {
            Target.USER: AttendeeCommandHandler(world, contexts, applier),
            Target.MEETING: MeetingCommandHandler(world),
        }
        own: Handlers = {
            Register: RegistrationHandler(world),
            Admit: AdmissionHandler(world),
            Consent: ConsentHandler(world, contexts),
            **hand_handlers(world, contexts),
        }
        return CommandPipeline(world, applier, by_target, own)

    @cached_property
    def _applier(self) -> "ChangeApplier":
        from .application.enforcement.change_applier import ChangeApplier

        return ChangeApplier(self._world)


def restored() -> None:
    """After a snapshot of this process has come back to life, who knows when and in how many copies: connections are
    opened anew, chance is not the same in all of them, and nothing remembered is trusted. Ids take theirs from the
    operating system.
    """
    import random

    from .adapters.clients import reopen

    reopen()
    random.seed()
    gavel().forget()


@cache
def gavel() -> Gavel:
    return Gavel(world(), tickets)


@cache
def surroundings() -> Surroundings:
    from .adapters.system import SystemClock

    return SystemClock()


@cache
def world() -> World:
    from .adapters.cedar import CedarPolicies
    from .adapters.chime import ChimeGateway
    from .adapters.clients import client
    from .adapters.dynamodb.ledger import DynamoLedger
    from .adapters.sqs import SqsWakeupScheduler

    ours = settings()
    return World(
        ledger=DynamoLedger(client("dynamodb"), ours.table, ours.retention, surroundings().now),
        chime=ChimeGateway(client("chime-sdk-meetings")),
        policies=CedarPolicies(),
        surroundings=surroundings(),
        wakeups=SqsWakeupScheduler(lambda: client("sqs"), ours.wakeups_queue_url),
    )


@cache
def tickets() -> "Tickets":
    from secrets import token_urlsafe

    from .adapters.settings import live_url
    from .application.live.subscriptions import Tickets
    from .application.queries.meetings import MeetingQueries
    from .application.rate_limit import OWN_COMMAND, is_rate_limited

    def asks_too_often(meeting_id: str, actor: Actor) -> bool:
        return is_rate_limited(world(), meeting_id, actor, OWN_COMMAND)

    return Tickets(
        MeetingQueries(world()).listening, asks_too_often, _connections(), surroundings(), token_urlsafe, live_url()
    )


@cache
def subscriptions() -> "Subscriptions":
    from .application.live.subscriptions import Subscriptions

    return Subscriptions(_connections(), surroundings())


@cache
def live_publisher() -> "LivePublisher":
    from .adapters.clients import client
    from .adapters.settings import live_endpoint
    from .adapters.websocket import ApiGatewayConnections
    from .application.live.publisher import LivePublisher
    from .application.queries.meetings import MeetingQueries

    lines = ApiGatewayConnections(client("apigatewaymanagementapi", live_endpoint()))
    return LivePublisher(world(), MeetingQueries(world()), _connections(), lines)


def meeting_deltas(records: Iterable[Mapping[str, Any]]) -> "list[MeetingDelta]":
    """What the ledger's stream tells."""
    from .adapters.dynamodb.stream import meeting_deltas

    return meeting_deltas(records)


@cache
def _connections() -> "Connections":
    from .adapters.clients import client
    from .adapters.dynamodb.connections import DynamoConnections

    return DynamoConnections(client("dynamodb"), settings().table, surroundings().now)
