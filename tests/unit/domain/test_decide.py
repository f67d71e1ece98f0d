"""What all commands on one user have in common: refusals, effects, and ended rules."""

from datetime import timedelta

import pytest
from moderation.domain.actor import NO_PERMIT, Authorization
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVING, Capabilities, Medium, whole
from moderation.domain.commands import Expire, Mute, SetCapabilities, Unmute, UserCommand
from moderation.domain.decisions.decision import precondition_refusal
from moderation.domain.meeting import User

from .cases import NOW, a_user, case, decided, has, meeting, own, refused, seated, settled, withholding

AUDIO = Capabilities.SEND_AUDIO
COMMANDS: list[UserCommand] = [
    Mute(),
    Unmute(),
    SetCapabilities({Medium.AUDIO: whole(Medium.AUDIO)}),
    SetCapabilities({Medium.VIDEO: NOTHING, Medium.CONTENT: whole(Medium.CONTENT)}),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
@pytest.mark.parametrize("policies", [(NO_PERMIT,), ("non-hosts-may-not-act-on-hosts", "banned")])
def test_a_refusal_names_the_policies_that_decided(command: UserCommand, policies: tuple[str, ...]) -> None:
    answer = precondition_refusal(Authorization(False, policies), meeting(), command.name)
    assert answer is not None
    assert (answer.code, answer.policies, answer.limits) == ("not-permitted", policies, ())
    assert command.name in answer.detail


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_after_the_end_nothing_is_written(command: UserCommand) -> None:
    refusal = precondition_refusal(Authorization(True), meeting(ended_at=NOW), command.name)
    assert refusal is not None
    assert refusal.code == "meeting-ended"


def test_an_unauthorized_caller_does_not_learn_that_it_has_ended() -> None:
    refusal = precondition_refusal(Authorization(False, (NO_PERMIT,)), meeting(ended_at=NOW), Mute.name)
    assert refusal is not None
    assert refusal.code == "not-permitted"


def test_refusals_change_nothing() -> None:
    """Refusals are values without rules, so that nothing can be committed."""
    answer = refused(case(a_user(grant=RECEIVING)), Unmute())
    assert not hasattr(answer, "rules")


ALL_BUT_AUDIO = EVERYTHING & ~AUDIO
VIDEO_BACK = SetCapabilities({Medium.VIDEO: whole(Medium.VIDEO)})
DEAF = SetCapabilities({Medium.AUDIO: NOTHING})


@pytest.mark.parametrize(
    ("user", "command", "effects"),
    [
        (a_user(), Mute(), ("content-audio-may-flow",)),
        (a_user(), Mute((Medium.AUDIO, Medium.CONTENT)), ()),
        (a_user(withholding(Capabilities.SEND_CONTENT)), Mute(), ()),
        (a_user(), Mute((Medium.VIDEO,)), ()),
        (a_user(own(AUDIO)), Mute(), ("content-audio-may-flow", "already-silent")),
        (a_user(grant=RECEIVING), Mute(tuple(Medium)), ("already-silent",)),
        (a_user(own(AUDIO)), Mute((Medium.AUDIO, Medium.VIDEO)), ("content-audio-may-flow",)),
        (a_user(withholding(AUDIO)), Unmute(), ("audio-may-flow",)),
        (a_user(withholding(Capabilities.SEND_VIDEO)), Unmute((Medium.VIDEO,)), ("renegotiation-needed",)),
        (a_user(withholding(Capabilities.SEND_CONTENT)), Unmute((Medium.CONTENT,)), ("renegotiation-needed",)),
        (a_user(withholding(EVERYTHING)), Unmute(tuple(Medium)), ("audio-may-flow", "renegotiation-needed")),
        (a_user(), DEAF, ("content-audio-may-flow", "receive-removed")),
        (a_user(), SetCapabilities({Medium.VIDEO: Capabilities.RECEIVE_VIDEO}), ()),
        (a_user(), SetCapabilities({Medium.VIDEO: NOTHING}), ("receive-removed",)),
        (a_user(withholding(Capabilities.RECEIVE_VIDEO)), VIDEO_BACK, ()),
        (a_user(withholding(whole(Medium.VIDEO))), VIDEO_BACK, ("renegotiation-needed",)),
    ],
)
def test_effects(user: User, command: UserCommand, effects: tuple[str, ...]) -> None:
    assert decided(settled(case(user)), command).effects == effects


def test_nothing_is_called_silent_that_chime_may_still_let_through() -> None:
    """The first mute is decided and Chime has not taken it: the second host is not told that the user was silent."""
    muted = case(a_user(withholding(AUDIO, reason="noise")))
    for known in (EVERYTHING, None):
        assert "already-silent" not in decided(seated(muted, known), Mute(reason="exam")).effects
    assert "already-silent" in decided(settled(muted), Mute(reason="exam")).effects


def test_no_microphone_opens_unannounced() -> None:
    """The rules give audio and Chime does not have it yet: the call that corrects this lets audio flow."""
    assert decided(seated(case(), ALL_BUT_AUDIO), Unmute()).effects == ("audio-may-flow",)
    ended = case(a_user(withholding(AUDIO, until=NOW)))
    assert decided(seated(ended, ALL_BUT_AUDIO), Unmute()).effects == ("audio-may-flow",)


def test_a_change_that_opens_something_is_not_called_silent() -> None:
    wanted = {Medium.AUDIO: whole(Medium.AUDIO), Medium.VIDEO: Capabilities.RECEIVE_VIDEO}
    situation = settled(case(a_user(withholding(AUDIO | Capabilities.SEND_VIDEO))))
    assert decided(situation, SetCapabilities(wanted)).effects == ("audio-may-flow",)


@pytest.mark.parametrize("command", [Mute(), Unmute((Medium.VIDEO,)), DEAF], ids=["mute", "unmute", "set"])
def test_what_has_ended_is_dropped_by_the_next_write(command: UserCommand) -> None:
    ended = withholding(Capabilities.SEND_CONTENT, until=NOW - timedelta(seconds=1))
    situation = case(a_user(ended + withholding(Capabilities.SEND_VIDEO)))
    answer = decided(situation, command)
    assert answer.before == has(situation)
    assert not {r for r in answer.rules.restrictions if r.until is not None}


def test_what_has_ended_does_not_shadow_a_new_mute() -> None:
    ended = withholding(AUDIO, until=NOW)
    (made,) = decided(settled(case(a_user(ended))), Mute()).rules.restrictions
    assert (made.since, made.until) == (NOW, None)


def test_a_decision_touches_restrictions_and_gifts_alone() -> None:
    situation = case(a_user(withholding(EVERYTHING), grant=RECEIVING))
    for command in (Mute(reason="noise"), SetCapabilities({Medium.AUDIO: whole(Medium.AUDIO)})):
        rules = decided(situation, command).rules
        assert (rules.role, rules.grant) == (situation.user.rules.role, situation.user.rules.grant)


def test_the_end_of_a_mute_is_told_from_what_it_was() -> None:
    timed = withholding(AUDIO, until=NOW - timedelta(seconds=1))
    made = decided(seated(case(a_user(timed)), EVERYTHING & ~AUDIO), Expire())
    assert (made.before, made.after, made.rules.restrictions) == (EVERYTHING & ~AUDIO, EVERYTHING, ())
