"""What was overruled is not called applied, and what binds less than before needs to be the caller's to lift."""

from dataclasses import replace

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.application.requests import Answer
from moderation.bootstrap import Gavel
from moderation.domain.actor import Authorization, AuthorizationRequest
from moderation.domain.commands import Ban, Command, Mute, MuteEverybody, Remove, Unban
from moderation.domain.restriction import LiftableBy

from tests.unit.application.hall import Stage, code


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_removal_with_a_ban_that_was_lifted_is_superseded(stage: Stage) -> None:
    stage.chime_refuses()
    stage.ask_user("alice", Ban(), "bob")
    removal = stage.ask_user("hugo", Remove(ban=True), "bob")
    unban = stage.ask_user("alice", Unban(), "bob")
    stage.chime_recovers()
    for _ in range(3):
        stage.reconcile(60)
    assert isinstance(removal, Answer)
    assert isinstance(unban, Answer)
    change = stage.change(removal.change_id)
    assert (change.status, change.closed_by) == ("superseded", unban.change_id)
    assert stage.inside("bob")


class MayOnlyTakeAway(CedarPolicies):
    """Cohosts lift nothing."""

    def authorize(self, question: AuthorizationRequest) -> Authorization:
        if question.role == "cohost" and question.action in ("unmute", "unmute-all", "unban"):
            return Authorization(False, ("cohosts-lift-nothing",))
        return super().authorize(question)


@pytest.fixture
def strict() -> Stage:
    stage = Stage()
    stage.world = replace(stage.world, policies=MayOnlyTakeAway())
    stage.gavel = Gavel(stage.world)
    return stage


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Mute(), Mute(seconds=5)),
        (Mute(seconds=300), Mute(seconds=5)),
        (Mute(), Mute(liftable_by=LiftableBy.SELF)),
    ],
)
def test_a_mute_that_ends_earlier_lifts(strict: Stage, first: Command, second: Command) -> None:
    strict.answered("alice", first, "bob")
    refused = strict.refused("cora", second, "bob")
    assert (refused.code, refused.policies) == ("not-permitted", ("cohosts-lift-nothing",))


def test_a_ban_that_ends_earlier_lifts(strict: Stage) -> None:
    strict.ask_user("alice", Ban(), "dora")
    until = strict.surroundings.now().replace(hour=11)
    assert code(strict.ask_user("cora", Ban(until=until), "dora")) == "not-permitted"
    assert code(strict.ask_user("cora", Remove(ban=True, until=until), "dora")) == "not-permitted"


def test_a_mute_that_lasts_longer_does_not(strict: Stage) -> None:
    strict.answered("alice", Mute(seconds=5), "bob")
    assert strict.answered("cora", Mute(), "bob").status == "applied"
    assert strict.answered("cora", Mute(reason="noise"), "bob").status == "applied"


def test_a_mute_all_that_ends_earlier_or_spares_more_lifts(strict: Stage) -> None:
    strict.done("alice", MuteEverybody())
    assert code(strict.say("cora", MuteEverybody(seconds=5))) == "not-permitted"
    assert code(strict.say("cora", MuteEverybody(spared_users=("bob",)))) == "not-permitted"
    assert code(strict.say("cora", MuteEverybody(reason="exam"))) == "applied"


def test_by_the_shipped_policies_whoever_mutes_may_shorten(stage: Stage) -> None:
    stage.answered("alice", Mute(), "bob")
    assert stage.answered("cora", Mute(seconds=5), "bob").status == "applied"
