"""One meeting of a run: production code with a ledger and a Chime whose every operation the schedule decides on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from moderation.application.background.chime_events import ChimeEventHandler
from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities
from moderation.domain.commands import Register
from moderation.domain.meeting import Features, UnmuteConsent
from moderation.ports import ChimeAttendee

from tests.memory.ledger import MemoryLedger
from tests.memory.moderated_meeting import MEETING, attendee_of

from .account import Account
from .monitor import Asking, Monitor
from .policies import policies
from .prepared import registered
from .reading import ADMIN, Reader

HOSTS = {name: Actor(ActorKind.USER, name) for name in ("alice", "hugo")}
NEXT_DOOR = "22222222-2222-2222-2222-222222222222"
ATTENDEES_NEXT_DOOR = 100
"""An AttendeeId is used in one meeting only, and so are the numbers of attendees."""


@dataclass(frozen=True)
class Setup:
    """The state at the start of a run. `created`: attendees that Chime created with less than everything."""

    roles: Mapping[str, str]
    mode: str = "open"
    features: Features = field(default_factory=Features)
    strict: bool = False
    created: Mapping[str, Capabilities] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    consent: UnmuteConsent = UnmuteConsent.NONE


class Simulation:
    """Set up in an account, then given actors. A second one shares the account and its users."""

    def __init__(self, account: Account, setup: Setup, meeting_id: str = MEETING) -> None:
        self.account, self.setup, self.meeting_id = account, setup, meeting_id
        self.store, self.rooms, self.scheduler = account.store, account.rooms, account.scheduler
        self._set(setup)
        self.monitor: Monitor = account.watch(meeting_id)
        self.monitor.from_now_on()
        for each in self.attendees().values():
            self.monitor.holds(each, by_gavel=True)

    def is_watched(self) -> None:
        """Marks events in Chime that only a comparison is sure to find."""
        self.account.watched.add(self.meeting_id)

    def attendee_of(self, user: str, number: int = 0) -> str:
        return attendee_of(user, number + (ATTENDEES_NEXT_DOOR if self.meeting_id == NEXT_DOOR else 0))

    def attendees(self) -> dict[str, ChimeAttendee]:
        """The attendees of the meeting; none once it has ended."""
        return self.rooms.rooms[self.meeting_id].attendees if self.meeting_id in self.rooms.rooms else {}

    def _set(self, setup: Setup) -> None:
        """Registered and at rest. Prepared meetings are shared: nothing in them is changed in place."""
        here = {self.attendee_of(user): user for user in setup.roles if user not in setup.absent}
        room = self.rooms.open(self.meeting_id, here, setup.features, setup.strict)
        for user, capabilities in setup.created.items():
            room.attendees[self.attendee_of(user)] = ChimeAttendee(self.attendee_of(user), user, capabilities)
        created = setup.created.items()
        key = (*setup.roles.items(), setup.mode, setup.features, setup.strict, *created, *here, setup.consent)
        body = Register(roles=setup.roles, mode=setup.mode, unmute_consent=setup.consent)
        registered(key, self.meeting_id, body, self.store, self.rooms, policies())

    # ---- actors ----------------------------------------------------------------------------------------------------

    def process(self, name: str, askings: Sequence[Callable[[], Asking]], after: float = 0) -> None:
        """A warm function: its requests one after the other, with one cache, until it crashes."""

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
        attendee_id = self.attendee_of(user, number)

        def join() -> None:
            if self.meeting_id not in self.rooms.rooms:
                return
            self.scheduler.say("joins", attendee_id[:8], user)
            self.attendees()[attendee_id] = ChimeAttendee(attendee_id, user, capabilities)
            self.monitor.comes(self.attendees()[attendee_id])

        self.scheduler.spawn(user, join, after, inline=True)

    def drifts(self, user: str, number: int, capabilities: Capabilities, after: float) -> None:
        """Another system writes into Chime."""

        def drift() -> None:
            attendees, attendee_id = self.attendees(), self.attendee_of(user, number)
            if attendee_id in attendees:
                self.scheduler.say(f"is written {attendee_id[:8]} {capabilities.value:06b}", "ok", "out of band")
                attendees[attendee_id] = ChimeAttendee(attendee_id, user, capabilities)
                self.monitor.drifted.add(attendee_id)
                self.monitor.holds(attendees[attendee_id], by_gavel=False)

        self.scheduler.spawn(user, drift, after, inline=True)

    def told(self, name: str, tell: Callable[[ChimeEventHandler], None], after: float) -> None:
        self.account.told(name, tell, after)

    def leaves(self, user: str, after: float, number: int = 0) -> None:
        def leave() -> None:
            self.scheduler.say("is deleted", "ok", user)
            left = self.attendees().pop(self.attendee_of(user, number), None)
            if left is not None:
                self.monitor.leaves(left)

        self.scheduler.spawn(user, leave, after, inline=True)

    def closes(self, after: float) -> None:
        """Chime ends the meeting without a command of Gavel."""

        def close() -> None:
            if self.meeting_id in self.rooms.rooms:
                self.scheduler.say("the meeting is deleted", "ok", "out of band")
                for each in list(self.attendees().values()):
                    self.monitor.leaves(each)
                self.rooms.close(self.meeting_id)

        self.scheduler.spawn("somebody", close, after, inline=True)

    def reader(self, moments: Sequence[float]) -> None:
        """Reads the history at these times, each time from the cursor of the last answer."""
        reader = Reader(self.meeting_id)
        self.account.readers.append(reader)
        for moment in moments:
            self.scheduler.spawn("reader", partial(self._reads, reader), moment)

    def _reads(self, reader: Reader) -> None:
        reader.reads(self.account.function())


def asking(label: str, who: Actor, request: Request, subject: str | None) -> Asking:
    """The label is sent as the back end that acts for the caller, so that every change and entry has it."""
    return Asking(label, replace(request, actor=replace(who, via=label)), subject)


def registration(label: str, store: MemoryLedger, **body: object) -> Asking:
    """A registration by a back end that has just read the meeting's revision."""
    meeting = store.meetings.get(MEETING)
    if_match = f"m{meeting.revision}" if meeting else None
    request = Request(MEETING, ADMIN, Register(**body), if_match=if_match)  # type: ignore[arg-type]
    return asking(label, ADMIN, request, None)
