"""Small cases of requests to unmute, gone through exhaustively: who is asked, answers, is decided about meanwhile."""

from dataclasses import replace

from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, Medium
from moderation.domain.commands import Consent, Mute, MuteEverybody, SetRole, Unmute, UnmuteEverybody
from moderation.domain.meeting import UnmuteConsent

from tests.memory.moderated_meeting import MEETING

from .small import CRASH, STAGE, STALL, UNKNOWN, Case, host, with_reconciler
from .small_people import AGAIN, bob_comes_again, everybody
from .world import Simulation, asking

CONSENT = replace(STAGE, consent=UnmuteConsent.REQUIRED)


def bob_answers(simulation: Simulation, after: float, *, accept: bool = True) -> None:
    """So long after he has been asked."""
    bob = Actor(ActorKind.USER, "bob")

    def asked(user: str, change_id: str) -> None:
        request = Request(MEETING, bob, Consent(change_id, accept), user_id="bob")
        if user == "bob":
            simulation.process("bob", [lambda: asking(f"answer to {change_id}", bob, request, "bob")], after)

    simulation.monitor.people.on_request = asked


def _asked(simulation: Simulation, answer: float, *, accept: bool = True) -> None:
    """bob is muted and then asked to unmute; nobody else is at work till then."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "alice", Unmute(), 1)
    bob_answers(simulation, answer, accept=accept)


def consent_and_withdrawal(simulation: Simulation) -> None:
    """He agrees while another host mutes him, which withdraws the request."""
    _asked(simulation, 0.03)
    host(simulation, "mute again", "hugo", Mute(reason="noise"), 1.045)


def quick_consent(simulation: Simulation) -> None:
    """He agrees before whoever asked him is through."""
    _asked(simulation, 0.001)


def consent_and_mute_all(simulation: Simulation) -> None:
    """He agrees, and everybody is muted and unmuted: what he has agreed to is over then."""
    _asked(simulation, 0.03)
    everybody(simulation, "hugo", MuteEverybody(), 1.05)
    everybody(simulation, "alice", UnmuteEverybody(), 1.4)


def consent_and_expiry(simulation: Simulation) -> None:
    """He agrees in the last moment."""
    _asked(simulation, 59.98)


def mute_and_unmute(simulation: Simulation) -> None:
    """Where consent is wanted: whoever unmutes believes him to be heard, for his silence is not noted yet."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "hugo", Unmute(), 0.03)


def one_of_two_seats_leaves(simulation: Simulation) -> None:
    """He leaves the seat on which he was heard; on the other he is silent, and nobody opens that behind his back."""
    bob_comes_again(simulation, 0.0, 0.04, EVERYTHING & ~Capabilities.SEND_AUDIO)
    simulation.leaves("bob", 0.02)
    host(simulation, "role", "alice", SetRole("presenter"), 0.06)


def silent_newcomer(simulation: Simulation) -> None:
    """Whoever comes silent, as the mute-all said, is not opened by the batch that gives others their video back."""
    silent = EVERYTHING & ~(Capabilities.SEND_AUDIO | Capabilities.SEND_VIDEO)
    everybody(simulation, "alice", MuteEverybody(spared_users=("bob", "carol")), 0)
    everybody(simulation, "hugo", MuteEverybody((Medium.VIDEO,)), 0.5)
    everybody(simulation, "alice", UnmuteEverybody((Medium.AUDIO, Medium.VIDEO)), 1)
    simulation.joins("zoe", 0, 1.04, silent)
    simulation.is_watched()


def answered_from_elsewhere(simulation: Simulation) -> None:
    """His seat was found gone after he had been asked; of the one from which he answers nobody has told."""
    _asked(simulation, 4)
    simulation.leaves("bob", 2)
    host(simulation, "no video", "hugo", Mute((Medium.VIDEO,)), 3)
    simulation.joins("bob", AGAIN, 4)
    simulation.is_watched()


def agreed_on_the_seat_that_is_left(simulation: Simulation) -> None:
    """bob is asked on one of two seats, and leaves it while the answer is applied: it is said of the other one."""
    both = (Medium.AUDIO, Medium.VIDEO)
    bob_comes_again(simulation, 0.0, 0.01)
    host(simulation, "mute", "alice", Mute(both), 0.5)
    host(simulation, "unmute", "alice", Unmute(both), 1)
    bob_answers(simulation, 1)
    simulation.leaves("bob", 2.07)


def agreed_from_nowhere(simulation: Simulation) -> None:
    """bob is asked in the meeting, and agrees after all seats were found gone: it counts when they join again."""
    _asked(simulation, 4)
    simulation.leaves("bob", 2)
    host(simulation, "no video", "hugo", Mute((Medium.VIDEO,)), 3)


def agreed_after_the_end(simulation: Simulation) -> None:
    """A mute ends while bob is asked. bob agrees, and nothing of it is applied in time: what is given up does not bring
    the mute back.
    """
    host(simulation, "mute", "alice", Mute(seconds=20))
    host(simulation, "unmute", "alice", Unmute(), 1)
    bob_answers(simulation, 29)
    simulation.reconciler(95)
    simulation.reconciler(150)


WITHDRAWN = Case("consent and a withdrawn request", consent_and_withdrawal, stage=CONSENT, at_least=60)
CONSENT_AND_MUTE_ALL = Case(
    "consent, and everybody is muted", consent_and_mute_all, stage=CONSENT, preemptions=1, at_least=20
)
ONE_SEAT_LEAVES = Case(
    "one of two seats leaves", one_of_two_seats_leaves, stage=replace(CONSENT, mode="open"), at_least=20
)
SILENCE_NOT_NOTED = Case("mute and unmute where consent is wanted", mute_and_unmute, stage=CONSENT, at_least=15)
SILENT_NEWCOMER = Case("a silent newcomer and unmute-all", silent_newcomer, stage=CONSENT, at_least=2)
QUICK = Case(
    "consent before the asking is through",
    with_reconciler(31, 62, then=quick_consent),
    UNKNOWN,
    preemptions=1,
    stage=CONSENT,
    at_least=20,
)
ANSWERED_FROM_ELSEWHERE = Case("an answer from a new seat", answered_from_elsewhere, stage=CONSENT, at_least=1)
AGREED_ON_WHAT_IS_LEFT = Case(
    "agreed on the seat that is left",
    agreed_on_the_seat_that_is_left,
    preemptions=1,
    stage=CONSENT,
    at_least=4,
)
AGREED_AFTER_THE_END = Case(
    "agreed after the end, a crash anywhere", agreed_after_the_end, CRASH, preemptions=0, stage=CONSENT, at_least=60
)
CONSENTS = (
    WITHDRAWN,
    Case(
        "consent and a withdrawn request, a crash anywhere",
        with_reconciler(47, 93, then=consent_and_withdrawal),
        CRASH,
        preemptions=0,
        stage=CONSENT,
        at_least=60,
    ),
    Case(
        "consent and a withdrawn request, a stall anywhere",
        with_reconciler(47, 93, then=consent_and_withdrawal),
        STALL,
        preemptions=0,
        stage=CONSENT,
        at_least=60,
    ),
    CONSENT_AND_MUTE_ALL,
    QUICK,
    Case("consent in the last moment", consent_and_expiry, stage=CONSENT, at_least=4),
    SILENCE_NOT_NOTED,
    ONE_SEAT_LEAVES,
    SILENT_NEWCOMER,
    ANSWERED_FROM_ELSEWHERE,
    AGREED_AFTER_THE_END,
    AGREED_ON_WHAT_IS_LEFT,
    Case("agreed from nowhere", agreed_from_nowhere, stage=CONSENT, at_least=1),
)
