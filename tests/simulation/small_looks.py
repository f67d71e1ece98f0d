"""Small cases of reads of Chime that are out of date, explored exhaustively. Each names the fault."""

from dataclasses import replace
from datetime import timedelta

from moderation.application.requests import Request
from moderation.domain.capability import Capabilities, Medium
from moderation.domain.commands import (
    Admit,
    Ban,
    GrantFloor,
    LetIn,
    Mute,
    MuteEverybody,
    SetMeeting,
    Unban,
    Unmute,
)

from tests.memory.moderated_meeting import MEETING, attendee_of

from .reading import ADMIN
from .scheduler import START
from .small import CRASH, SETUP, Case, host, meeting
from .small_users import AGAIN, PRESENTATION, everybody
from .world import HOSTS, Simulation, asking

WITH_PIA = replace(SETUP, roles={**SETUP.roles, "pia": "participant"})
RECEIVING = Capabilities.RECEIVE_AUDIO | Capabilities.RECEIVE_VIDEO | Capabilities.RECEIVE_CONTENT


def bound_during_a_comparison(simulation: Simulation) -> None:
    """A comparison reads the roster and stalls. The newcomer on it gets what the rules say, and a minute passes: the
    roster's state of zoe is no drift.
    """
    simulation.is_watched()
    simulation.joins("zoe", 0, 100)
    simulation.reconciler(121)
    simulation.told("came zoe", lambda presence: presence.on_joined(MEETING, attendee_of("zoe")), 122)


def applied_during_a_comparison(simulation: Simulation) -> None:
    """Another system has taken capabilities from bob. A mute-all gives them back while a comparison stalls. What the
    comparison read is no drift any more.
    """
    simulation.is_watched()
    simulation.drifts("bob", 0, RECEIVING & ~Capabilities.RECEIVE_CONTENT, 100)
    simulation.reconciler(121)
    everybody(simulation, "alice", MuteEverybody(), 121)


def let_in_unseen(simulation: Simulation) -> None:
    """A host admits bob, who need not wait, and finds an attendee that no event has announced: the rules
    are applied.
    """
    request = Request(MEETING, HOSTS["alice"], LetIn(), user_id="bob")
    simulation.leaves("bob", 0)
    everybody(simulation, "hugo", MuteEverybody((Medium.VIDEO,)), 1)
    simulation.joins("bob", AGAIN, 2)
    simulation.process("alice", [lambda: asking("let in", HOSTS["alice"], request, "bob")], 3)


def admitted_while_all_are_muted(simulation: Simulation) -> None:
    """A back end admits bob again during a mute-all. No change of bob's rules notes the effect of the mute-all."""
    request = Request(MEETING, ADMIN, Admit({"bob": None}))
    everybody(simulation, "alice", MuteEverybody(), 0)
    simulation.process("back-end", [lambda: asking("admit", ADMIN, request, None)])


def woken_after_a_batch(simulation: Simulation) -> None:
    """A function stalls right after a batch, and wakes while another continues its change. A newcomer who joined after
    a mute-all does not hold the batch's capabilities.
    """
    everybody(simulation, "alice", SetMeeting(mode="open"), 0)
    everybody(simulation, "hugo", MuteEverybody(), 40)
    simulation.joins("zoe", 0, 42)
    simulation.reconciler(46.045)


def seen_after_another_change(simulation: Simulation) -> None:
    """A batch has reached a newcomer, and another change of the meeting is the first to see them. What the batch left
    them is not what they are granted.
    """
    simulation.is_watched()
    everybody(simulation, "alice", SetMeeting(mode="presentation"), 0)
    simulation.joins("zoe", 0, 0.05)
    everybody(simulation, "hugo", SetMeeting(mode="open"), 1)
    simulation.reconciler(45.2)


def bound_without_a_lease(simulation: Simulation) -> None:
    """A function stalls before it reads the roster, until another has finished its change. It binds no newcomer,
    because it could not apply the rules to them.
    """
    everybody(simulation, "alice", MuteEverybody(), 0)
    simulation.reconciler(45.2)
    simulation.joins("zoe", 0, 45.9)
    simulation.is_watched()


def noted_after_a_freeze(simulation: Simulation) -> None:
    """A host's function stalls after its call, and notes it after another change has reached bob and noted that. The
    other change is looked at again, and must not report the same again.
    """
    host(simulation, "mute", "alice", Mute())
    meeting(simulation, 2, mode="presentation")
    simulation.reconciler(34)
    simulation.reconciler(80)


def banned_for_a_moment(simulation: Simulation) -> None:
    """A ban ends before the function that removed bob has noted it, or before another one continues."""
    host(simulation, "ban", "alice", Ban(until=START + timedelta(seconds=2)))
    simulation.reconciler(48)
    simulation.reconciler(95)


def banned_and_unbanned(simulation: Simulation) -> None:
    """A ban is lifted before the function that removed bob has noted it."""
    host(simulation, "ban", "alice", Ban())
    host(simulation, "unban", "hugo", Unban(), 1)
    simulation.reconciler(46.1)
    simulation.reconciler(92)


def ban_ended_under_a_call(simulation: Simulation) -> None:
    """A ban ends while a meeting's change removes bob by it. The call is not repeated. If Chime took it, it is
    reported.
    """
    host(simulation, "ban", "alice", Ban(until=START + timedelta(seconds=2)))
    meeting(simulation, 0.5, mode="presentation")
    simulation.reconciler(2.5)
    simulation.reconciler(46.1)
    simulation.reconciler(92)


def ban_ended_before_the_note(simulation: Simulation) -> None:
    """A ban ends before the function that removed bob has noted it, and a host who mutes bob finds the
    attendee gone.
    """
    host(simulation, "ban", "alice", Ban(until=START + timedelta(seconds=2)))
    simulation.reconciler(3)
    host(simulation, "mute", "hugo", Mute(), 35)
    simulation.reconciler(46.1)


def mute_all_ended_during_a_claim(simulation: Simulation) -> None:
    """A function dies during a comparison, and the reminder is lost. The end of a mute-all does not wait for the
    claim to expire.
    """
    simulation.is_watched()
    everybody(simulation, "alice", MuteEverybody(seconds=130), 0)
    simulation.reconciler(121)


def muted_during_a_comparison(simulation: Simulation) -> None:
    """A function stalls before it notes a comparison, and the reminder of the mute-all that comes meanwhile is lost.
    The note does not put off the end of the mute-all.
    """
    simulation.is_watched()
    simulation.reconciler(121)
    everybody(simulation, "alice", MuteEverybody(seconds=60), 121.2)


def floor_ended_during_a_comparison(simulation: Simulation) -> None:
    """bob's floor ends while a comparison reads: what it gave is no drift."""
    simulation.is_watched()
    host(simulation, "floor", "alice", GrantFloor(121))
    simulation.reconciler(121)


def joined_between_two_batches(simulation: Simulation) -> None:
    """A meeting's change has two batches, and the first is slow. bob, who is muted, joins as another attendee
    meanwhile: the second batch, meant for others, does not let them be heard.
    """
    simulation.is_watched()
    for number in (4, 5):
        simulation.joins("bob", number, 0)
        _told(simulation, number, 0.1)
    host(simulation, "mute", "alice", Mute(), 0.5)
    meeting(simulation, 2, mode="audio-only")
    simulation.joins("bob", 6, 2.5, RECEIVING)
    _told(simulation, 6, 2.6)


def _told(simulation: Simulation, number: int, after: float) -> None:
    simulation.told("came bob", lambda presence: presence.on_joined(MEETING, attendee_of("bob", number)), after)


def left_while_muted(simulation: Simulation) -> None:
    """bob leaves during the mute, and another process notes it first: the mute has no attendee to apply to."""
    host(simulation, "mute", "alice", Mute())
    simulation.leaves("bob", 0.005)
    simulation.told("deleted bob", lambda presence: presence.on_deleted(MEETING, attendee_of("bob")), 0.006)


def gone_through_again(simulation: Simulation) -> None:
    """A mute-all reports that bob is silent, and its function dies. A host unmutes and mutes bob while another function
    continues the mute-all: it reports the same again, because it has happened again.
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
    setup=PRESENTATION,
    at_least=10,
)
APPLIED_DURING_A_LOOK = Case(
    "a mute-all while a comparison is frozen",
    applied_during_a_comparison,
    {"stall 12 s": 1.0, "slow": 1.0},
    preemptions=0,
    setup=PRESENTATION,
    at_least=10,
)
ADMITTED_MEANWHILE = Case("admitted while all are muted", admitted_while_all_are_muted, at_least=40)
WOKEN_AFTER_A_BATCH = Case(
    "woken after a batch", woken_after_a_batch, {"stall 46 s": 1.0}, preemptions=1, setup=PRESENTATION
)
SEEN_AFTER_ANOTHER_CHANGE = Case(
    "seen after another change", seen_after_another_change, {"stall 46 s": 1.0}, preemptions=1
)
BOUND_WITHOUT_A_LEASE = Case(
    "bound without a lease", bound_without_a_lease, {"stall 46 s": 1.0}, preemptions=0, at_least=10
)
LEFT_MEANWHILE = Case("left while muted", left_while_muted, preemptions=2, at_least=40)
ALONE = replace(SETUP, absent=frozenset({"carol"}))
GONE_THROUGH_AGAIN = Case("gone through again", gone_through_again, CRASH, preemptions=1, setup=ALONE)
NOTED_AFTER_A_FREEZE = Case(
    "noted after a freeze",
    noted_after_a_freeze,
    {"stall 31 s": 1.0, "unknown end, done": 1.0},
    preemptions=0,
    at_least=60,
)
BANNED_FOR_A_MOMENT = Case(
    "banned for a moment, a crash anywhere", banned_for_a_moment, CRASH, preemptions=0, at_least=30
)
JOINED_BETWEEN_TWO_BATCHES = Case(
    "joined between two batches",
    joined_between_two_batches,
    {"slow": 1.0},
    preemptions=0,
    setup=WITH_PIA,
    at_least=20,
    slow=1,
)
BAN_ENDED_UNDER_A_CALL = Case(
    "a ban ends under a call",
    ban_ended_under_a_call,
    {"unknown end, undone": 1.0, "slow": 1.0, "crash after": 1.0},
    preemptions=0,
    slow=1,
    at_least=100,
)
BAN_ENDED_BEFORE_THE_NOTE = Case(
    "a ban ends before the note", ban_ended_before_the_note, CRASH, preemptions=1, at_least=60
)
MUTE_ALL_ENDED_DURING_A_CLAIM = Case(
    "a mute-all ends during a claim",
    mute_all_ended_during_a_claim,
    {"crash after": 1.0, "reminder lost": 1.0},
    preemptions=0,
    at_least=20,
)
MUTED_DURING_A_COMPARISON = Case(
    "all are muted during a comparison",
    muted_during_a_comparison,
    {"stall 1 s": 1.0, "reminder lost": 1.0},
    preemptions=0,
    at_least=50,
)
FLOOR_ENDED_DURING_A_LOOK = Case(
    "a floor ends during a comparison",
    floor_ended_during_a_comparison,
    preemptions=1,
    setup=PRESENTATION,
    at_least=10,
)
LOOKS = (
    BAN_ENDED_UNDER_A_CALL,
    BAN_ENDED_BEFORE_THE_NOTE,
    MUTE_ALL_ENDED_DURING_A_CLAIM,
    MUTED_DURING_A_COMPARISON,
    FLOOR_ENDED_DURING_A_LOOK,
    JOINED_BETWEEN_TWO_BATCHES,
    NOTED_AFTER_A_FREEZE,
    BANNED_FOR_A_MOMENT,
    Case("banned and unbanned, a crash anywhere", banned_and_unbanned, CRASH, preemptions=0, at_least=30),
    BOUND_WITHOUT_A_LEASE,
    GONE_THROUGH_AGAIN,
    LEFT_MEANWHILE,
    ADMITTED_MEANWHILE,
    WOKEN_AFTER_A_BATCH,
    SEEN_AFTER_ANOTHER_CHANGE,
    BOUND_DURING_A_LOOK,
    APPLIED_DURING_A_LOOK,
    Case("let in unseen", let_in_unseen, setup=PRESENTATION, preemptions=0, at_least=1),
)
