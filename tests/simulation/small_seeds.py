"""Small cases of faults that random schedules found, explored exhaustively. Each names the fault."""

from collections.abc import Callable

from moderation.application.requests import Request
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.commands import Ban, GrantFloor, Mute, MuteEverybody, SetCapabilities, SetRole, Undo, Unmute

from tests.memory.moderated_meeting import MEETING, attendee_of

from .faults import BESIDE
from .monitor import Asking
from .small import STALL, Case, host, meeting, oneself, two_hosts
from .small_consent import CONSENT
from .small_users import everybody
from .world import HOSTS, Simulation, asking


def moved_while_silent(simulation: Simulation) -> None:
    """bob is silent in Chime, and this is not noted yet. The meeting's change sees bob silent, and then that bob has
    changed something else: the older note is no proof that bob is heard.
    """
    simulation.drifts("bob", 0, EVERYTHING & ~Capabilities.SEND_AUDIO, 0)
    everybody(simulation, "alice", MuteEverybody((Medium.CONTENT,)), 0.01)
    oneself(simulation, "no video", "bob", Mute((Medium.VIDEO,)), 0.04)


def exclusive_floor_after_a_stall(simulation: Simulation) -> None:
    """A floor begins when it is decided, and nothing is read between the decision and its commit."""
    command = GrantFloor(seconds=12, exclusive=True)
    request = Request(MEETING, HOSTS["alice"], command, attendee_id=attendee_of("carol"))
    simulation.process("alice", [lambda: asking("floor", HOSTS["alice"], request, "carol")])
    simulation.reconciler(46)


def undone_after_the_floor_is_over(simulation: Simulation) -> None:
    """A ban ended a floor. When the ban is undone, the floor would have ended: it is not restored."""
    host(simulation, "floor", "alice", GrantFloor(seconds=2))
    host(simulation, "ban", "alice", Ban(), 1)

    def make() -> Asking:
        ban = next(change.id for change in simulation.store.changes.values() if change.command == "ban")
        return asking("undo", HOSTS["hugo"], Request(MEETING, HOSTS["hugo"], Undo(ban)), None)

    simulation.process("hugo", [make], 5)


def said_again_from_memory(simulation: Simulation) -> None:
    """What another process has applied meanwhile is in the ledger, and not in the cache of the repeating process."""

    def made(label: str) -> Callable[[], Asking]:
        request = Request(MEETING, HOSTS["alice"], Mute(), attendee_id=attendee_of("bob"))
        return lambda: asking(label, HOSTS["alice"], request, "bob")

    simulation.process("alice", [made("mute"), made("again")])
    simulation.reconciler(46)


def overtaken_in_flight(simulation: Simulation) -> None:
    """A slow call ends after that of another host, who has noted theirs meanwhile."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "hugo", Unmute(), 2.2)


def noted_before_a_late_call(simulation: Simulation) -> None:
    """A function dies, and its last call takes effect after a meeting's change has noted that call's effect."""
    host(simulation, "mute", "alice", Mute())
    meeting(simulation, 2, mode="presentation")
    simulation.reconciler(46)
    simulation.reconciler(110)


def muted_in_one_meeting_change(simulation: Simulation) -> None:
    """A host's change reads the meeting, and settles while a meeting's change is on its way."""
    host(simulation, "mute", "alice", Mute(media=(Medium.VIDEO,)))
    everybody(simulation, "hugo", MuteEverybody(), 0.03)


def asked_by_another(simulation: Simulation) -> None:
    """While bob is asked to unmute, another host wants bob to send audio and to receive no video. The answer says that
    video is applied, and that audio waits for bob.
    """
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "alice", Unmute(), 1)
    wanted = {Medium.AUDIO: of_word(Medium.AUDIO, "SendReceive"), Medium.VIDEO: of_word(Medium.VIDEO, "None")}
    host(simulation, "wish", "hugo", SetCapabilities(wanted), 2)


def undone_while_asked(simulation: Simulation) -> None:
    """While bob is asked to unmute, another host undoes the mute of audio and video: video is back, and audio waits."""
    host(simulation, "mute", "alice", Mute((Medium.AUDIO, Medium.VIDEO)))
    host(simulation, "unmute", "alice", Unmute(), 1)

    def make() -> Asking:
        muted = next(change.id for change in simulation.store.changes.values() if change.command == "mute")
        return asking("undo", HOSTS["hugo"], Request(MEETING, HOSTS["hugo"], Undo(muted)), None)

    simulation.process("hugo", [make], 2)


def demoted_by_an_undo(simulation: Simulation) -> None:
    """A promotion is undone after a floor was granted that the role permits: bob keeps neither."""
    host(simulation, "promote", "alice", SetRole("presenter"))
    host(simulation, "floor", "alice", GrantFloor(seconds=600), 1)

    def make() -> Asking:
        promoted = next(change.id for change in simulation.store.changes.values() if change.command == "set-role")
        return asking("undo", HOSTS["hugo"], Request(MEETING, HOSTS["hugo"], Undo(promoted)), None)

    simulation.process("hugo", [make], 2)


MOVED_WHILE_SILENT = Case("bob changes something while all are changed", moved_while_silent, setup=CONSENT, at_least=30)
LATE_FLOOR = Case(
    "an exclusive floor, a stall anywhere",
    exclusive_floor_after_a_stall,
    {"stall 12 s": 1.0},
    preemptions=0,
    at_least=8,
)
UNDONE_LATE = Case("a ban is undone after the floor is over", undone_after_the_floor_is_over, preemptions=0, at_least=1)
SAID_AGAIN = Case("said again from memory, a stall anywhere", said_again_from_memory, STALL, preemptions=0, at_least=15)
BESIDE_EACH_OTHER = Case("two hosts, their transactions beside each other", two_hosts, {BESIDE: 1.0}, at_least=60)
OVERTAKEN_IN_FLIGHT = Case("a call comes after what another has noted", overtaken_in_flight, {"slow": 1.0}, at_least=10)
NOTED_EARLY = Case(
    "a note, and then a dead function's call",
    noted_before_a_late_call,
    {"crash, done later": 1.0},
    preemptions=0,
    at_least=10,
)
SETTLED_BESIDE = Case("a host settles beside everybody", muted_in_one_meeting_change, preemptions=3, at_least=100)
SEEDS = (
    MOVED_WHILE_SILENT,
    LATE_FLOOR,
    UNDONE_LATE,
    SAID_AGAIN,
    BESIDE_EACH_OTHER,
    OVERTAKEN_IN_FLIGHT,
    NOTED_EARLY,
    SETTLED_BESIDE,
    Case("asked by another", asked_by_another, setup=CONSENT, preemptions=0, at_least=1),
    Case("undone while asked", undone_while_asked, setup=CONSENT, preemptions=0, at_least=1),
    Case("demoted by an undo", demoted_by_an_undo, preemptions=0, at_least=1),
)
