"""Small cases of faults found by outsiders and by long runs, explored exhaustively. Each names the fault."""

from dataclasses import replace
from datetime import timedelta

from moderation.application.requests import Request
from moderation.domain.capability import EVERYTHING, Medium, of_word
from moderation.domain.commands import (
    Admit,
    Ban,
    End,
    GrantFloor,
    Mute,
    MuteEverybody,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Unban,
    Undo,
    Unmute,
    UnmuteEverybody,
)

from tests.memory.moderated_meeting import MEETING, attendee_of

from .monitor import Asking
from .reading import ADMIN
from .scheduler import START
from .small import CRASH, SETUP, Case, host, meeting, with_reconciler
from .small_consent import CONSENT
from .small_looks import RECEIVING, WITH_PIA
from .small_users import AGAIN, bob_comes_again, everybody
from .world import HOSTS, Simulation, asking

MANY = 34
"""Users with two attendees each: three clauses each, and a transaction has a hundred."""


def removed_and_unbanned(simulation: Simulation) -> None:
    """A removal with a ban leaves nothing if the ban is lifted before the removal settles, although bob was banned when
    it was decided.
    """
    host(simulation, "ban", "alice", Ban())
    host(simulation, "remove", "hugo", Remove(ban=True), 1)
    host(simulation, "unban", "alice", Unban(), 1.05)


def removed_slowly_and_unbanned(simulation: Simulation) -> None:
    """The same, if the ban is lifted and bob is noted while the call that removes bob is still on its way."""
    host(simulation, "ban", "alice", Ban())
    host(simulation, "remove", "hugo", Remove(ban=True), 1)
    host(simulation, "unban", "alice", Unban(), 3.5)


def muted_while_the_unmute_is_throttled(simulation: Simulation) -> None:
    """An unmute that Chime did not take at first is not retried after another host has muted."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "alice", Unmute(), 1)
    host(simulation, "mute again", "hugo", Mute(reason="noise"), 1.02)


def many_come_on_two_attendees(simulation: Simulation) -> None:
    """More users than one transaction can bind are bound in several, and are silent like all others."""
    simulation.is_watched()
    for number in range(MANY):
        for attendee in (0, 1):
            simulation.joins(f"u{number}", attendee, (2 * number + attendee) / 1000)
    everybody(simulation, "alice", MuteEverybody(), 0.1)


def ban_kept_by_a_freeze(simulation: Simulation) -> None:
    """A function reads a ban, stalls until the ban would have ended, and a freeze of the meeting has kept the ban."""
    host(simulation, "ban", "alice", Ban(until=START + timedelta(seconds=20)))
    host(simulation, "unban", "hugo", Unban(), 10)
    everybody(simulation, "alice", SetMeeting(frozen=True), 15)


def mute_kept_by_a_freeze(simulation: Simulation) -> None:
    """A function dies before it gives bob audio. A mute whose end is stopped by a freeze takes that back."""
    wanted = {Medium.AUDIO: of_word(Medium.AUDIO, "SendReceive"), Medium.VIDEO: of_word(Medium.VIDEO, "Send")}
    host(simulation, "no sight", "alice", SetCapabilities(wanted))
    host(simulation, "mute", "hugo", Mute(seconds=20), 1)
    everybody(simulation, "alice", SetMeeting(frozen=True), 5)


def opened_in_a_frozen_meeting(simulation: Simulation) -> None:
    """Another system opens the microphone of bob, whose mute would have ended, had the meeting not been frozen. That is
    put right, although the end is still to be applied.
    """
    simulation.is_watched()
    host(simulation, "mute", "alice", Mute(seconds=20))
    everybody(simulation, "hugo", SetMeeting(frozen=True), 5)
    simulation.drifts("bob", 0, EVERYTHING, 30)
    simulation.reconciler(121)


def removed_by_everybodys_change(simulation: Simulation) -> None:
    """A mute-all removes the new attendee of a banned user, and its function dies before it notes that. The ban ends,
    and the function that goes on comes much later.
    """
    host(simulation, "ban", "alice", Ban(until=START + timedelta(seconds=20)))
    simulation.joins("bob", AGAIN, 5)
    everybody(simulation, "alice", MuteEverybody(), 5.05)


def ended_before_a_mute(simulation: Simulation) -> None:
    """The meeting ends before bob's mute does, while everybody's change is under way, and the end does not reach Chime
    at once: nobody opens bob's microphone.
    """
    host(simulation, "mute", "alice", Mute(seconds=2))
    everybody(simulation, "hugo", MuteEverybody((Medium.VIDEO,)), 1.9)
    end = Request(MEETING, HOSTS["alice"], End())
    simulation.process("alice", [lambda: asking("end", HOSTS["alice"], end, None)], 1.95)


def seen_before_a_slow_removal(simulation: Simulation) -> None:
    """bob's ban ends while the call that removes the second of three attendees is on its way. The change that ends it
    finds that attendee there. The rules cannot be read again before the removal of the third one, for which there is no
    time.
    """
    bob_comes_again(simulation, 0.0, 0.01)
    bob_comes_again(simulation, 0.2, 0.21, number=AGAIN + 1)
    host(simulation, "ban", "alice", Ban(until=START + timedelta(seconds=7)), 1)


def newcomer_while_the_mode_opens(simulation: Simulation) -> None:
    """zoe is silenced by the mode in which they join. The change that opens the mode has read the roster before, and
    their users after it: what the roster shows of zoe is no proof.
    """
    simulation.is_watched()
    simulation.joins("zoe", 0, 0)
    simulation.told("came zoe", lambda presence: presence.on_joined(MEETING, attendee_of("zoe")), 0.01)
    everybody(simulation, "alice", SetMeeting(mode="open"), 0.03)


def left_while_all_are_muted(simulation: Simulation) -> None:
    """bob leaves as one of two attendees, and Chime reports it, before a mute-all has noted what it gave to both."""
    bob_comes_again(simulation, 0.0, 0.01)
    everybody(simulation, "alice", MuteEverybody(), 1)
    simulation.leaves("bob", 1.05)
    simulation.told("left bob", lambda presence: presence.on_deleted(MEETING, attendee_of("bob")), 1.06)


def bound_while_a_call_is_throttled(simulation: Simulation) -> None:
    """zoe, who may only listen, is bound while Chime throttles the call before a batch that would reach zoe."""
    simulation.is_watched()
    host(simulation, "no video", "alice", Mute((Medium.VIDEO,)))
    everybody(simulation, "alice", MuteEverybody(), 0.5)
    simulation.drifts("bob", 0, EVERYTHING, 0.9)
    everybody(simulation, "alice", UnmuteEverybody(), 1)
    simulation.joins("zoe", 0, 1.05, RECEIVING)
    simulation.told("came zoe", lambda presence: presence.on_joined(MEETING, attendee_of("zoe")), 1.06)


def unmuted_before_a_freeze(simulation: Simulation) -> None:
    """bob was unmuted during a mute-all. While the meeting is frozen, no mode lets them be heard again: everybody
    else would stay muted, but bob would gain.
    """
    everybody(simulation, "alice", MuteEverybody(), 0)
    host(simulation, "unmute", "hugo", Unmute(), 1)
    everybody(simulation, "alice", SetMeeting(mode="presentation"), 2)
    everybody(simulation, "alice", SetMeeting(frozen=True), 3)
    everybody(simulation, "hugo", SetMeeting(mode="audio-only"), 4)


def floor_that_a_freeze_keeps_ended(simulation: Simulation) -> None:
    """A second mute-all ended bob's floor. In the frozen meeting, no undo of it restores the floor."""
    everybody(simulation, "alice", MuteEverybody((Medium.VIDEO,)), 0)
    host(simulation, "floor", "alice", GrantFloor(seconds=600, media=(Medium.VIDEO,)), 1)
    everybody(simulation, "hugo", MuteEverybody((Medium.VIDEO,), reason="quiet"), 2)
    everybody(simulation, "alice", SetMeeting(frozen=True), 3)

    def undone() -> Asking:
        *_, again = (change.id for change in simulation.store.changes.values() if change.command == MuteEverybody.name)
        return asking("undo", HOSTS["hugo"], Request(MEETING, HOSTS["hugo"], Undo(again)), None)

    simulation.process("hugo", [undone], 4)


def noted_late(simulation: Simulation) -> None:
    """A function stalls after it has set bob's new attendee, until a batch without an answer has given them more, and
    that is reported. Its late note does not make the batch's change report the same again.
    """
    everybody(simulation, "alice", SetMeeting(mode="audio-only"), 0)
    bob_comes_again(simulation, 1, 1.01)
    everybody(simulation, "hugo", SetMeeting(mode="open"), 1.5)
    simulation.reconciler(33.5)
    simulation.reconciler(79)


def registered_while_a_mute_is_throttled(simulation: Simulation) -> None:
    """Nobody has noted what the mode left bob. Chime throttles a mute, and its function decides again, because bob was
    admitted. It reads the meeting before a registration closes the mode and makes bob a presenter, and bob after that:
    the old mode would open a presenter's camera.
    """
    admit = Request(MEETING, ADMIN, Admit({"bob": None}))
    everybody(simulation, "hugo", SetMeeting(mode="presentation"), 0)
    host(simulation, "mute", "alice", Mute(), 1)
    simulation.process("back-end", [lambda: asking("admit", ADMIN, admit, None)], 1.06)
    meeting(simulation, 1.148, mode="audio-only", roles={**SETUP.roles, "bob": "presenter"})


def muted_during_the_removal_of_another(simulation: Simulation) -> None:
    """The change that unmutes everybody removes carol first, and repeats that after a call without an answer. Meanwhile
    another host mutes bob: that carol's rules are as they were says nothing of bob's.
    """
    remove = Request(MEETING, HOSTS["hugo"], Remove(), attendee_id=attendee_of("carol"))
    everybody(simulation, "alice", MuteEverybody(), 0)
    simulation.process("hugo", [lambda: asking("remove", HOSTS["hugo"], remove, "carol")], 1)
    everybody(simulation, "alice", UnmuteEverybody(), 2)
    host(simulation, "mute", "hugo", Mute(), 3)


def presenter_once_more(simulation: Simulation) -> None:
    """bob becomes a presenter, is one no more, and becomes one again. Chime has taken neither, when the first is given
    up: the later one stands, although it set the same.
    """
    host(simulation, "presenter", "alice", SetRole("presenter"))
    host(simulation, "viewer", "hugo", SetRole("viewer"), 1)
    host(simulation, "presenter again", "alice", SetRole("presenter"), 30)


def unmuted_once_more(simulation: Simulation) -> None:
    """The first of two unmutes is given up, after a mute between them: that brings no mute back."""
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "hugo", Unmute(), 1)
    host(simulation, "mute again", "alice", Mute(reason="noise"), 2)
    host(simulation, "unmute again", "hugo", Unmute(), 30)


def muted_for_a_time_meanwhile(simulation: Simulation) -> None:
    """A mute of ten seconds overrules an unmute that Chime has not taken. After its end the unmute is given up all the
    same: nobody has unmuted a second time.
    """
    host(simulation, "mute", "alice", Mute())
    host(simulation, "unmute", "hugo", Unmute(), 1)
    host(simulation, "mute for a time", "alice", Mute(seconds=10), 2)


NOTED_LATE = Case("noted late", noted_late, {"stall 31 s": 1.0, "unknown end, done": 1.0}, preemptions=0, at_least=150)
REGISTERED_WHILE_THROTTLED = Case(
    "registered while a mute is throttled",
    registered_while_a_mute_is_throttled,
    {"crash after": 1.0, "throttled": 1.0},
    preemptions=1,
    at_least=280,
)
MUTED_DURING_A_REMOVAL = Case(
    "muted during the removal of another",
    muted_during_the_removal_of_another,
    {"crash before": 1.0, "unknown end, undone": 1.0},
    preemptions=0,
    at_least=110,
)
BAN_KEPT_BY_A_FREEZE = Case(
    "a ban that a freeze keeps, a stall anywhere", ban_kept_by_a_freeze, {"stall 12 s": 1.0}, preemptions=0, at_least=10
)
MUTE_KEPT_BY_A_FREEZE = Case(
    "a mute that a freeze keeps, a crash anywhere",
    with_reconciler(47, 110, then=mute_kept_by_a_freeze),
    CRASH,
    preemptions=0,
    at_least=20,
)
OPENED_IN_A_FROZEN_MEETING = Case(
    "a microphone is opened in a frozen meeting, a crash anywhere",
    opened_in_a_frozen_meeting,
    CRASH,
    preemptions=0,
    at_least=40,
)
REMOVED_BY_EVERYBODYS_CHANGE = Case(
    "removed by everybody's change, a crash anywhere",
    with_reconciler(120, then=removed_by_everybodys_change),
    {"crash before": 1.0, "lost, undone": 1.0},
    preemptions=0,
    at_least=20,
)
ENDED_BEFORE_A_MUTE = Case(
    "a meeting ends before a mute does",
    ended_before_a_mute,
    {"crash before": 1.0, "slow": 1.0},
    preemptions=0,
    at_least=100,
    slow=1,
)
SEEN_BEFORE_A_SLOW_REMOVAL = Case(
    "seen before a slow removal",
    with_reconciler(47, 140, then=seen_before_a_slow_removal),
    {"slow": 1.0, "unavailable": 1.0},
    preemptions=0,
    at_least=400,
    slow=2,
)
NEWCOMER_WHILE_THE_MODE_OPENS = Case(
    "a newcomer while the mode opens",
    newcomer_while_the_mode_opens,
    setup=replace(CONSENT, mode="presentation", roles={"alice": "host"}),
    at_least=60,
)
LEFT_WHILE_ALL_ARE_MUTED = Case("one of two attendees leaves a mute-all", left_while_all_are_muted, at_least=200)
BOUND_WHILE_THROTTLED = Case(
    "bound while a call is throttled",
    bound_while_a_call_is_throttled,
    {"throttled": 1.0},
    preemptions=0,
    setup=WITH_PIA,
    at_least=30,
)
FLOOR_ENDED_IN_A_FREEZE = Case(
    "a floor that a freeze keeps ended",
    floor_that_a_freeze_keeps_ended,
    preemptions=0,
    setup=replace(SETUP, mode="audience"),
    at_least=1,
)
UNMUTED_BEFORE_A_FREEZE = Case("unmuted before a freeze", unmuted_before_a_freeze, preemptions=0, at_least=1)
REMOVED_AND_UNBANNED = Case(
    "removed with a ban, and unbanned",
    with_reconciler(47, then=removed_and_unbanned),
    CRASH,
    preemptions=1,
    at_least=40,
)
REMOVED_SLOWLY_AND_UNBANNED = Case(
    "removed with a ban by a slow call, and unbanned",
    with_reconciler(47, then=removed_slowly_and_unbanned),
    CRASH | {"slow": 1.0},
    preemptions=0,
    at_least=20,
    slow=1,
)
PRESENTER_ONCE_MORE = Case(
    "a presenter once more",
    with_reconciler(62, then=presenter_once_more),
    {"crash after": 1.0},
    preemptions=0,
    setup=replace(SETUP, mode="presentation"),
    at_least=40,
    most={"crash": 2},
)
UNMUTED_ONCE_MORE = Case(
    "unmuted once more",
    with_reconciler(62, then=unmuted_once_more),
    {"crash after": 1.0},
    preemptions=0,
    at_least=70,
    most={"crash": 2},
)
MUTED_FOR_A_TIME = Case(
    "muted for a time meanwhile",
    with_reconciler(61.5, then=muted_for_a_time_meanwhile),
    {"crash after": 1.0},
    preemptions=0,
    at_least=300,
    most={"crash": 3},
)
FOUND = (
    MUTED_FOR_A_TIME,
    PRESENTER_ONCE_MORE,
    UNMUTED_ONCE_MORE,
    NOTED_LATE,
    REGISTERED_WHILE_THROTTLED,
    MUTED_DURING_A_REMOVAL,
    LEFT_WHILE_ALL_ARE_MUTED,
    BOUND_WHILE_THROTTLED,
    FLOOR_ENDED_IN_A_FREEZE,
    UNMUTED_BEFORE_A_FREEZE,
    ENDED_BEFORE_A_MUTE,
    SEEN_BEFORE_A_SLOW_REMOVAL,
    NEWCOMER_WHILE_THE_MODE_OPENS,
    OPENED_IN_A_FROZEN_MEETING,
    BAN_KEPT_BY_A_FREEZE,
    MUTE_KEPT_BY_A_FREEZE,
    REMOVED_BY_EVERYBODYS_CHANGE,
    REMOVED_AND_UNBANNED,
    REMOVED_SLOWLY_AND_UNBANNED,
    Case(
        "muted while the unmute is throttled",
        muted_while_the_unmute_is_throttled,
        {"throttled": 1.0},
        preemptions=1,
        at_least=20,
    ),
    Case("many come on two attendees each", many_come_on_two_attendees, preemptions=0, at_least=1),
)
