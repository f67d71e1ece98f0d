"""Small cases of what random schedules once found, gone through exhaustively: each names what was wrong."""

from collections.abc import Callable

from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, Medium, of_word
from moderation.domain.commands import Ban, GrantFloor, Mute, MuteEverybody, SetCapabilities, SetRole, Undo, Unmute

from tests.memory.moderated_meeting import MEETING, seat

from .faults import BESIDE
from .monitor import Asking
from .small import STALL, Case, host, meeting, two_hosts
from .small_consent import CONSENT
from .small_people import everybody
from .world import HOSTS, Simulation, asking


def _oneself(simulation: Simulation, label: str, who: str, command: Mute, after: float) -> None:
    actor = Actor(ActorKind.USER, who)
    request = Request(MEETING, actor, command, attendee_id=seat(who))
    simulation.process(who, [lambda: asking(label, actor, request, who)], after)


def moved_while_silent(simulation: Simulation) -> None:
    """bob is silent in Chime, which is still to be noted. Whoever changes something for all sees him silent, and then
    that he has changed something else: what was noted of him before is no proof that he is heard.
    """
    simulation.drifts("bob", 0, EVERYTHING & ~Capabilities.SEND_AUDIO, 0)
    everybody(simulation, "alice", MuteEverybody((Medium.CONTENT,)), 0.01)
    _oneself(simulation, "no video", "bob", Mute((Medium.VIDEO,)), 0.04)


def exclusive_floor_after_a_stall(simulation: Simulation) -> None:
    """A turn to speak begins when it is decided, and nothing is looked up between that and its commit."""
    command = GrantFloor(seconds=12, exclusive=True)
    request = Request(MEETING, HOSTS["alice"], command, attendee_id=seat("carol"))
    simulation.process("alice", [lambda: asking("floor", HOSTS["alice"], request, "carol")])
    simulation.reconciler(46)


def undone_after_the_floor_is_over(simulation: Simulation) -> None:
    """A ban ended a turn to speak. When it is undone, the turn would have been over: it is not brought back."""
    host(simulation, "floor", "alice", GrantFloor(seconds=2))
    host(simulation, "ban", "alice", Ban(), 1)

    def make() -> Asking:
        ban = next(change.id for change in simulation.store.changes.values() if change.command == "ban")
        return asking("undo", HOSTS["hugo"], Request(MEETING, HOSTS["hugo"], Undo(ban)), None)

    simulation.process("hugo", [make], 5)


def said_again_from_memory(simulation: Simulation) -> None:
    """What another has carried out meanwhile is in the ledger, and not in the memory of whoever says it again."""

    def made(label: str) -> Callable[[], Asking]:
        request = Request(MEETING, HOSTS["alice"], Mute(), attendee_id=seat("bob"))
        return lambda: asking(label, HOSTS["alice"], request, "bob")

    simulation.process("alice", [made("mute"), made("again")])
    simulation.reconciler(46)


def overtaken_in_flight(simulation: Simulation) -> None:
    """A call that takes its time comes after that of another host, who has noted theirs meanwhile."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "hugo", Unmute(), 0.05)


def noted_before_a_late_call(simulation: Simulation) -> None:
    """A function dies, and its last call takes effect after a change of everybody has noted what that one did."""
    host(simulation, "mute", "alice", Mute())
    meeting(simulation, 2, mode="presentation")
    simulation.reconciler(46)
    simulation.reconciler(110)


def muted_in_one_meeting_change(simulation: Simulation) -> None:
    """A host's change reads the meeting, and settles while a change of everybody is on its way."""
    host(simulation, "mute", "alice", Mute(media=(Medium.VIDEO,)))
    everybody(simulation, "hugo", MuteEverybody(), 0.03)


def asked_by_another(simulation: Simulation) -> None:
    """While bob is asked to unmute, another host wants bob to send audio and to receive no video. The answer says that
    video is done, and that audio waits for bob.
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
    """A promotion is undone after the turn to speak was given that comes with it: bob keeps neither."""
    host(simulation, "promote", "alice", SetRole("presenter"))
    host(simulation, "floor", "alice", GrantFloor(seconds=600), 1)

    def make() -> Asking:
        promoted = next(change.id for change in simulation.store.changes.values() if change.command == "set-role")
        return asking("undo", HOSTS["hugo"], Request(MEETING, HOSTS["hugo"], Undo(promoted)), None)

    simulation.process("hugo", [make], 2)


MOVED_WHILE_SILENT = Case("he changes something while all are changed", moved_while_silent, stage=CONSENT, at_least=30)
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
    Case("asked by another", asked_by_another, stage=CONSENT, preemptions=0, at_least=1),
    Case("undone while asked", undone_while_asked, stage=CONSENT, preemptions=0, at_least=1),
    Case("demoted by an undo", demoted_by_an_undo, preemptions=0, at_least=1),
)
