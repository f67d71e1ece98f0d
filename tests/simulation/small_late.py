"""Small cases of functions that learn late of a change, an answer or a removal, explored exhaustively. Each names the
fault.
"""

from moderation.domain.capability import EVERYTHING, Capabilities, Medium
from moderation.domain.commands import Ban, Mute, MuteEverybody, UnmuteEverybody

from .small import Case, host
from .small_consent import CONSENT
from .small_users import AGAIN, bob_comes_again, everybody
from .world import Simulation

SILENT = EVERYTHING & ~Capabilities.SEND_AUDIO
NO_CONTENT = EVERYTHING & ~Capabilities.SEND_CONTENT
AHEAD_MS = 1_000


def answer_read_late(simulation: Simulation) -> None:
    """alice's function applies alice's change by a call without an answer, and then hugo's mute by a second call. The
    first call takes effect after the second one, while the function stalls before it reads the answer. hugo's function
    notes bob meanwhile, so alice's function decides once more whether bob needs a call.
    """
    host(simulation, "no video", "alice", Mute((Medium.VIDEO,)))
    host(simulation, "mute", "hugo", Mute(), 4.09)


def removed_while_a_function_stalls(simulation: Simulation) -> None:
    """alice's function mutes bob and stalls. hugo's function removes bob and notes it, by a clock that is a second
    behind alice's. The function that removes bob's next attendee dies, so that alice's function finds work and has no
    time left: it releases its change, and leaves the note on the removed attendee as it is.
    """
    clocks = simulation.scheduler
    clocks.skews, clocks.most_skew_ms = lambda: AHEAD_MS, AHEAD_MS
    host(simulation, "mute", "alice", Mute())
    clocks.skews = lambda: 0
    host(simulation, "ban", "hugo", Ban(), 0.2)
    bob_comes_again(simulation, 0.5, 0.6)


def left_to_a_later_change(simulation: Simulation) -> None:
    """bob is silent in Chime on two attendees, and this is not noted. A change of everybody updates one attendee, and
    leaves the other one to hugo's change of bob, whose function dies. The old note on that one opens no microphone.
    """
    bob_comes_again(simulation, 0, 0.01)
    simulation.drifts("bob", 0, SILENT & NO_CONTENT, 5)
    simulation.drifts("bob", AGAIN, SILENT, 5)
    everybody(simulation, "alice", MuteEverybody((Medium.VIDEO,), spared_users=("bob", "carol")), 6)
    host(simulation, "no content", "hugo", Mute((Medium.CONTENT,)), 6.01)


def opened_by_an_overtaken_change(simulation: Simulation) -> None:
    """alice's unmute-all overtakes hugo's mute-all, and alice's function dies. hugo's function applies the unmute-all,
    by a batch that gives bob and carol back their content. zoe joins silent between the roster and the batch.
    """
    simulation.is_watched()
    for user in ("bob", "carol"):
        simulation.drifts(user, 0, NO_CONTENT, 0)
    everybody(simulation, "hugo", MuteEverybody(spared_users=("bob", "carol")), 1)
    everybody(simulation, "alice", UnmuteEverybody(), 4.5)
    simulation.joins("zoe", 0, 5.19, SILENT)


def over_before_a_call(simulation: Simulation) -> None:
    """A mute-all of two seconds is over before its function may repeat a call without an answer. That call takes effect
    while the function unmutes another attendee: both are as they were before, as the answer says, once this is put
    right. Nobody shares their rules with another, so each has a call.
    """
    host(simulation, "no content", "hugo", Mute((Medium.CONTENT,)))
    everybody(simulation, "alice", MuteEverybody(seconds=2), 1)


ANSWER_READ_LATE = Case(
    "an answer is read late",
    answer_read_late,
    {"unknown end, done later": 1.0, "stall 31 s": 1.0},
    preemptions=1,
    at_least=400,
)
REMOVED_WHILE_A_FUNCTION_STALLS = Case(
    "removed while a function stalls whose clock is ahead",
    removed_while_a_function_stalls,
    {"crash before": 1.0, "stall 31 s": 1.0},
    preemptions=0,
    at_least=460,
)
LEFT_TO_A_LATER_CHANGE = Case(
    "an attendee is left to a later change",
    left_to_a_later_change,
    {"crash before": 1.0},
    preemptions=1,
    setup=CONSENT,
    at_least=490,
)
OPENED_BY_AN_OVERTAKEN_CHANGE = Case(
    "opened by an overtaken change",
    opened_by_an_overtaken_change,
    {"crash after": 1.0, "unknown end, undone": 1.0},
    preemptions=1,
    setup=CONSENT,
    at_least=330,
)
LATE_EFFECT = Case(
    "over before a call without an answer takes effect",
    over_before_a_call,
    {"unknown end, done later": 1.0, "slow": 1.0, "reminder lost": 1.0},
    preemptions=0,
    at_least=720,
    slow=1,
)
LATE = (
    ANSWER_READ_LATE,
    REMOVED_WHILE_A_FUNCTION_STALLS,
    LEFT_TO_A_LATER_CHANGE,
    OPENED_BY_AN_OVERTAKEN_CHANGE,
    LATE_EFFECT,
)
