"""Roles: what they give follows at once, the old one leaves nothing behind, and somebody always hosts."""

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, Medium
from moderation.domain.commands import (
    Ban,
    GrantFloor,
    Hold,
    Mute,
    MuteEverybody,
    Release,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Unban,
    Undo,
    Unmute,
    UserCommand,
)
from moderation.domain.entry import CAPABILITIES_CHANGED, DECIDED

from tests.memory.moderated_meeting import ADMIN
from tests.unit.application.hall import MUTE_ALL, RECEIVING, SILENT, Stage, by, code


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_effective_capabilities_follow_at_once(stage: Stage) -> None:
    stage.done("alice", SetMeeting(mode="presentation"))
    assert stage.bits("bob") == RECEIVING
    assert stage.answered("alice", SetRole("presenter"), "bob").status == "applied"
    assert stage.bits("bob") == EVERYTHING
    assert stage.answered("alice", SetRole("viewer"), "bob").status == "applied"
    assert stage.bits("bob") == RECEIVING
    assert stage.told(CAPABILITIES_CHANGED)[-2:] == [["bob"], ["bob"]]


def test_on_all_seats(stage: Stage) -> None:
    stage.comes("bob", 1)
    stage.gavel.presence.on_joined("11111111-1111-1111-1111-111111111111", "626f6200-0000-0000-0000-000000000001")
    stage.answered("alice", SetRole("viewer"), "bob")
    assert stage.bits("bob") == stage.bits("bob", 1) == RECEIVING


def test_whoever_rises_is_not_left_locked(stage: Stage) -> None:
    stage.answered("alice", Mute(), "bob")
    stage.answered("alice", SetCapabilities({Medium.VIDEO: NOTHING}), "bob")
    stage.answered("alice", SetRole("presenter"), "bob")
    assert stage.bits("bob") == EVERYTHING


def test_but_for_what_he_withholds_from_himself(stage: Stage) -> None:
    stage.answered("bob", Mute(), "bob")
    stage.answered("alice", SetRole("presenter"), "bob")
    assert stage.bits("bob") == SILENT
    assert stage.answered("bob", Unmute(), "bob").status == "applied"


def test_whoever_rises_to_cohost_is_spared_by_the_mute_all_that_bound_him(stage: Stage) -> None:
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", SetRole("presenter"), "bob")
    assert not stage.heard("bob"), "a presenter is not spared"
    stage.answered("alice", SetRole("cohost"), "bob")
    assert stage.heard("bob")


def test_who_falls_keeps_nothing_of_the_old_role(stage: Stage) -> None:
    """Neither what was given to him in it, nor who he was spared as, nor his turn to speak."""
    stage.comes("zoe", capabilities=SILENT)
    stage.answered("alice", SetRole("presenter"), "zoe")
    stage.answered("alice", SetCapabilities({Medium.AUDIO: Capabilities(3)}), "zoe")
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", Unmute(), "zoe")
    stage.answered("alice", GrantFloor(), "zoe")
    assert stage.heard("zoe")
    stage.answered("alice", SetRole("participant"), "zoe")
    rules = stage.user("zoe").rules
    assert (rules.given, rules.spares, rules.floor) == (NOTHING, frozenset(), None)
    assert not stage.heard("zoe")


def test_who_falls_stays_bound_by_what_hosts_withheld(stage: Stage) -> None:
    stage.answered("alice", SetRole("presenter"), "bob")
    stage.answered("alice", Mute(), "bob")
    stage.answered("alice", SetRole("viewer"), "bob")
    stage.answered("alice", SetRole("viewer"), "bob")
    assert stage.user("bob").rules.restrictions


def test_a_demoted_host_is_bound_by_the_mute_all_and_may_do_nothing(stage: Stage) -> None:
    stage.done("alice", MUTE_ALL)
    assert stage.heard("hugo")
    stage.answered("alice", SetRole("participant"), "hugo")
    assert not stage.heard("hugo")
    assert stage.refused("hugo", Mute(), "carol").code == "not-permitted"
    assert code(stage.say("hugo", MUTE_ALL)) == "not-permitted"


def test_the_same_role_again_is_unchanged(stage: Stage) -> None:
    stage.answered("alice", SetRole("viewer"), "bob")
    assert stage.answered("alice", SetRole("viewer"), "bob").status == "unchanged"


def test_no_such_role(stage: Stage) -> None:
    refused = stage.refused("alice", SetRole("king"), "bob")
    assert (refused.code, refused.pointer) == ("invalid-request", "/role")


def test_roles_bind_whoever_has_not_joined(stage: Stage) -> None:
    stage.done("alice", SetMeeting(mode="presentation"))
    answer = stage.ask_user("alice", SetRole("presenter"), "dora")
    assert code(answer) == "stored"
    stage.comes("dora", capabilities=RECEIVING)
    stage.reconcile(121)
    assert stage.bits("dora") == EVERYTHING
    assert code(stage.ask("dora", Mute(), "dora")) == "applied", "she is somebody here"


def test_who_is_demoted_before_he_joins_gets_no_more(stage: Stage) -> None:
    stage.ask_user("alice", SetRole("viewer"), "dora")
    stage.comes("dora")
    stage.reconcile(121)
    assert stage.bits("dora") == RECEIVING


@pytest.mark.parametrize(
    "deed", [SetRole("participant"), Remove(), Remove(ban=True), Ban()], ids=["demote", "remove", "remove+ban", "ban"]
)
@pytest.mark.parametrize("who", ["alice", "back-end"])
def test_the_last_host_stays(stage: Stage, deed: UserCommand, who: str) -> None:
    stage.answered("alice", SetRole("cohost"), "hugo")
    orders = stage.chime.orders()
    outcome = stage.ask(ADMIN if who == "back-end" else "alice", deed, "alice")
    own_ban = who == "alice" and (isinstance(deed, Ban) or (isinstance(deed, Remove) and deed.ban))
    assert code(outcome) == ("not-permitted" if own_ban else "last-host")
    assert stage.inside("alice")
    assert stage.user("alice").rules.role == "host"
    assert stage.chime.orders() == orders
    assert stage.entries(DECIDED)[-1].extra["code"] == code(outcome)


def test_one_of_two_may_go_and_a_new_host_frees_the_last(stage: Stage) -> None:
    stage.answered("alice", SetRole("host"), "bob")
    stage.answered("alice", SetRole("participant"), "hugo")
    stage.answered("alice", SetRole("participant"), "alice")
    assert stage.refused("bob", SetRole("viewer"), "bob").code == "last-host"
    assert stage.meeting().hosts == 1


def test_two_hosts_who_demote_each_other_at_once_leave_one(stage: Stage) -> None:
    """The second decides from memory of before, and is told."""
    other = stage.another_process()
    other_scene = stage.gavel
    stage.answered("hugo", Mute(), "bob")
    stage.gavel = other
    assert stage.answered("alice", SetRole("participant"), "hugo").status == "applied"
    stage.gavel = other_scene
    assert stage.refused("hugo", SetRole("participant"), "alice").code == "not-permitted"
    assert stage.meeting().hosts == 1


TOUCHING: list[UserCommand] = [
    Mute(), Unmute(), SetCapabilities({Medium.AUDIO: NOTHING}), Hold(), Release(), Remove(), Remove(ban=True), Ban(),
    Unban(), SetRole("viewer"), GrantFloor(),
]  # fmt: skip


@pytest.mark.parametrize("deed", TOUCHING, ids=lambda deed: type(deed).__name__)
def test_a_cohost_touches_no_host(stage: Stage, deed: UserCommand) -> None:
    assert stage.refused("cora", deed, "hugo").code == "not-permitted"
    assert stage.bits("hugo") == EVERYTHING


def test_not_by_a_bulk_deed_either(stage: Stage) -> None:
    stage.done("cora", MuteEverybody(spared_roles=()))
    assert stage.heard("alice")
    assert not stage.heard("bob")


@pytest.mark.parametrize("who", ["cora", "bob", "hans"])
def test_only_a_host_gives_roles(stage: Stage, who: str) -> None:
    assert stage.refused(who, SetRole("presenter"), "carol").code == "not-permitted"
    assert stage.refused(who, SetRole("host"), who if who != "hans" else "bob").code == "not-permitted"


def test_a_cohost_who_was_made_host_is_out_of_the_others_reach(stage: Stage) -> None:
    stage.answered("alice", SetRole("host"), "bob")
    assert stage.refused("cora", Mute(), "bob").code == "not-permitted"
    stage.answered("alice", SetRole("participant"), "bob")
    assert stage.answered("cora", Mute(), "bob").status == "applied"


def test_a_role_given_while_chime_fails_is_carried_out_later(stage: Stage) -> None:
    stage.chime_refuses()
    answer = stage.answered("alice", SetRole("viewer"), "bob")
    assert answer.status == "pending"
    stage.chime_recovers()
    stage.reconcile(60)
    assert stage.bits("bob") == RECEIVING
    assert stage.change(answer.change_id).status == "applied"


def test_a_frozen_meeting_lets_nobody_rise(stage: Stage) -> None:
    stage.done("alice", SetMeeting(mode="presentation"))
    stage.done("alice", SetMeeting(frozen=True))
    refused = stage.refused("alice", SetRole("presenter"), "bob")
    assert (refused.code, {limit["by"] for limit in refused.limits}) == ("capability-unavailable", {"freeze"})
    assert stage.answered("alice", SetRole("viewer"), "bob").status == "applied", "who gets no more may fall"


def test_on_behalf_it_is_the_persons_deed(stage: Stage) -> None:
    assert stage.refused(by("bob", via="back-end"), SetRole("host"), "bob").code == "not-permitted"
    assert stage.answered(by("alice", via="back-end"), SetRole("viewer"), "bob").status == "applied"
    assert stage.entries(DECIDED)[-1].actor == by("alice", via="back-end")


def gifted(stage: Stage) -> None:
    """bob presents; he is spared of the mute-all and has the floor, both given to him as a presenter."""
    stage.answered("alice", SetRole("presenter"), "bob")
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", Unmute(), "bob")
    stage.answered("alice", GrantFloor(600), "bob")
    assert stage.heard("bob")


@pytest.mark.parametrize("roles", [{"bob": "viewer"}, {}], ids=["named", "not named any more"])
def test_who_falls_by_a_registration_keeps_nothing_either(stage: Stage, roles: dict[str, str]) -> None:
    gifted(stage)
    others = {user: role for user, role in stage.roles.items() if user != "bob"}
    revision = f"m{stage.meeting().revision}"
    assert code(stage.register(roles=others | roles, if_match=revision)) == "applied"
    rules = stage.user("bob").rules
    assert (rules.spares, rules.floor) == (frozenset(), None)
    assert not stage.heard("bob")


def test_nor_by_an_admission_with_a_lower_role(stage: Stage) -> None:
    stage.ask_user("alice", SetRole("presenter"), "dora")
    stage.ask_user("alice", GrantFloor(600), "dora")
    stage.done("alice", SetMeeting(mode="audience"))
    assert stage.admits("dora", roles={"dora": "viewer"}) == {"dora": "admitted"}
    assert stage.user("dora").rules.floor is None


def test_nor_by_an_undone_promotion_but_what_he_had_before(stage: Stage) -> None:
    stage.answered("alice", SetRole("viewer"), "bob")
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", SetCapabilities({Medium.AUDIO: Capabilities(3)}), "carol")
    had = stage.user("carol").rules.spares
    raised = stage.answered("alice", SetRole("presenter"), "carol")
    stage.answered("alice", GrantFloor(600), "carol")
    assert stage.done("alice", Undo(raised.change_id or "")).status == "applied"
    assert had
    assert (stage.user("carol").rules.spares, stage.user("carol").rules.floor) == (had, None)
