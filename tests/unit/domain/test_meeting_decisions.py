"""Decisions on the whole meeting: which are a gain, and what a freeze refuses."""

from dataclasses import replace
from datetime import timedelta

import pytest
from moderation.domain.actor import Actor, ActorKind, Authorization
from moderation.domain.capability import (
    EVERYTHING,
    NOTHING,
    RECEIVING,
    SEND,
    Capabilities,
    LiftableBy,
    Medium,
    MuteAll,
    PolicyCapabilities,
)
from moderation.domain.change import MeetingChange
from moderation.domain.commands import MeetingCommand, Mute, MuteEverybody, SetMeeting, Undo, UnmuteEverybody
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Refusal, Unchanged, precondition_refusal
from moderation.domain.decisions.meeting import MeetingCase
from moderation.domain.meeting import Meeting, MeetingRules, UnmuteConsent

from tests.unit.domain.cases import ALICE, NOW, meeting

AUDIO = SEND[Medium.AUDIO]
ROLES = ("host", "cohost", "participant", "viewer")


def holds(role: str | None, mode: str, _floor: bool) -> PolicyCapabilities:
    """The part of the shipped policies that these tests need."""
    sends = role in ("host", "cohost") or (role == "participant" and mode == "open")
    return PolicyCapabilities(EVERYTHING if sends else RECEIVING)


def all_muted(number: int = 1, medium: Medium = Medium.AUDIO, **how: object) -> MuteAll:
    made: dict[str, object] = {"liftable_by": LiftableBy.HOST, "actor": ALICE, "since": NOW - timedelta(minutes=1)}
    return MuteAll(f"c{number}/{medium.value}", medium, **(made | how))  # type: ignore[arg-type]


def case(rules: MeetingRules | None = None, *, frozen: bool = False, ended: bool = False) -> MeetingCase:
    at: Meeting = meeting(ended_at=NOW if ended else None)
    rules = rules or MeetingRules()
    frozen_at = NOW - timedelta(seconds=30) if frozen else None
    at = replace(at, rules=replace(rules, frozen_at=frozen_at))
    return MeetingCase(at, ALICE, holds, ROLES, NOW, "new")


def governed(situation: MeetingCase, command: MeetingCommand) -> MeetingRules:
    answer = decide(situation, command)
    assert isinstance(answer, Accepted), answer
    return answer.rules


def test_a_mute_all_that_says_the_same_is_new_and_binds_again() -> None:
    once = governed(case(), MuteEverybody())
    again = decide(replace(case(once), change_id="newer"), MuteEverybody())
    assert isinstance(again, Accepted)
    assert [m.id for m in again.rules.mute_alls] == ["newer/audio"]


def test_the_end_of_a_mute_all_is_counted_from_now() -> None:
    [mute_all] = governed(case(), MuteEverybody(seconds=90)).mute_alls
    assert mute_all.until == NOW + timedelta(seconds=90)


def test_untouchable_roles_and_the_owners_of_attendees_are_spared() -> None:
    situation = replace(case(), untouchable=frozenset({"host"}), spared=frozenset({"dan"}))
    [mute_all] = governed(situation, MuteEverybody(spared_roles=("viewer",), spared_users=("bob",))).mute_alls
    assert mute_all.spared_roles == {"host", "viewer"}
    assert mute_all.spared_users == {"bob", "dan"}


@pytest.mark.parametrize(
    ("rules", "command"),
    [
        (MeetingRules(), UnmuteEverybody()),
        (MeetingRules(mute_alls=(all_muted(medium=Medium.CONTENT),)), UnmuteEverybody()),
        (MeetingRules(mode="audience"), SetMeeting(mode="audience")),
        (MeetingRules(), SetMeeting(frozen=False)),
        (MeetingRules(), SetMeeting(default_role="participant", lobby=False)),
    ],
)
def test_what_the_rules_say_already(rules: MeetingRules, command: MeetingCommand) -> None:
    assert isinstance(decide(case(rules), command), Unchanged)


def test_freezing_again_leaves_the_moment_of_freezing() -> None:
    assert isinstance(decide(case(frozen=True), SetMeeting(frozen=True)), Unchanged)


@pytest.mark.parametrize(
    ("rules", "command", "more"),
    [
        (MeetingRules(mute_alls=(all_muted(),)), UnmuteEverybody(), AUDIO),
        (MeetingRules(mute_alls=(all_muted(),)), MuteEverybody(spared_roles=("participant",)), AUDIO),
        (MeetingRules(mute_alls=(all_muted(),)), MuteEverybody(spared_users=("bob",)), AUDIO),
        (MeetingRules(mode="audience"), SetMeeting(mode="open"), EVERYTHING & ~RECEIVING),
        (MeetingRules(default_role="viewer"), SetMeeting(default_role="participant"), EVERYTHING & ~RECEIVING),
        (
            MeetingRules(default_role="participant", mute_alls=(all_muted(spared_roles=frozenset({"cohost"})),)),
            SetMeeting(default_role="cohost"),
            AUDIO,
        ),
        # somebody may have been spared from it one by one
        (MeetingRules(mode="audience", mute_alls=(all_muted(),)), SetMeeting(mode="open"), EVERYTHING & ~RECEIVING),
    ],
)
def test_what_widens_is_refused_while_frozen(rules: MeetingRules, command: MeetingCommand, more: Capabilities) -> None:
    assert case(rules).gained_by(governed(case(rules), command)) == more
    refusal = decide(case(rules, frozen=True), command)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "capability-unavailable"
    assert [(limit.by, limit.withholds) for limit in refusal.limits] == [("freeze", more)]


def test_a_mute_all_that_is_restored_may_spare_who_is_muted_now() -> None:
    muted = case(MeetingRules(mute_alls=(all_muted(2),)))
    assert muted.gained_by(MeetingRules(mute_alls=(all_muted(1),))) == AUDIO


@pytest.mark.parametrize(
    ("media", "more"),
    [
        ((Medium.AUDIO,), AUDIO),
        ((Medium.VIDEO,), SEND[Medium.VIDEO]),
        ((Medium.VIDEO, Medium.CONTENT), SEND[Medium.VIDEO] | SEND[Medium.CONTENT]),
    ],
)
def test_a_mode_in_which_a_floor_gives_more_widens(media: tuple[Medium, ...], more: Capabilities) -> None:
    """Those media count whose floors go on."""

    def by_floor(_role: str | None, mode: str, floor: bool) -> PolicyCapabilities:
        return PolicyCapabilities(EVERYTHING if floor and mode == "open" else RECEIVING)

    was = MeetingRules(mode="audience")
    ended = was.with_floor_generation([medium for medium in Medium if medium not in media], "new")
    assert replace(case(was), holds=by_floor).gained_by(replace(ended, mode="open")) == more


@pytest.mark.parametrize(
    "command",
    [
        MuteEverybody(media=(Medium.CONTENT,)),
        MuteEverybody(spared_roles=("host",)),
        SetMeeting(mode="audience"),
        SetMeeting(default_role="viewer"),
        SetMeeting(frozen=False),
        SetMeeting(lobby=True),
    ],
)
def test_what_does_not_widen_is_done_while_frozen(command: MeetingCommand) -> None:
    rules = MeetingRules(mute_alls=(all_muted(spared_roles=frozenset({"host", "cohost"})),))
    assert case(rules, frozen=True).gained_by(governed(case(rules, frozen=True), command)) == NOTHING


def test_what_ends_when_the_meeting_thaws_is_no_gain_of_the_thaw() -> None:
    """The end was known before: the change is retried, and never given up."""
    situation = case(MeetingRules(mute_alls=(all_muted(until=NOW - timedelta(seconds=5)),)), frozen=True)
    thawed = governed(situation, SetMeeting(frozen=False))
    assert thawed.frozen_at is None
    assert situation.gained_by(thawed) == NOTHING


def test_ended_and_not_permitted() -> None:
    for command in (MuteEverybody(), UnmuteEverybody(), SetMeeting(mode="audience")):
        ended = case(ended=True).meeting
        answer = precondition_refusal(Authorization(True), ended, command.name)
        assert answer is not None
        assert answer.code == "meeting-ended"
        answer = precondition_refusal(Authorization(False, ("no-permit",)), ended, command.name)
        assert answer is not None
        assert (answer.code, answer.policies) == ("not-permitted", ("no-permit",))


def test_the_names_of_what_is_asked() -> None:
    assert SetMeeting(mode="open").name == "set-mode"
    assert SetMeeting(frozen=True).name == "freeze"
    assert SetMeeting(frozen=False).name == "unfreeze"
    assert SetMeeting(lobby=False).name == "set-settings"
    assert SetMeeting(mode="open", lobby=True).actions == ("set-mode", "set-settings")
    assert SetMeeting(mode="open", lobby=True).name == "set-meeting"


def test_a_timed_mute_all_can_be_undone_until_it_ends_by_itself() -> None:
    timed = all_muted(until=NOW + timedelta(seconds=1))
    was, made = MeetingRules(), MeetingRules(mute_alls=(timed,))
    undone = MeetingChange("c1", "m", "mute-all", {}, ALICE, (), NOW, "m1", rules_before=was, rules_after=made)
    at = replace(case(made), undone=undone)
    answer = decide(at, Undo("c1"))
    assert isinstance(answer, Accepted)
    assert answer.rules == was
    later = decide(replace(at, now=NOW + timedelta(seconds=1), meeting=replace(at.meeting, rules=was)), Undo("c1"))
    assert isinstance(later, Refusal)
    assert later.code == "not-undoable"


def test_what_the_clock_has_ended_is_not_undone() -> None:
    made, was = MeetingRules(), MeetingRules(mute_alls=(all_muted(),))
    ended = MeetingChange(
        "c1", "m", "expire", {}, Actor(ActorKind.CLOCK, "clock"), (), NOW, "m1", rules_before=was, rules_after=made
    )
    answer = decide(replace(case(made), undone=ended), Undo("c1"))
    assert isinstance(answer, Refusal)
    assert answer.code == "not-undoable"


def test_while_frozen_no_mode_comes_that_gives_more_to_any_role() -> None:
    """A user without a role of their own would gain nothing."""
    frozen = case(MeetingRules(mode="audience", default_role="viewer"), frozen=True)
    answer = decide(frozen, SetMeeting(mode="open"))
    assert isinstance(answer, Refusal), answer
    assert answer.code == "capability-unavailable"


def test_while_frozen_who_is_not_here_yet_is_to_gain_nothing_either() -> None:
    """A user in the meeting stays muted until they agree."""

    def voices(role: str | None, mode: str, floor: bool) -> PolicyCapabilities:
        return PolicyCapabilities(EVERYTHING if role == "participant" and mode == "open" else EVERYTHING & ~AUDIO)

    rules = MeetingRules(mode="audience", default_role="viewer", unmute_consent=UnmuteConsent.REQUIRED)
    answer = decide(replace(case(rules, frozen=True), holds=voices), SetMeeting(mode="open"))
    assert isinstance(answer, Refusal), answer
    assert [(limit.by, limit.withholds) for limit in answer.limits] == [("freeze", AUDIO)]


def test_a_command_on_a_user_is_none_on_the_meeting() -> None:
    with pytest.raises(ValueError, match=r"^`mute` is not decided on a meeting$"):
        decide(case(), Mute())
