"""One meeting in a run: production code around a ledger and a Chime whose every operation the schedule decides on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from moderation.application.background.chime_events import ChimeEventHandler
from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.commands import Register
from moderation.domain.meeting import Features, UnmuteConsent
from moderation.ports import SeatInChime

from tests.memory.ledger import MemoryLedger
from tests.memory.moderated_meeting import MEETING, seat

from .account import Account
from .monitor import Asking, Monitor
from .policies import policies
from .prepared import registered
from .reading import ADMIN, Reader

HOSTS = {name: Actor(ActorKind.USER, name) for name in ("alice", "hugo")}
NEXT_DOOR = "22222222-2222-2222-2222-222222222222"
SEATS_NEXT_DOOR = 100
"""An attendee's id is used in one meeting only; so are the numbers of seats."""


@dataclass(frozen=True)
class Stage:
    """What stands when a run begins. `created`: whoever Chime created with less than everything."""

    roles: Mapping[str, str]
    mode: str = "open"
    features: Features = field(default_factory=Features)
    strict: bool = False
    created: Mapping[str, Capabilities] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    consent: UnmuteConsent = UnmuteConsent.NONE


class Simulation:
    """Set up in an account, then given actors. A second one is in the same account, with the same people."""

    def __init__(self, account: Account, stage: Stage, meeting_id: str = MEETING) -> None:
        self.account, self.stage, self.meeting_id = account, stage, meeting_id
        self.store, self.rooms, self.scheduler = account.store, account.rooms, account.scheduler
        self._set(stage)
        self.monitor: Monitor = account.watch(meeting_id)
        self.monitor.from_now_on()
        for each in self.seats().values():
            self.monitor.holds(each, by_gavel=True)

    def is_watched(self) -> None:
        """Things happen in Chime that only a comparison is sure to find."""
        self.account.watched.add(self.meeting_id)

    def seat(self, user: str, number: int = 0) -> str:
        return seat(user, number + (SEATS_NEXT_DOOR if self.meeting_id == NEXT_DOOR else 0))

    def seats(self) -> dict[str, SeatInChime]:
        """Who sits in the meeting; nobody, once it has ended."""
        return self.rooms.rooms[self.meeting_id].seats if self.meeting_id in self.rooms.rooms else {}

    def _set(self, stage: Stage) -> None:
        """Registered and at rest. What is prepared once is shared: nothing in it is ever changed in place."""
        here = {self.seat(user): user for user in stage.roles if user not in stage.absent}
        room = self.rooms.open(self.meeting_id, here, stage.features, stage.strict)
        for user, capabilities in stage.created.items():
            room.seats[self.seat(user)] = SeatInChime(self.seat(user), user, capabilities)
        created = stage.created.items()
        key = (*stage.roles.items(), stage.mode, stage.features, stage.strict, *created, *here, stage.consent)
        body = Register(roles=stage.roles, mode=stage.mode, unmute_consent=stage.consent)
        registered(key, self.meeting_id, body, self.store, self.rooms, policies())

    # ---- actors ----------------------------------------------------------------------------------------------------

    def process(self, name: str, askings: Sequence[Callable[[], Asking]], after: float = 0) -> None:
        """A warm function: its requests one after the other, with the same memory, until it crashes."""

        def live() -> None:
            gavel = self.account.function()
            for make in askings:
                asking = make()
                monitor = self.account.monitors[asking.request.meeting_id]
                monitor.begins(asking)
                monitor.ends(gavel.perform(asking.request))

        self.scheduler.spawn(name, live, after)

    def reconciler(self, after: float = 0, name: str = "reconciler") -> None:
        self.account.reconciler(after, name)

    def joins(self, user: str, number: int, after: float, capabilities: Capabilities = EVERYTHING) -> None:
        attendee_id = self.seat(user, number)

        def join() -> None:
            if self.meeting_id not in self.rooms.rooms:
                return
            self.scheduler.say("joins", attendee_id[:8], user)
            self.seats()[attendee_id] = SeatInChime(attendee_id, user, capabilities)
            self.monitor.comes(self.seats()[attendee_id])

        self.scheduler.spawn(user, join, after, inline=True)

    def drifts(self, user: str, number: int, capabilities: Capabilities, after: float) -> None:
        """Somebody writes into Chime without asking Gavel."""

        def drift() -> None:
            seats, attendee_id = self.seats(), self.seat(user, number)
            if attendee_id in seats:
                self.scheduler.say(f"is written {attendee_id[:8]} {capabilities.value:06b}", "ok", "out of band")
                seats[attendee_id] = SeatInChime(attendee_id, user, capabilities)
                self.monitor.drifted.add(attendee_id)
                self.monitor.holds(seats[attendee_id], by_gavel=False)

        self.scheduler.spawn(user, drift, after, inline=True)

    def told(self, name: str, tell: Callable[[ChimeEventHandler], None], after: float) -> None:
        self.account.told(name, tell, after)

    def leaves(self, user: str, after: float, number: int = 0) -> None:
        def leave() -> None:
            self.scheduler.say("is deleted", "ok", user)
            left = self.seats().pop(self.seat(user, number), None)
            if left is not None:
                self.monitor.leaves(left)

        self.scheduler.spawn(user, leave, after, inline=True)

    def closes(self, after: float) -> None:
        """Chime holds the meeting no more, and nobody of Gavel has ended it."""

        def close() -> None:
            if self.meeting_id in self.rooms.rooms:
                self.scheduler.say("the meeting is deleted", "ok", "out of band")
                for each in list(self.seats().values()):
                    self.monitor.leaves(each)
                self.rooms.close(self.meeting_id)

        self.scheduler.spawn("somebody", close, after, inline=True)

    def reader(self, moments: Sequence[float]) -> None:
        """Reads the history at these moments, each time from where the last answer has left off."""
        reader = Reader(self.meeting_id)
        self.account.readers.append(reader)
        for moment in moments:
            self.scheduler.spawn("reader", partial(self._reads, reader), moment)

    def _reads(self, reader: Reader) -> None:
        reader.reads(self.account.function())


def asking(label: str, who: Actor, request: Request, subject: str | None) -> Asking:
    """The label travels as the back end that speaks for whoever asks, so that every change and entry bears it."""
    return Asking(label, replace(request, actor=replace(who, via=label)), subject)


def registration(label: str, store: MemoryLedger, **body: object) -> Asking:
    """As a back end does it that has just looked which revision the meeting has."""
    meeting = store.meetings.get(MEETING)
    if_match = f"m{meeting.revision}" if meeting else None
    request = Request(MEETING, ADMIN, Register(**body), if_match=if_match)  # type: ignore[arg-type]
    return asking(label, ADMIN, request, None)
