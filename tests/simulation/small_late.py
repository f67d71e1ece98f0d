"""Small cases of functions that learn late of a change, an answer or a removal, explored exhaustively. Each names the
fault.
"""

from datetime import timedelta

from moderation.domain.capability import EVERYTHING, Capabilities, Medium
from moderation.domain.commands import Ban, Mute, MuteEverybody, SetMeeting, Unmute, UnmuteEverybody

from tests.memory.moderated_meeting import MEETING, attendee_of

from .scheduler import START
from .small import Case, host
from .small_consent import CONSENT
from .small_users import AGAIN, PRESENTATION, bob_comes_again, everybody
from .world import Simulation

SILENT = EVERYTHING & ~Capabilities.SEND_AUDIO
BOTH = (Medium.AUDIO, Medium.VIDEO)
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


def removed_by_an_older_mute(simulation: Simulation) -> None:
    """Chime takes hardly any calls, so neither alice's mute nor hugo's ban is applied at once. The function that goes
    on with the mute removes bob, has no answer, and dies. The ban ends before that call takes effect.
    """
    simulation.rooms.outage_ms = {*range(9_500), *range(10_200, 16_000), *range(50_000, 62_000)}
    host(simulation, "no content", "alice", Mute((Medium.CONTENT,)))
    host(simulation, "ban", "hugo", Ban(until=START + timedelta(seconds=10)), 1)


def removed_by_two_changes(simulation: Simulation) -> None:
    """A ban and a change of the whole meeting remove bob at the same time. One of them reports it."""
    host(simulation, "ban", "alice", Ban())
    everybody(simulation, "hugo", MuteEverybody(), 0)


def frozen_after_a_call(simulation: Simulation) -> None:
    """A mute is over before its function may repeat a call without an answer. The next call gives the audio back, and
    the function stands still while the meeting is changed and the first call takes effect.
    """
    host(simulation, "mute", "alice", Mute(seconds=2))
    everybody(simulation, "hugo", SetMeeting(lobby=True), 5)


def over_before_the_end(simulation: Simulation) -> None:
    """A mute-all is applied and told, and its function stands still. Another one takes over when the mute-all is over,
    gives the audio back, and closes the change. The first one answers that it was applied, as the event says.
    """
    everybody(simulation, "alice", MuteEverybody(seconds=20), 0)
    simulation.reconciler(50)


def settled_while_a_call_lives(simulation: Simulation) -> None:
    """A mute has no answer from Chime, and is over before Chime takes calls again. Another system has changed bob
    meanwhile, so one more call is made. Its answer is read when the first call can not live any more; until then, that
    one may undo it.
    """
    simulation.is_watched()
    simulation.rooms.outage_ms = range(60, 18_300)
    host(simulation, "mute", "alice", Mute(seconds=18))
    simulation.drifts("bob", 0, EVERYTHING & ~Capabilities.SEND_VIDEO, 18.2)


def decided_again_while_a_call_lives(simulation: Simulation) -> None:
    """The same, and the meeting is changed while the answer is read: the change is derived once more."""
    settled_while_a_call_lives(simulation)
    everybody(simulation, "hugo", SetMeeting(lobby=True), 20)


def unmuted_while_away(simulation: Simulation) -> None:
    """bob leaves while they are asked to unmute. Another host's unmute waits for the same answer, and its function dies
    before it closes the change. Nobody answers, so bob is still muted.
    """
    host(simulation, "mute", "alice", Mute(BOTH))
    host(simulation, "unmute", "alice", Unmute(), 1)
    simulation.leaves("bob", 2)
    simulation.told("left bob", lambda presence: presence.on_deleted(MEETING, attendee_of("bob")), 2.1)
    host(simulation, "unmute both", "hugo", Unmute(BOTH), 3)


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
    {"crash before": 1.0, "stall 12 s": 1.0},
    preemptions=0,
    at_least=690,
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
REMOVED_BY_AN_OLDER_MUTE = Case(
    "removed by an older mute, and the ban is over",
    removed_by_an_older_mute,
    {"unknown end, done later": 1.0, "crash before": 1.0},
    preemptions=0,
    setup=PRESENTATION,
    at_least=270,
)
REMOVED_BY_TWO_CHANGES = Case("removed by two changes", removed_by_two_changes, at_least=390)
FROZEN_AFTER_A_CALL = Case(
    "frozen after a call",
    frozen_after_a_call,
    {"unknown end, done later": 1.0, "stall 75 s": 1.0},
    preemptions=0,
    at_least=440,
)
SETTLED_WHILE_A_CALL_LIVES = Case(
    "settled while an older call lives",
    settled_while_a_call_lives,
    {"unknown end, done later": 1.0, "stall 12 s": 1.0},
    preemptions=0,
    at_least=540,
)
DECIDED_AGAIN_WHILE_A_CALL_LIVES = Case(
    "decided again while an older call lives",
    decided_again_while_a_call_lives,
    {"unknown end, done later": 1.0, "stall 12 s": 1.0},
    preemptions=0,
    at_least=670,
)
OVER_BEFORE_THE_END = Case(
    "over before the end of the change",
    over_before_the_end,
    {"stall 75 s": 1.0, "reminder lost": 1.0},
    preemptions=0,
    at_least=88,
)
UNMUTED_WHILE_AWAY = Case(
    "unmuted while away, and nobody answers",
    unmuted_while_away,
    {"crash before": 1.0},
    preemptions=0,
    setup=CONSENT,
    at_least=29,
)
LATE = (
    ANSWER_READ_LATE,
    REMOVED_WHILE_A_FUNCTION_STALLS,
    LEFT_TO_A_LATER_CHANGE,
    OPENED_BY_AN_OVERTAKEN_CHANGE,
    REMOVED_BY_AN_OLDER_MUTE,
    REMOVED_BY_TWO_CHANGES,
    FROZEN_AFTER_A_CALL,
    OVER_BEFORE_THE_END,
    SETTLED_WHILE_A_CALL_LIVES,
    DECIDED_AGAIN_WHILE_A_CALL_LIVES,
    UNMUTED_WHILE_AWAY,
)
