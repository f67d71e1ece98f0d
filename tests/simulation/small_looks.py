"""Small cases of what was seen in Chime and has moved on since: each names what was wrong."""

from dataclasses import replace

from moderation.application.requests import Request
from moderation.domain.capability import Capabilities, Medium
from moderation.domain.commands import Admit, LetIn, Mute, MuteEverybody, SetMeeting, Unmute

from tests.memory.moderated_meeting import MEETING, seat

from .reading import ADMIN
from .small import CRASH, STAGE, Case, host
from .small_people import AGAIN, everybody
from .world import HOSTS, Simulation, asking

PRESENTATION = replace(STAGE, mode="presentation")
RECEIVING = Capabilities.RECEIVE_AUDIO | Capabilities.RECEIVE_VIDEO | Capabilities.RECEIVE_CONTENT


def bound_during_a_comparison(simulation: Simulation) -> None:
    """A comparison reads the roster and is frozen. The newcomer on it is given what the rules say, and a minute passes:
    what the roster shows of zoe is no drift.
    """
    simulation.is_watched()
    simulation.joins("zoe", 0, 100)
    simulation.reconciler(121)
    simulation.told("came zoe", lambda presence: presence.on_joined(MEETING, seat("zoe")), 122)


def applied_during_a_comparison(simulation: Simulation) -> None:
    """Another system has taken capabilities from bob. A mute-all gives them back while a comparison is frozen: by the
    rules bob has what they had. What the comparison found is no drift any more.
    """
    simulation.is_watched()
    simulation.drifts("bob", 0, RECEIVING & ~Capabilities.RECEIVE_CONTENT, 100)
    simulation.reconciler(121)
    everybody(simulation, "alice", MuteEverybody(), 121)


def let_in_unseen(simulation: Simulation) -> None:
    """A host lets bob in, who need not wait, and finds an attendee that no event has told of: the rules are applied."""
    request = Request(MEETING, HOSTS["alice"], LetIn(), user_id="bob")
    simulation.leaves("bob", 0)
    everybody(simulation, "hugo", MuteEverybody((Medium.VIDEO,)), 1)
    simulation.joins("bob", AGAIN, 2)
    simulation.process("alice", [lambda: asking("let in", HOSTS["alice"], request, "bob")], 3)


def admitted_while_all_are_muted(simulation: Simulation) -> None:
    """A back end admits bob once more during a mute-all: that is no change of bob's rules that would note what the
    mute-all has done.
    """
    request = Request(MEETING, ADMIN, Admit({"bob": None}))
    everybody(simulation, "alice", MuteEverybody(), 0)
    simulation.process("back-end", [lambda: asking("admit", ADMIN, request, None)])


def woken_after_a_batch(simulation: Simulation) -> None:
    """A function is frozen right after a batch, and wakes while another one goes on with its change. What a newcomer
    holds, who came after a mute-all, is none of the batch's doing.
    """
    everybody(simulation, "alice", SetMeeting(mode="open"), 0)
    everybody(simulation, "hugo", MuteEverybody(), 40)
    simulation.joins("zoe", 0, 42)
    simulation.reconciler(46.045)


def corrected_without_a_lease(simulation: Simulation) -> None:
    """A function is frozen after a batch that has reached a newcomer, until another one has finished its change. It
    grants nothing any more that no process would apply.
    """
    simulation.is_watched()
    everybody(simulation, "alice", SetMeeting(mode="presentation"), 0)
    simulation.joins("zoe", 0, 0.05)
    everybody(simulation, "hugo", SetMeeting(mode="open"), 1)
    simulation.reconciler(45.2)


def bound_without_a_lease(simulation: Simulation) -> None:
    """A function is frozen before it reads the roster, until another one has finished its change. It binds no newcomer,
    for it could not apply the rules to them any more.
    """
    everybody(simulation, "alice", MuteEverybody(), 0)
    simulation.reconciler(45.2)
    simulation.joins("zoe", 0, 45.9)
    simulation.is_watched()


def left_while_muted(simulation: Simulation) -> None:
    """bob leaves during the mute, and another process notes it first: the mute has nobody to apply to."""
    host(simulation, "mute", "alice", Mute())
    simulation.leaves("bob", 0.005)
    simulation.told("deleted bob", lambda presence: presence.on_deleted(MEETING, seat("bob")), 0.006)


def drift_by_an_older_change(simulation: Simulation) -> None:
    """A mute ends by itself before the last of its calls takes effect. While it is looked at again, another process
    compares the meeting: it tells of a drift, and the mute puts it right.
    """
    host(simulation, "mute", "alice", Mute(seconds=2))
    simulation.reconciler(121)
    simulation.reconciler(121)


def gone_through_again(simulation: Simulation) -> None:
    """A mute-all tells that bob is silent, and its function dies. A host unmutes bob, and mutes them again while
    another function goes on with the mute-all: it tells the same once more, for it has happened once more.
    """
    everybody(simulation, "alice", MuteEverybody(), 0)
    host(simulation, "unmute", "hugo", Unmute(), 1)
    host(simulation, "mute", "hugo", Mute(), 46)
    simulation.reconciler(46)


BOUND_DURING_A_LOOK = Case(
    "a newcomer is bound while a comparison is frozen",
    bound_during_a_comparison,
    {"stall 75 s": 1.0},
    preemptions=0,
    stage=PRESENTATION,
    at_least=10,
)
APPLIED_DURING_A_LOOK = Case(
    "a mute-all while a comparison is frozen",
    applied_during_a_comparison,
    {"stall 12 s": 1.0, "slow": 1.0},
    preemptions=0,
    stage=PRESENTATION,
    at_least=10,
)
ADMITTED_MEANWHILE = Case("admitted while all are muted", admitted_while_all_are_muted, at_least=40)
WOKEN_AFTER_A_BATCH = Case(
    "woken after a batch", woken_after_a_batch, {"stall 46 s": 1.0}, preemptions=1, stage=PRESENTATION
)
CORRECTED_WITHOUT_A_LEASE = Case(
    "corrected without a lease", corrected_without_a_lease, {"stall 46 s": 1.0}, preemptions=1
)
BOUND_WITHOUT_A_LEASE = Case(
    "bound without a lease", bound_without_a_lease, {"stall 46 s": 1.0}, preemptions=0, at_least=10
)
LEFT_MEANWHILE = Case("left while muted", left_while_muted, preemptions=2, at_least=40)
DRIFT_BY_AN_OLDER_CHANGE = Case(
    "drift by an older change", drift_by_an_older_change, {"unknown end, done later": 1.0}, preemptions=1
)
ALONE = replace(STAGE, absent=frozenset({"carol"}))
GONE_THROUGH_AGAIN = Case("gone through again", gone_through_again, CRASH, preemptions=1, stage=ALONE)
LOOKS = (
    BOUND_WITHOUT_A_LEASE,
    GONE_THROUGH_AGAIN,
    DRIFT_BY_AN_OLDER_CHANGE,
    LEFT_MEANWHILE,
    ADMITTED_MEANWHILE,
    WOKEN_AFTER_A_BATCH,
    CORRECTED_WITHOUT_A_LEASE,
    BOUND_DURING_A_LOOK,
    APPLIED_DURING_A_LOOK,
    Case("let in unseen", let_in_unseen, stage=PRESENTATION, preemptions=0, at_least=1),
)
