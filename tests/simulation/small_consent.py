"""Small cases of requests to unmute, explored exhaustively: asked users, answers, and commands in between."""

from dataclasses import replace

from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING, Capabilities, LiftableBy, Medium
from moderation.domain.commands import Consent, Mute, MuteEverybody, SetMeeting, SetRole, Unmute, UnmuteEverybody
from moderation.domain.meeting import UnmuteConsent

from tests.memory.moderated_meeting import MEETING, attendee_of

from .small import CRASH, SETUP, STALL, UNKNOWN, Case, host, oneself, with_reconciler
from .small_users import AGAIN, bob_comes_again, everybody
from .world import Simulation, asking

BOB = Actor(ActorKind.USER, "bob")
CONSENT = replace(SETUP, consent=UnmuteConsent.REQUIRED)


def bob_answers(simulation: Simulation, after: float, *, accept: bool = True) -> None:
    """bob answers `after` seconds after the request."""
    bob = Actor(ActorKind.USER, "bob")

    def asked(user: str, change_id: str) -> None:
        request = Request(MEETING, bob, Consent(change_id, accept), user_id="bob")
        if user == "bob":
            simulation.process("bob", [lambda: asking(f"answer to {change_id}", bob, request, "bob")], after)

    simulation.monitor.users.on_request = asked


def _asked(simulation: Simulation, answer: float, *, accept: bool = True) -> None:
    """bob is muted and then asked to unmute, with no other command until then."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "alice", Unmute(), 1)
    bob_answers(simulation, answer, accept=accept)


def consent_and_withdrawal(simulation: Simulation) -> None:
    """bob agrees while another host mutes bob, which withdraws the request."""
    _asked(simulation, 0.03)
    host(simulation, "mute again", "hugo", Mute(reason="noise"), 1.045)


def withdrawn_while_another_waits(simulation: Simulation) -> None:
    """bob is asked to unmute, and another host's unmute of audio and content waits for the same answer. bob mutes
    themselves, which withdraws the request, before that unmute has settled: it is superseded.
    """
    host(simulation, "mute", "alice", Mute((Medium.AUDIO, Medium.CONTENT)))
    host(simulation, "unmute", "alice", Unmute(), 1)
    host(simulation, "unmute both", "hugo", Unmute((Medium.AUDIO, Medium.CONTENT)), 2)
    oneself(simulation, "own mute", "bob", Mute(), 2.035)


def overruled_before_the_answer(simulation: Simulation) -> None:
    """Another host blocks the camera, which an unmute of both has given back. Then bob agrees to the rest of it."""
    both = (Medium.AUDIO, Medium.VIDEO)
    host(simulation, "mute", "alice", Mute(both))
    host(simulation, "unmute", "alice", Unmute(both), 1)
    host(simulation, "no video", "hugo", Mute((Medium.VIDEO,)), 1.2)
    bob_answers(simulation, 2)


def muted_while_frozen(simulation: Simulation) -> None:
    """A mute of unknown outcome leaves bob heard. bob unmutes themselves, and that function freezes between its commit
    and its call, while another host mutes bob. It cannot read the rules again.
    """
    host(simulation, "mute", "hugo", Mute(liftable_by=LiftableBy.SELF))
    oneself(simulation, "own unmute", "bob", Unmute(), 0.1)
    host(simulation, "mute again", "alice", Mute(), 0.9)


def quick_consent(simulation: Simulation) -> None:
    """bob agrees before the change that asked has settled."""
    _asked(simulation, 0.001)


def consent_and_mute_all(simulation: Simulation) -> None:
    """bob agrees, then all users are muted and unmuted, which ends the agreement."""
    _asked(simulation, 0.03)
    everybody(simulation, "hugo", MuteEverybody(), 1.05)
    everybody(simulation, "alice", UnmuteEverybody(), 1.4)


def consent_and_expiry(simulation: Simulation) -> None:
    """bob agrees at the last moment."""
    _asked(simulation, 59.98)


def mute_and_unmute(simulation: Simulation) -> None:
    """With consent required: the unmuting host takes bob for heard, because the mute is not noted yet."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "hugo", Unmute(), 0.03)


def one_of_two_attendees_leaves(simulation: Simulation) -> None:
    """bob leaves as the attendee that was heard. The other one is silent and stays so without bob's consent."""
    bob_comes_again(simulation, 0.0, 0.04, EVERYTHING & ~Capabilities.SEND_AUDIO)
    simulation.leaves("bob", 0.02)
    host(simulation, "role", "alice", SetRole("presenter"), 0.06)


def silent_newcomer(simulation: Simulation) -> None:
    """A newcomer who joins silent, as the mute-all says, is not opened by the batch that gives others their video."""
    silent = EVERYTHING & ~(Capabilities.SEND_AUDIO | Capabilities.SEND_VIDEO)
    everybody(simulation, "alice", MuteEverybody(spared_users=("bob", "carol")), 0)
    everybody(simulation, "hugo", MuteEverybody((Medium.VIDEO,)), 0.5)
    everybody(simulation, "alice", UnmuteEverybody((Medium.AUDIO, Medium.VIDEO)), 1)
    simulation.joins("zoe", 0, 1.04, silent)
    simulation.is_watched()


def answered_from_elsewhere(simulation: Simulation) -> None:
    """bob's attendee is gone after the request, and bob answers from a new one that Chime has not announced."""
    _asked(simulation, 4)
    simulation.leaves("bob", 2)
    host(simulation, "no video", "hugo", Mute((Medium.VIDEO,)), 3)
    simulation.joins("bob", AGAIN, 4)
    simulation.is_watched()


def agreed_on_the_attendee_that_is_left(simulation: Simulation) -> None:
    """bob is asked with two attendees, and leaves as one while the answer is applied: the answer is about the other
    one.
    """
    both = (Medium.AUDIO, Medium.VIDEO)
    bob_comes_again(simulation, 0.0, 0.01)
    host(simulation, "mute", "alice", Mute(both), 0.5)
    host(simulation, "unmute", "alice", Unmute(both), 1)
    bob_answers(simulation, 1)
    simulation.leaves("bob", 2.07)


def agreed_from_nowhere(simulation: Simulation) -> None:
    """bob is asked in the meeting, and agrees after all attendees were found gone: the agreement counts when they join
    again.
    """
    _asked(simulation, 4)
    simulation.leaves("bob", 2)
    host(simulation, "no video", "hugo", Mute((Medium.VIDEO,)), 3)


def gone_while_agreeing(simulation: Simulation) -> None:
    """bob leaves while their answer is on its way, and another process notes that before the function that has read
    bob commits the agreement.
    """
    _asked(simulation, 0.03)
    simulation.leaves("bob", 1.08)
    simulation.told("left bob", lambda presence: presence.on_deleted(MEETING, attendee_of("bob")), 2)


def asked_until_nobody_is(simulation: Simulation) -> None:
    """bob has muted themselves and is asked, and then the meeting asks nobody any more. bob's own unmute opens their
    microphone, whatever becomes of the request.
    """
    both = (Medium.AUDIO, Medium.CONTENT)
    oneself(simulation, "own mute", "bob", Mute(both), 0)
    host(simulation, "unmute", "alice", Unmute(), 1)
    everybody(simulation, "hugo", SetMeeting(unmute_consent=UnmuteConsent.NONE), 1.02)
    oneself(simulation, "own unmute", "bob", Unmute(both), 1.05)


def agreed_after_the_end(simulation: Simulation) -> None:
    """A mute ends while bob is asked. bob agrees, and Chime takes nothing in time: the revert does not restore the
    mute.
    """
    host(simulation, "mute", "alice", Mute(seconds=20))
    host(simulation, "unmute", "alice", Unmute(), 1)
    bob_answers(simulation, 29)
    simulation.reconciler(95)
    simulation.reconciler(150)


def shut_after_it_was_seen_open(simulation: Simulation) -> None:
    """bob's own mute ends while a call that mutes their second attendee is on its way. The process that ends it sees
    that microphone open, and then closed: it is not opened without bob's consent.
    """
    muted = Request(MEETING, BOB, Mute(seconds=2), user_id="bob")
    simulation.process("bob", [lambda: asking("own mute", BOB, muted, "bob")])
    bob_comes_again(simulation, 0.5, 1)


WITHDRAWN_FROM_ANOTHER = Case(
    "a request that another unmute waits for is withdrawn",
    withdrawn_while_another_waits,
    preemptions=1,
    setup=CONSENT,
    at_least=4,
)
OVERRULED_BEFORE_THE_ANSWER = Case(
    "overruled before the answer", overruled_before_the_answer, setup=CONSENT, preemptions=0, at_least=1
)
MUTED_WHILE_FROZEN = Case(
    "muted while a function is frozen",
    muted_while_frozen,
    {"unknown end, undone": 1.0, "stall 1 s": 1.0, "unavailable": 1.0},
    preemptions=0,
    setup=CONSENT,
    at_least=900,
)
WITHDRAWN = Case("consent and a withdrawn request", consent_and_withdrawal, setup=CONSENT, at_least=60)
CONSENT_AND_MUTE_ALL = Case(
    "consent, and everybody is muted", consent_and_mute_all, setup=CONSENT, preemptions=1, at_least=20
)
ONE_ATTENDEE_LEAVES = Case(
    "one of two attendees leaves", one_of_two_attendees_leaves, setup=replace(CONSENT, mode="open"), at_least=20
)
SHUT_SINCE = Case(
    "a microphone shuts after it was seen open",
    shut_after_it_was_seen_open,
    {"slow": 1.0},
    preemptions=1,
    slow=1,
    setup=CONSENT,
    at_least=200,
)
SILENCE_NOT_NOTED = Case("mute and unmute where consent is wanted", mute_and_unmute, setup=CONSENT, at_least=15)
SILENT_NEWCOMER = Case("a silent newcomer and unmute-all", silent_newcomer, setup=CONSENT, at_least=2)
QUICK = Case(
    "consent before the asking is through",
    with_reconciler(31, 62, then=quick_consent),
    UNKNOWN,
    preemptions=1,
    setup=CONSENT,
    at_least=20,
)
ANSWERED_FROM_ELSEWHERE = Case("an answer from a new attendee", answered_from_elsewhere, setup=CONSENT, at_least=1)
AGREED_ON_WHAT_IS_LEFT = Case(
    "agreed on the attendee that is left",
    agreed_on_the_attendee_that_is_left,
    preemptions=1,
    setup=CONSENT,
    at_least=4,
)
GONE_WHILE_AGREEING = Case(
    "gone while agreeing", gone_while_agreeing, {"stall 31 s": 1.0}, preemptions=0, setup=CONSENT, at_least=22
)
ASKED_UNTIL_NOBODY_IS = Case("asked until nobody is", asked_until_nobody_is, preemptions=1, setup=CONSENT, at_least=25)
AGREED_AFTER_THE_END = Case(
    "agreed after the end, a crash anywhere", agreed_after_the_end, CRASH, preemptions=0, setup=CONSENT, at_least=60
)
CONSENTS = (
    WITHDRAWN,
    WITHDRAWN_FROM_ANOTHER,
    OVERRULED_BEFORE_THE_ANSWER,
    MUTED_WHILE_FROZEN,
    Case(
        "consent and a withdrawn request, a crash anywhere",
        with_reconciler(47, 93, then=consent_and_withdrawal),
        CRASH,
        preemptions=0,
        setup=CONSENT,
        at_least=60,
    ),
    Case(
        "consent and a withdrawn request, a stall anywhere",
        with_reconciler(47, 93, then=consent_and_withdrawal),
        STALL,
        preemptions=0,
        setup=CONSENT,
        at_least=60,
    ),
    CONSENT_AND_MUTE_ALL,
    QUICK,
    Case("consent in the last moment", consent_and_expiry, setup=CONSENT, at_least=4),
    SHUT_SINCE,
    SILENCE_NOT_NOTED,
    ONE_ATTENDEE_LEAVES,
    SILENT_NEWCOMER,
    ANSWERED_FROM_ELSEWHERE,
    AGREED_AFTER_THE_END,
    GONE_WHILE_AGREEING,
    ASKED_UNTIL_NOBODY_IS,
    AGREED_ON_WHAT_IS_LEFT,
    Case("agreed from nowhere", agreed_from_nowhere, setup=CONSENT, at_least=1),
)
