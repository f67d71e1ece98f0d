"""A superseded change is not answered as applied. A rule that binds less needs the permission to lift the one it
replaces.
"""

from dataclasses import replace

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.application.enforcement.change_in_progress import overruled_by
from moderation.application.requests import Answer
from moderation.bootstrap import Gavel
from moderation.domain.actor import Authorization, AuthorizationRequest
from moderation.domain.capability import Capabilities, LiftableBy, Medium
from moderation.domain.change import AttendeeChange, ChangeConsent
from moderation.domain.commands import Ban, Command, Mute, MuteEverybody, Remove, SetCapabilities, SetMeeting, Unban
from moderation.domain.personal_rules import Agreement

from tests.unit.application.commanded_meeting import CommandedMeeting, code


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def test_a_removal_with_a_ban_that_was_lifted_is_superseded(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    meeting.ask_user("alice", Ban(), "bob")
    removal = meeting.ask_user("hugo", Remove(ban=True), "bob")
    unban = meeting.ask_user("alice", Unban(), "bob")
    meeting.chime_recovers()
    for _ in range(3):
        meeting.reconcile(60)
    assert isinstance(removal, Answer)
    assert isinstance(unban, Answer)
    change = meeting.change(removal.change_id)
    assert (change.status, change.superseded_by) == ("superseded", unban.change_id)
    assert meeting.inside("bob")


def test_a_mute_that_a_freeze_keeps_supersedes_what_it_takes(meeting: CommandedMeeting) -> None:
    """Its time has passed, and the clock of the meeting stands still."""
    meeting.chime_refuses()
    given = {Medium.AUDIO: Capabilities.SEND_AUDIO | Capabilities.RECEIVE_AUDIO, Medium.VIDEO: Capabilities.SEND_VIDEO}
    earlier = meeting.answered("alice", SetCapabilities(given), "bob")
    mute = meeting.answered("hugo", Mute(seconds=20), "bob")
    meeting.say("alice", SetMeeting(frozen=True))
    meeting.clock.pass_by(30)
    meeting.chime_recovers()
    for _ in range(3):
        meeting.reconcile(60)
    assert not meeting.heard("bob")
    change = meeting.change(earlier.change_id)
    assert (change.status, change.superseded_by) == ("superseded", mute.change_id)


class MayOnlyTakeAway(CedarPolicies):
    """Cohosts may lift nothing."""

    def authorize(self, question: AuthorizationRequest) -> Authorization:
        if question.role == "cohost" and question.action in ("unmute", "unmute-all", "unban"):
            return Authorization(False, ("cohosts-lift-nothing",))
        return super().authorize(question)


@pytest.fixture
def strict() -> CommandedMeeting:
    meeting = CommandedMeeting()
    meeting.ports = replace(meeting.ports, policies=MayOnlyTakeAway())
    meeting.gavel = Gavel(meeting.ports)
    return meeting


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Mute(), Mute(seconds=5)),
        (Mute(seconds=300), Mute(seconds=5)),
        (Mute(), Mute(liftable_by=LiftableBy.SELF)),
    ],
)
def test_a_mute_that_ends_earlier_lifts(strict: CommandedMeeting, first: Command, second: Command) -> None:
    strict.answered("alice", first, "bob")
    refused = strict.refused("cora", second, "bob")
    assert (refused.code, refused.policies) == ("not-permitted", ("cohosts-lift-nothing",))


def test_a_ban_that_ends_earlier_lifts(strict: CommandedMeeting) -> None:
    strict.ask_user("alice", Ban(), "dora")
    until = strict.clock.now().replace(hour=11)
    assert code(strict.ask_user("cora", Ban(until=until), "dora")) == "not-permitted"
    assert code(strict.ask_user("cora", Remove(ban=True, until=until), "dora")) == "not-permitted"


def test_a_mute_that_lasts_longer_does_not(strict: CommandedMeeting) -> None:
    strict.answered("alice", Mute(seconds=5), "bob")
    assert strict.answered("cora", Mute(), "bob").status == "applied"
    assert strict.answered("cora", Mute(reason="noise"), "bob").status == "applied"


def test_a_mute_all_that_ends_earlier_or_spares_more_lifts(strict: CommandedMeeting) -> None:
    strict.done("alice", MuteEverybody())
    assert code(strict.say("cora", MuteEverybody(seconds=5))) == "not-permitted"
    assert code(strict.say("cora", MuteEverybody(spared_users=("bob",)))) == "not-permitted"
    assert code(strict.say("cora", MuteEverybody(reason="exam"))) == "applied"


def test_by_the_shipped_policies_those_who_may_mute_may_shorten(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(), "bob")
    assert meeting.answered("cora", Mute(seconds=5), "bob").status == "applied"


@pytest.mark.parametrize(
    ("revision", "revised_by", "consent", "agreed_in", "expected"),
    [
        (4, "another", None, None, "another"),
        (5, "change", None, None, "everybody"),
        (4, "change", None, None, None),
        (4, "change", "earlier", 4, "earlier"),
        (5, "change", "earlier", 4, "everybody"),
    ],
    ids=["of the user", "of the meeting", "an admission", "before the agreement", "after the agreement"],
)
def test_which_change_overruled_another(
    meeting: CommandedMeeting,
    revision: int,
    revised_by: str,
    consent: str | None,
    agreed_in: int | None,
    expected: str | None,
) -> None:
    now, change = meeting.clock.now(), meeting.change(meeting.answered("alice", Mute(), "bob").change_id)
    assert isinstance(change, AttendeeChange)
    change = replace(change, id="change", revision="p3.m4", consent=ChangeConsent(now, agreed_after=consent))
    agreed = Agreement(now, agreed_in) if agreed_in is not None else None
    bob = meeting.user("bob")
    bob = replace(bob, revised_by=revised_by, rules=replace(bob.rules, agreed=agreed))
    then = replace(meeting.stored(), revision=revision, revised_by="everybody")
    assert overruled_by(change, then, bob) == expected
