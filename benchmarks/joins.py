"""A muted user who reloads the page again and again, and one who joins sixty times at once, beside another meeting.

Time is virtual, so minutes of it take seconds; everything follows from the seed.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from moderation.application.background.chime_events import NotSettledError
from moderation.application.requests import Request
from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Medium, sending
from moderation.domain.commands import Mute, Register, Unmute
from moderation.ports import ChimeAttendee

from benchmarks.account import Account
from benchmarks.report import Report, Summary

SEED = 20261129
BUSY, OTHER = "busy", "other"
HOST, MUTED = "host", "muted"
RELOADS = (1, 5, 25, 100)
RELOAD_SECONDS = 2.0
JOINS = 60
MINUTES = 5
EVENTS_AT_ONCE, VISIBILITY = 2, 35.0
"""As `infra/constructs/chime_events.py` and `infra/resources/event_queue.py` have them."""
FIRST_PAUSE, LONGEST_PAUSE, PATIENCE = 0.1, 1.5, 7.0
"""As `chime_events/handler.py` has them."""
SPEECH = sending([Medium.AUDIO])
COLUMNS = ("", "capability calls", "for each join", "last audible", "a mute elsewhere, longest")
SETTING = f"""\
A muted user reloads the page every {RELOAD_SECONDS:.0f} s. Each time the back end creates an attendee and deletes
the one before. Then {JOINS} attendees of a muted user join at once, and stay. During this time a host in another
meeting mutes and unmutes a user every second. Chime takes 10 capability calls a second of the account, bursts of
20. Last audible: seconds from the last join until no attendee of the muted user may send audio."""
REMARKS = ("The clock is virtual, and every run follows from a seed. So these figures are the same on every machine.",)


@dataclass(frozen=True)
class Measured:
    joins: int
    calls: int
    audible: float
    elsewhere: float

    def row(self, name: str) -> list[str]:
        each = f"{self.calls / self.joins:.1f}" if self.joins else ""
        audible = f"{self.audible:.1f} s" if self.joins else ""
        return [name, str(self.calls), each, audible, f"{self.elsewhere * 1000:.0f} ms"]


def run() -> Report:
    quiet = measured([])
    reloads = {count: measured([n * RELOAD_SECONDS for n in range(count)], stays=False) for count in RELOADS}
    together = measured([0.0] * JOINS)
    most = max(found.calls / count for count, found in reloads.items())
    return Report(
        name="joins",
        title="A user who rejoins again and again",
        setting=SETTING,
        columns=COLUMNS,
        rows=[
            quiet.row("nobody joins"),
            *(found.row(f"{count} reloads") for count, found in reloads.items()),
            together.row(f"{JOINS} joins at once"),
        ],
        remarks=REMARKS,
        summaries=[
            Summary("calls for each reload of a muted user, at most", "1.0", f"{most:.1f}", "", "at most 2"),
            Summary(
                f"{JOINS} joins at once: a mute in another meeting",
                f"{quiet.elsewhere * 1000:.0f} ms without joins",
                f"{together.elsewhere * 1000:.0f} ms",
                f"{together.elsewhere / quiet.elsewhere:.1f} : 1",
                f"silent in 10 s: {together.audible:.1f} s",
            ),
        ],
    )


def measured(joins: Sequence[float], *, stays: bool = True) -> Measured:
    """`joins`: when attendees of the muted user join, in seconds. If they do not stay, each takes the place of the one
    before.
    """
    account = Account(SEED)
    for meeting in (BUSY, OTHER):
        account.chime.open(meeting, {_attendee(meeting, HOST): HOST, _attendee(meeting, MUTED): MUTED})
        registers = Request(meeting, Actor(ActorKind.ADMIN, "back-end"), Register(roles={HOST: "host"}))
        account.time.spawn(partial(account.perform, registers))
    account.time.spawn(partial(account.perform, _of_the_host(BUSY, Mute())), 1)
    account.time.run()
    account.start_anew()
    events, last, took = Events(account), max(joins, default=0.0), list[float]()
    for number, at in enumerate(joins):
        account.time.spawn(partial(events.join, number, stays=stays), at)
    account.time.spawn(partial(_commanding_elsewhere, account, last + 10, took))
    account.tick_until(lambda: not account.open_changes(), MINUTES)
    account.time.run()
    muted = [attendee for attendee in account.chime.rooms[BUSY].attendees.values() if attendee.user_id == MUTED]
    if any(SPEECH in attendee.capabilities for attendee in muted):
        raise RuntimeError("the muted user is audible")
    heard = [
        account.chime.heard[attendee.attendee_id] for attendee in muted if attendee.attendee_id in account.chime.heard
    ]
    silent_at = max((moments[-1][0] for moments in heard), default=0.0)
    return Measured(len(joins), len(account.chime.taken) - len(took), silent_at - last, max(took))


class Events:
    """What Chime tells of attendees, as its queue delivers it: so much at a time."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._attendees = account.chime.rooms[BUSY].attendees
        self._waiting: deque[Callable[[Gavel], None]] = deque()
        self._at_once = 0

    def join(self, number: int, *, stays: bool) -> None:
        """If they do not stay, the muted user's attendee of before is deleted."""
        left = [] if stays else [attendee for attendee, held in self._attendees.items() if held.user_id == MUTED]
        for attendee in left:
            del self._attendees[attendee]
            self._waiting.append(partial(_deleted, attendee))
        new = _attendee(BUSY, f"{MUTED}-{number}")
        self._attendees[new] = ChimeAttendee(new, MUTED, EVERYTHING)
        self._waiting.append(partial(_came, new))
        self._work_off()

    def _work_off(self) -> None:
        if self._at_once < EVENTS_AT_ONCE:
            self._at_once += 1
            while self._waiting:
                self._handle(self._waiting.popleft())
            self._at_once -= 1

    def _handle(self, told: Callable[[Gavel], None]) -> None:
        """What can't be seen to at once is tried again, and in the end comes again by itself."""
        time = self._account.time
        until, pause = time.seconds + PATIENCE, FIRST_PAUSE
        while True:
            try:
                return self._account.in_a_process(told)
            except NotSettledError:
                if time.seconds + pause > until:
                    return time.spawn(partial(self._again, told), VISIBILITY)
                time.sleep(pause * (0.5 + self._account.jitter() / 2))
                pause = min(pause * 2, LONGEST_PAUSE)

    def _again(self, told: Callable[[Gavel], None]) -> None:
        self._waiting.append(told)
        self._work_off()


def _came(attendee: str, gavel: Gavel) -> None:
    gavel.chime_events.on_joined(BUSY, attendee)


def _deleted(attendee: str, gavel: Gavel) -> None:
    gavel.chime_events.on_deleted(BUSY, attendee)


def _commanding_elsewhere(account: Account, until: float, took: list[float]) -> None:
    """One call to Chime for each, so the calls of the busy meeting are the others."""
    while account.time.seconds < until:
        for command in (Mute(), Unmute()):
            began = account.time.seconds
            account.perform(_of_the_host(OTHER, command))
            took.append(account.time.seconds - began)
            account.time.sleep(max(0.001, 1 - took[-1]))


def _of_the_host(meeting: str, command: Mute | Unmute) -> Request:
    return Request(meeting, Actor(ActorKind.USER, HOST), command, attendee_id=_attendee(meeting, MUTED))


def _attendee(meeting: str, name: str) -> str:
    return f"{meeting}/{name}"
