"""The effect of a change on the rules, and whether it still holds."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVING, Capabilities, Medium, whole
from moderation.domain.change import (
    CALL_LIFE,
    CALL_TIMEOUT,
    GIVE_UP_AFTER,
    LEASE,
    AttendeeChange,
    Change,
    ChangeConsent,
    Closure,
    Lease,
    MeetingChange,
    Status,
    calls_live_until,
    return_after,
)
from moderation.domain.commands import Mute, SetCapabilities, Unmute, UserCommand
from moderation.domain.decisions.decision import Case
from moderation.domain.meeting import UserRules
from moderation.domain.rule_changes import is_in_effect

from .cases import ALICE, ALL_STATES, NOW, a_user, case, decided, following, on_oneself, own, withholding

AUDIO = Capabilities.SEND_AUDIO


def change_of(situation: Case, command: UserCommand) -> Change:
    made = decided(situation, command)
    empty = change(situation.user.rules, made.rules)
    return replace(empty, before=made.before, after=made.after)


def change(replaced: UserRules | None, made: UserRules | None) -> Change:
    return AttendeeChange("c", "m", "mute", {}, ALICE, (), NOW, "p1.m1", rules_before=replaced, rules_after=made)


def rules_after(situation: Case, *commands: UserCommand) -> UserRules:
    for command in commands:
        situation = following(situation, decided(situation, command))
    return situation.user.rules


@pytest.mark.parametrize(
    ("before", "after", "widens", "narrows"),
    [
        (None, None, None, True),
        (EVERYTHING, None, None, True),
        (None, EVERYTHING, None, True),
        (EVERYTHING, NOTHING, None, True),
        (EVERYTHING, EVERYTHING, None, True),
        (NOTHING, EVERYTHING, None, False),
        (RECEIVING, AUDIO, None, False),
        (EVERYTHING, NOTHING, True, False),
        (NOTHING, EVERYTHING, False, True),
    ],
)
def test_what_narrows(
    before: Capabilities | None, after: Capabilities | None, widens: bool | None, narrows: bool
) -> None:
    assert replace(change(None, None), before=before, after=after, widens=widens).narrows is narrows


def test_it_stands_right_after_it_was_made() -> None:
    for command in (Mute(), SetCapabilities({Medium.AUDIO: NOTHING})):
        assert is_in_effect(change_of(case(), command), rules_after(case(), command), NOW)


def test_a_mute_stands_until_it_is_lifted_or_replaced() -> None:
    muted = change_of(case(), Mute(reason="noise"))
    assert is_in_effect(muted, rules_after(case(), Mute(reason="noise"), Mute((Medium.VIDEO,))), NOW)
    assert not is_in_effect(muted, rules_after(case(), Mute(reason="noise"), Unmute()), NOW)
    assert not is_in_effect(muted, rules_after(case(), Mute(reason="noise"), Mute(reason="exam")), NOW)


def test_a_hosts_mute_stands_beside_the_users_own() -> None:
    muted = change_of(case(), Mute())
    both = rules_after(on_oneself(replace(case().user, rules=rules_after(case(), Mute()))), Mute())
    assert is_in_effect(muted, both, NOW)


def test_a_lift_stands_until_the_same_is_withheld_again() -> None:
    situation = case(a_user(withholding(AUDIO)))
    lift = change_of(situation, Unmute())
    assert is_in_effect(lift, rules_after(situation, Unmute()), NOW)
    assert is_in_effect(lift, rules_after(situation, Unmute(), Mute((Medium.VIDEO,))), NOW)
    assert not is_in_effect(lift, rules_after(situation, Unmute(), Mute(reason="exam")), NOW)
    assert not is_in_effect(lift, situation.user.rules, NOW)


def test_a_gift_stands_as_long_as_it_is_given() -> None:
    situation = case(a_user(grant=RECEIVING))
    command = SetCapabilities({Medium.AUDIO: whole(Medium.AUDIO)})
    gift, given = change_of(situation, command), rules_after(situation, command)
    assert is_in_effect(gift, given, NOW)
    assert is_in_effect(gift, replace(given, given=EVERYTHING), NOW)
    assert not is_in_effect(gift, replace(given, given=NOTHING), NOW)


def test_a_role_stands_until_there_is_another() -> None:
    promoted = change(UserRules("participant"), UserRules("presenter"))
    assert is_in_effect(promoted, UserRules("presenter"), NOW)
    assert not is_in_effect(promoted, UserRules("viewer"), NOW)


def test_a_change_of_restrictions_does_not_depend_on_the_role() -> None:
    muted = change_of(case(), Mute())
    assert is_in_effect(muted, replace(rules_after(case(), Mute()), role="viewer"), NOW)


def test_what_moved_no_rules_always_stands() -> None:
    assert is_in_effect(change(None, None), UserRules(), NOW)
    assert is_in_effect(change(UserRules(), UserRules()), UserRules("viewer", NOTHING, NOTHING, own(EVERYTHING)), NOW)


def test_narrowing_is_pursued_and_widening_is_given_up() -> None:
    for before, after in product(ALL_STATES, repeat=2):
        assert replace(change(None, None), before=before, after=after).narrows == (not after & ~before)
    assert change(None, None).narrows, "what isn't known to widen is pursued"


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.PENDING])
def test_a_change_is_pending_until_it_is_closed(status: Status) -> None:
    empty = change(None, None)
    assert (empty.is_open, empty.status, empty.answer, empty.superseded_by) == (True, Status.PENDING, {}, None)

    closed = replace(empty, closure=Closure(status, "c2", {"attendeeId": "a"}))

    assert (closed.is_open, closed.status, closed.answer) == (False, status, {"attendeeId": "a"})
    assert closed.superseded_by == "c2"


@pytest.mark.parametrize(
    ("consent", "awaits"),
    [(None, False), (ChangeConsent(), True), (ChangeConsent(NOW), False), (ChangeConsent(None, Status.EXPIRED), False)],
)
def test_consent_is_awaited_until_the_user_agrees_or_it_lapses(consent: ChangeConsent | None, awaits: bool) -> None:
    asked = AttendeeChange("c", "m", "unmute", {}, ALICE, (), NOW - LEASE, "p1.m1", consent=consent)

    assert asked.awaits_consent == awaits
    assert asked.deadline_starts_at == (NOW if consent == ChangeConsent(NOW) else NOW - LEASE)


def test_a_change_of_the_meeting_is_applied_to_everybody_and_waits_for_nobody() -> None:
    changed = MeetingChange("c", "m", "mute-all", {}, ALICE, (), NOW, "m1")

    assert changed.is_meeting_wide
    assert (changed.awaits_consent, changed.lapsed, changed.agreed_at, changed.is_join) == (False, None, None, False)


def test_the_times_fit_each_other() -> None:
    """A call that starts within the lease ends within it, and the takeover comes after any call of unknown outcome."""
    assert CALL_TIMEOUT < LEASE < CALL_LIFE < GIVE_UP_AFTER


def test_a_lease_that_goes_on_or_ends_has_another_token() -> None:
    """A process that read the change before cannot take over its lease."""
    lease = Lease("token", NOW + LEASE)
    assert lease.rotated() == Lease("token+", NOW + LEASE)
    assert lease.released(NOW) == Lease("token-", NOW)
    assert [each.is_released for each in (lease, lease.rotated(), lease.released(NOW))] == [False, False, True]


@pytest.mark.parametrize(("waited", "wait"), [(0, 2), (8, 2), (40, 10), (240, 60), (3600, 60)])
def test_the_longer_a_change_waits_the_later_it_is_looked_at_again(waited: int, wait: int) -> None:
    assert return_after(change(None, None), NOW + timedelta(seconds=waited)) == timedelta(seconds=wait)


def test_dropping_what_had_ended_is_no_lift() -> None:
    situation = case(a_user(withholding(Capabilities.SEND_AUDIO, until=NOW - timedelta(seconds=1))))
    video = decided(situation, Mute((Medium.VIDEO,)))
    mine = replace(change_of(situation, Mute((Medium.VIDEO,))), committed_at=NOW)
    assert is_in_effect(mine, decided(following(situation, video), Mute()).rules, NOW)


def test_what_ended_by_itself_was_overruled_by_nobody() -> None:
    timed = change_of(case(), Mute(seconds=5))
    assert is_in_effect(timed, case().user.rules, NOW + timedelta(seconds=5))
    assert not is_in_effect(timed, case().user.rules, NOW + timedelta(seconds=4))


def test_until_when_a_call_may_still_take_effect() -> None:
    """A process that died may have made its last call at the end of its lease. One that released it has made none."""
    second, lease = timedelta(seconds=1), Lease("t", NOW)
    leased = replace(change(None, None), lease=lease)
    assert calls_live_until(leased, NOW + second) == NOW + CALL_LIFE
    assert calls_live_until(leased, NOW - second) is None
    assert calls_live_until(replace(leased, lease=lease.released(NOW)), NOW + second) is None
    uncertain = replace(leased, uncertain_until=NOW + CALL_LIFE + second)
    assert calls_live_until(uncertain, NOW + second) == NOW + CALL_LIFE + second
