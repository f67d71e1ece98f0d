"""Small cases of what the monitor excuses, explored exhaustively: it happens, and is put right."""

from collections.abc import Mapping
from dataclasses import replace

from moderation.domain.capability import Capabilities, Medium, of_word
from moderation.domain.commands import (
    GrantFloor,
    Mute,
    MuteEverybody,
    SetCapabilities,
    SetMeeting,
    Unmute,
    UnmuteEverybody,
)

from tests.memory.moderated_meeting import MEETING, attendee_of

from .excuses import Excuse
from .policies import EarlierPolicies
from .small import SETUP, UNKNOWN, Case, host, meeting
from .small_consent import CONSENT, SHUT_SINCE
from .small_late import SILENT
from .small_looks import WITH_PIA
from .small_users import PRESENTATION, everybody
from .world import Simulation


def bound_after_the_read(simulation: Simulation) -> None:
    """bob, who is muted, is bound as another attendee between a batch and the read before it."""
    simulation.is_watched()
    host(simulation, "mute", "alice", Mute())
    meeting(simulation, 1, mode="audio-only")
    simulation.joins("bob", 4, 1.01)
    simulation.told("came bob", lambda presence: presence.on_joined(MEETING, attendee_of("bob", 4)), 1.01)


def created_silent(simulation: Simulation) -> None:
    """zoe is created silent, and joins between a batch that gives back content and the read before it. The batch gives
    them what the rules give a newcomer.
    """
    simulation.is_watched()
    everybody(simulation, "alice", MuteEverybody((Medium.CONTENT,)), 0)
    everybody(simulation, "alice", UnmuteEverybody((Medium.CONTENT,)), 1)
    simulation.joins("zoe", 0, 1.04, SILENT)


def ledger_fails(simulation: Simulation) -> None:
    """A function mutes bob, and its call has no answer. Before it repeats the call, hugo has closed bob's camera, and
    the ledger cannot be read: the call still mutes bob.
    """
    host(simulation, "mute", "alice", Mute())
    host(simulation, "no video", "hugo", Mute((Medium.VIDEO,)), 1)


def given_up_while_frozen(simulation: Simulation) -> None:
    """bob gets back their audio and loses their video in one change, while Chime takes no calls. The meeting is frozen.
    The change is given up: bob gets back their video, and is silent as before.
    """
    both = {Medium.AUDIO: of_word(Medium.AUDIO, "SendReceive"), Medium.VIDEO: of_word(Medium.VIDEO, "Receive")}
    host(simulation, "mute", "alice", Mute())
    host(simulation, "audio, no video", "alice", SetCapabilities(both), 1)
    everybody(simulation, "hugo", SetMeeting(frozen=True), 2)
    simulation.rooms.outage_ms = range(500, 65_000)
    simulation.reconciler(70)


def batch_not_recorded(simulation: Simulation) -> None:
    """A mute-all is not recorded, and its batch reaches zoe before the ledger knows them: they seem to have come so."""
    simulation.is_watched()
    everybody(simulation, "alice", MuteEverybody(), 0)
    simulation.joins("zoe", 0, 0.5)


def drift_by_an_older_change(simulation: Simulation) -> None:
    """A mute ends before its last call takes effect. While it is looked at again, another process compares the meeting:
    it reports a drift, and the mute corrects it.
    """
    host(simulation, "mute", "alice", Mute(seconds=2))
    simulation.reconciler(121)
    simulation.reconciler(121)


def two_versions(simulation: Simulation) -> None:
    """A function of the earlier version lets participants share content, and mutes bob. The next comparison by the
    later version takes the content from bob, and tells of a drift.
    """
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "hugo", Unmute(), 1)


def silent_at_the_end_of_a_floor(simulation: Simulation) -> None:
    """bob's floor is over, and the function that has to end it is late. A host mutes bob, who is silent already: bob
    loses what the floor gave.
    """
    host(simulation, "floor", "alice", GrantFloor(4, (Medium.AUDIO, Medium.VIDEO)))
    host(simulation, "mute", "alice", Mute(), 1)
    host(simulation, "mute again", "hugo", Mute(seconds=60), 5)


def overtaken_before_it_is_told(simulation: Simulation) -> None:
    """A mute is over before its function may repeat a call without an answer. That call takes effect after the next
    one, and before the event is written.
    """
    host(simulation, "mute", "alice", Mute(seconds=2))


def over_before_a_call(simulation: Simulation) -> None:
    """A mute-all of two seconds is over before its function may repeat a call without an answer. That call takes effect
    while the function unmutes another attendee: both are as they were before, as the answer says, once this is put
    right. Nobody shares their rules with another, so each has a call.
    """
    host(simulation, "no content", "hugo", Mute((Medium.CONTENT,)))
    everybody(simulation, "alice", MuteEverybody(seconds=2), 1)


def taken_over(simulation: Simulation) -> None:
    """A function notes and tells what a mute-all did, and stalls before the end of the change. Another one takes over,
    and finds all attendees as they should be.
    """
    everybody(simulation, "alice", MuteEverybody(), 0)
    simulation.reconciler(50)
    simulation.reconciler(60)


def held_up(simulation: Simulation) -> None:
    """A function names an entry and stalls before it commits it. A reader has passed it meanwhile."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "no video", "hugo", Mute((Medium.VIDEO,)), 15)
    simulation.reader((1, 18, 40))


BOUND_AFTER_THE_READ = Case("bound after the read", bound_after_the_read, setup=WITH_PIA, at_least=830)
CREATED_SILENT = Case("created silent", created_silent, setup=CONSENT, at_least=16)
BLIND = Case(
    "ledger fails", ledger_fails, UNKNOWN | {"unavailable": 1.0, "crash after": 1.0}, preemptions=0, at_least=780
)
GIVEN_UP = Case("given up while frozen", given_up_while_frozen, preemptions=1, at_least=3)
NOT_RECORDED = Case(
    "a batch not recorded", batch_not_recorded, {"lost, undone": 1.0}, preemptions=0, at_least=340, most={"lost": 7}
)
DRIFT = Case("drift by an older change", drift_by_an_older_change, UNKNOWN, preemptions=1, at_least=1000)
VERSIONS = Case(
    "two versions",
    two_versions,
    preemptions=1,
    setup=replace(SETUP, mode="audio-only"),
    at_least=1,
    earlier=EarlierPolicies("audio-only", gives=Capabilities.SEND_CONTENT),
)
AT_THE_END = Case(
    "silent at the end of a floor",
    silent_at_the_end_of_a_floor,
    {"reminder lost": 1.0},
    setup=PRESENTATION,
    at_least=380,
)
OVERTAKEN = Case(
    "overtaken before it is told",
    overtaken_before_it_is_told,
    UNKNOWN | {"stall 12 s": 1.0, "reminder lost": 1.0},
    preemptions=0,
    at_least=670,
)
LATE_EFFECT = Case(
    "over before a call without an answer takes effect",
    over_before_a_call,
    UNKNOWN | {"slow": 1.0, "reminder lost": 1.0},
    preemptions=0,
    at_least=720,
    slow=1,
)
TAKEN_OVER = Case(
    "taken over after the notes", taken_over, {"stall 75 s": 1.0, "crash after": 1.0}, preemptions=0, at_least=170
)
HELD_UP = Case("an entry held up", held_up, {"stall 12 s": 1.0, "stall 31 s": 1.0}, preemptions=1, at_least=45)
EXCUSED: Mapping[Excuse, Case] = {
    Excuse.BOUND_AFTER_THE_READ: BOUND_AFTER_THE_READ,
    Excuse.BEGUN_BEFORE: SHUT_SINCE,
    Excuse.MUTED_SINCE_THE_READ: SHUT_SINCE,
    Excuse.CREATED_WITH_LESS: CREATED_SILENT,
    Excuse.BLIND: BLIND,
    Excuse.GIVEN_UP_WHILE_FROZEN: GIVEN_UP,
    Excuse.NOT_RECORDED: NOT_RECORDED,
    Excuse.OLDER_CHANGE: DRIFT,
    Excuse.VERSIONS: VERSIONS,
    Excuse.MORE_THAN_WITHHELD: AT_THE_END,
    Excuse.OVERTAKEN: OVERTAKEN,
    Excuse.LATE_EFFECT: LATE_EFFECT,
    Excuse.TAKEN_OVER: TAKEN_OVER,
    Excuse.HELD_UP: HELD_UP,
}
