"""Builds the parts of the moderation from settings, adapters and application, each once for the process.

The event publisher and the functions of live updates need few of them, and build those themselves.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from secrets import token_urlsafe
from typing import cast

from .adapters import clients
from .adapters.cedar import CedarPolicies
from .adapters.chime import ChimeGateway
from .adapters.dynamodb.connections import DynamoConnections
from .adapters.dynamodb.ledger import DynamoLedger
from .adapters.settings import settings
from .adapters.sqs import SqsWakeupScheduler
from .adapters.system import SystemClock
from .adapters.threads import in_threads
from .application.background.chime_events import ChimeEventHandler
from .application.background.comparisons import Comparisons
from .application.background.drift import Drift
from .application.background.expiry import Expiry
from .application.background.reconciler import Reconciler
from .application.commands.admissions import AdmissionHandler
from .application.commands.attendee_commands import AttendeeCommandHandler
from .application.commands.consent import ConsentHandler
from .application.commands.context import ContextLoader
from .application.commands.event_support import EventCommandSupport
from .application.commands.handler import Handler, Handlers
from .application.commands.hands import hand_handlers
from .application.commands.meeting_commands import MeetingCommandHandler
from .application.commands.pipeline import CommandPipeline
from .application.commands.registration import RegistrationHandler
from .application.commands.selection import SelectionHandler
from .application.enforcement.attendee_applier import AttendeeApplier
from .application.enforcement.attendee_reader import AttendeeReader
from .application.enforcement.change_applier import ChangeApplier
from .application.enforcement.consent_requests import ConsentRequests
from .application.enforcement.meeting_applier import MeetingApplier
from .application.enforcement.roster_reader import RosterReader
from .application.live.subscriptions import Tickets
from .application.queries.access import ReadAccess
from .application.queries.directory import MeetingDirectory
from .application.queries.history import HistoryQueries
from .application.queries.lists import ListQueries
from .application.queries.meetings import MeetingQueries
from .application.rate_limit import OWN_COMMAND, is_rate_limited
from .application.requests import Refused
from .application.token_names import TokenNames
from .domain.actor import Actor
from .domain.commands import Admit, Consent, Register, Target
from .domain.documents import Document
from .ports import Chime, Clock, ForEach, Ledger, Policies, WakeupScheduler

__all__ = ["Gavel", "clock", "gavel", "settings"]


@dataclass(frozen=True, slots=True)
class Ports:
    """The adapters in use. Only this module has all of them: each part receives those that it uses."""

    ledger: Ledger
    chime: Chime
    policies: Policies
    clock: Clock
    wakeups: WakeupScheduler
    for_each: ForEach = map


class Gavel:
    """The commands and queries that functions may send, and the handlers of background work."""

    def __init__(self, ports: Ports, tickets: Tickets | None = None, display_name_claim: str = "") -> None:
        applier, access = change_applier(ports), ReadAccess(ports.ledger, ports.policies)
        commands, meetings = command_pipeline(ports, applier), meeting_queries(ports)
        history = HistoryQueries(ports.ledger, ports.policies, ports.clock, access)
        lists, by_event = ListQueries(ports.ledger, access), EventCommandSupport(ports.ledger, ports.clock)
        self.perform = commands.perform
        self.perform_on_each = SelectionHandler(ports.ledger, ports.clock, commands.perform, ports.for_each).perform
        self.meetings = MeetingDirectory(ports.ledger, ports.policies, ports.clock).meetings
        self._meetings, self._names = meetings, TokenNames(ports.ledger, display_name_claim)
        self.meeting = meetings.meeting
        self.attendee, self.attendees = meetings.attendee, meetings.attendees
        self.history, self.change = history.history, history.change
        self.hands, self.bans, self.lobby = lists.hands, lists.bans, lists.lobby
        self.meetings_named, self.refuse = by_event.meetings_named, by_event.refuse
        self._tickets = tickets
        self.chime_events = chime_event_handler(ports, commands, applier)
        self.reconciler = reconciler(ports, applier, self.chime_events)

    def me(self, meeting_id: str, actor: Actor) -> Document | Refused:
        """The caller's view of the meeting and of themselves. A caller without a display name gets the one in their
        token.
        """
        found = self._meetings.me(meeting_id, actor)
        if isinstance(found, Refused) or "displayName" in cast("Document", found["attendee"] or {}):
            return found
        return self._meetings.me(meeting_id, actor) if self._names.store(meeting_id, actor) else found

    def live(self, meeting_id: str, actor: Actor) -> Document | Refused:
        """The URL for live updates, and the caller's ticket. A caller who may listen, or waits in the lobby, gets the
        display name in their token if they have none.
        """
        if self._tickets is None:
            raise ValueError("this Gavel was built without tickets")
        found = self._tickets.live(meeting_id, actor)
        if not isinstance(found, Refused):
            self._names.store(meeting_id, actor)
        return found


def command_pipeline(ports: Ports, applier: ChangeApplier) -> CommandPipeline:
    ledger, chime, policies, clock = ports.ledger, ports.chime, ports.policies, ports.clock
    contexts = ContextLoader(ledger, chime, policies, clock)
    by_target: Mapping[Target, Handler] = {
        Target.USER: AttendeeCommandHandler(ledger, policies, clock, contexts, applier),
        Target.MEETING: MeetingCommandHandler(ledger, chime, policies, clock),
    }
    own: Handlers = {
        Register: RegistrationHandler(ledger, chime, policies, clock),
        Admit: AdmissionHandler(ledger, policies, clock),
        Consent: ConsentHandler(ledger, policies, clock, contexts),
        **hand_handlers(ledger, policies, clock, contexts),
    }
    return CommandPipeline(ledger, policies, clock, ports.wakeups, applier, by_target, own)


def change_applier(ports: Ports) -> ChangeApplier:
    ledger, chime, policies, clock = ports.ledger, ports.chime, ports.policies, ports.clock
    reader = RosterReader(ledger, chime, policies, clock)
    requests = ConsentRequests(ledger, policies, clock, ports.wakeups)
    attendee_reader = AttendeeReader(ledger, chime, policies, clock)
    attendees = AttendeeApplier(ledger, policies, clock, ports.wakeups, attendee_reader)
    meetings = MeetingApplier(ledger, policies, clock, reader, requests)
    return ChangeApplier(ledger, chime, clock, ports.wakeups, attendees, meetings)


def meeting_queries(ports: Ports) -> MeetingQueries:
    access = ReadAccess(ports.ledger, ports.policies)
    return MeetingQueries(ports.ledger, ports.chime, ports.policies, ports.clock, access)


def chime_event_handler(ports: Ports, commands: CommandPipeline, applier: ChangeApplier) -> ChimeEventHandler:
    drift = Drift(ports.ledger, ports.policies, ports.clock, applier)
    return ChimeEventHandler(ports.ledger, ports.chime, ports.clock, commands, drift)


def reconciler(ports: Ports, applier: ChangeApplier, chime_events: ChimeEventHandler) -> Reconciler:
    expiry = Expiry(ports.ledger, ports.policies, ports.clock, ports.wakeups, applier)
    comparisons = Comparisons(ports.ledger, ports.clock, chime_events)
    return Reconciler(ports.ledger, ports.policies, ports.clock, applier, expiry, comparisons)


def restored() -> None:
    """Runs after Lambda has restored a snapshot of this process, in one or many copies.

    Opens connections anew, seeds `random` anew, and clears the warm cache. Ids take their randomness from the operating
    system.
    """
    clients.reconnect()
    random.seed()
    gavel.cache_clear()
    gavel()


@cache
def gavel() -> Gavel:
    return Gavel(ports(), tickets(), settings().display_name_claim)


@cache
def clock() -> Clock:
    return SystemClock()


@cache
def ports() -> Ports:
    stack = settings()
    return Ports(
        ledger=DynamoLedger(clients.dynamodb(), stack.table, stack.retention, clock().now),
        chime=ChimeGateway(clients.chime()),
        policies=CedarPolicies(claims=stack.policy_claims, command_sources=stack.command_sources),
        clock=clock(),
        wakeups=SqsWakeupScheduler(clients.sqs(), stack.wakeups_queue_url),
        for_each=in_threads,
    )


@cache
def tickets() -> Tickets:
    def asks_too_often(meeting_id: str, actor: Actor) -> bool:
        return is_rate_limited(ports().ledger, clock(), meeting_id, actor, OWN_COMMAND)

    return Tickets(
        meeting_queries(ports()).listening,
        asks_too_often,
        DynamoConnections(clients.dynamodb(), settings().table, clock().now),
        clock(),
        token_urlsafe,
        settings().live_url,
    )
