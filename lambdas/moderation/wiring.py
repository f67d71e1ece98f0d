"""Puts the moderator together with AWS. One of each per process, made when first needed."""

from functools import cache
from typing import Any

from .aws.settings import settings
from .core.command import Admit, Consent, Expire, HandCommand, MeetingCommand, Register, Undo
from .moderator.admission import Admissions
from .moderator.by_event import Remote
from .moderator.consents import Consents
from .moderator.drift import Drift
from .moderator.enforcement import Enforcement
from .moderator.facts import FactFinder
from .moderator.governor import Governor
from .moderator.hands import Hands
from .moderator.lists import Lists
from .moderator.moderator import Moderator
from .moderator.presence import Presence
from .moderator.reading import Reader
from .moderator.recall import Recall
from .moderator.reconciler import Reconciler
from .moderator.registration import Registrar
from .moderator.request import Outcome, Request
from .moderator.undoing import Undoing
from .ports import Surroundings, World

__all__ = ["Gavel", "gavel", "settings", "surroundings"]


class Gavel:
    """Everything that doors may ask for."""

    def __init__(self, world: World) -> None:
        enforcement = Enforcement(world)
        reader = Reader(world)
        facts = FactFinder(world)
        self._moderator = Moderator(world, facts, enforcement)
        self.presence = Presence(world, self._moderator, Drift(world, enforcement))
        self.reconciler = Reconciler(world, enforcement, self.presence)
        self._admissions = Admissions(world)
        self._governor = Governor(world, enforcement)
        self._registrar = Registrar(world, enforcement)
        self._hands = Hands(world, facts)
        self._consents = Consents(world, facts, enforcement)
        self._undoing = Undoing(world, self._moderator, self._governor)
        self.meeting = reader.meeting
        self.me = reader.me
        self.attendee = reader.attendee
        self.attendees = reader.attendees
        recall = Recall(world)
        self.history = recall.history
        self.change = recall.change
        lists = Lists(world)
        self.hands = lists.hands
        self.bans = lists.bans
        self.lobby = lists.lobby
        remote = Remote(world)
        self.meetings_named = remote.meetings_named
        self.refuse = remote.refuse

    def perform(self, request: Request) -> Outcome:
        command = request.command
        if isinstance(command, Register):
            return self._registrar.perform(request, command)
        if isinstance(command, MeetingCommand):
            return self._governor.perform(request, command)
        if isinstance(command, Admit):
            return self._admissions.perform(request, command)
        if isinstance(command, HandCommand):
            return self._hands.perform(request, command)
        if isinstance(command, Consent):
            return self._consents.perform(request, command)
        if isinstance(command, Undo):
            return self._undoing.perform(request, command)
        if isinstance(command, Expire):
            raise ValueError("only the clock ends what was to last for a time")
        return self._moderator.perform(request, command)


@cache
def gavel() -> Gavel:
    return Gavel(world())


@cache
def surroundings() -> Surroundings:
    from .aws.surroundings import RealSurroundings

    return RealSurroundings()


@cache
def world() -> World:
    from .aws.chime import ChimeGateway
    from .aws.ledger import DynamoLedger
    from .aws.reminders import SqsReminders
    from .policies import CedarPolicies

    ours = settings()
    return World(
        ledger=DynamoLedger(_client("dynamodb"), ours.table, ours.retention, surroundings().now),
        chime=ChimeGateway(_client("chime-sdk-meetings")),
        policies=CedarPolicies(),
        surroundings=surroundings(),
        reminders=SqsReminders(_client("sqs"), ours.reminders_queue_url),
    )


def _client(service: str) -> Any:
    """One attempt a call: whoever calls tries again by hand, within his own lease and deadline."""
    import boto3
    from botocore.config import Config

    from .aws.chime import CONNECT_TIMEOUT, READ_TIMEOUT

    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"total_max_attempts": 1, "mode": "standard"},
        tcp_keepalive=True,
    )
    return boto3.client(service, config=config)
