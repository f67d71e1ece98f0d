"""Roles: a role applies at once, the old one leaves nothing, and a host is always left."""

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
from tests.unit.application.commanded_meeting import MUTE_ALL, RECEIVING, SILENT, CommandedMeeting, by, code


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def test_effective_capabilities_follow_at_once(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(mode="presentation"))
    assert meeting.bits("bob") == RECEIVING
    assert meeting.answered("alice", SetRole("presenter"), "bob").status == "applied"
    assert meeting.bits("bob") == EVERYTHING
    assert meeting.answered("alice", SetRole("viewer"), "bob").status == "applied"
    assert meeting.bits("bob") == RECEIVING
    assert meeting.told(CAPABILITIES_CHANGED)[-2:] == [["bob"], ["bob"]]


def test_on_all_attendees(meeting: CommandedMeeting) -> None:
    meeting.comes("bob", 1)
    meeting.gavel.chime_events.on_joined("11111111-1111-1111-1111-111111111111", "626f6200-0000-0000-0000-000000000001")
    meeting.answered("alice", SetRole("viewer"), "bob")
    assert meeting.bits("bob") == meeting.bits("bob", 1) == RECEIVING


def test_a_promoted_user_is_not_left_locked(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("alice", SetCapabilities({Medium.VIDEO: NOTHING}), "bob")
    meeting.answered("alice", SetRole("presenter"), "bob")
    assert meeting.bits("bob") == EVERYTHING


def test_but_for_what_users_withhold_from_themselves(meeting: CommandedMeeting) -> None:
    meeting.answered("bob", Mute(), "bob")
    meeting.answered("alice", SetRole("presenter"), "bob")
    assert meeting.bits("bob") == SILENT
    assert meeting.answered("bob", Unmute(), "bob").status == "applied"


def test_a_new_cohost_is_exempt_from_the_mute_all_that_bound_them(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", SetRole("presenter"), "bob")
    assert not meeting.heard("bob"), "a presenter is not spared"
    meeting.answered("alice", SetRole("cohost"), "bob")
    assert meeting.heard("bob")


def test_who_falls_keeps_nothing_of_the_old_role(meeting: CommandedMeeting) -> None:
    """Neither the grants of the old role, nor its exemptions, nor the floor."""
    meeting.comes("zoe", capabilities=SILENT)
    meeting.answered("alice", SetRole("presenter"), "zoe")
    meeting.answered("alice", SetCapabilities({Medium.AUDIO: Capabilities(3)}), "zoe")
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", Unmute(), "zoe")
    meeting.answered("alice", GrantFloor(), "zoe")
    assert meeting.heard("zoe")
    meeting.answered("alice", SetRole("participant"), "zoe")
    rules = meeting.user("zoe").rules
    assert (rules.given, rules.spares, rules.floor) == (NOTHING, frozenset(), None)
    assert not meeting.heard("zoe")


def test_who_falls_stays_bound_by_what_hosts_withheld(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", SetRole("presenter"), "bob")
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("alice", SetRole("viewer"), "bob")
    meeting.answered("alice", SetRole("viewer"), "bob")
    assert meeting.user("bob").rules.restrictions


def test_a_demoted_host_is_bound_by_the_mute_all_and_may_do_nothing(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MUTE_ALL)
    assert meeting.heard("hugo")
    meeting.answered("alice", SetRole("participant"), "hugo")
    assert not meeting.heard("hugo")
    assert meeting.refused("hugo", Mute(), "carol").code == "not-permitted"
    assert code(meeting.say("hugo", MUTE_ALL)) == "not-permitted"


def test_the_same_role_again_is_unchanged(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", SetRole("viewer"), "bob")
    assert meeting.answered("alice", SetRole("viewer"), "bob").status == "unchanged"


def test_no_such_role(meeting: CommandedMeeting) -> None:
    refused = meeting.refused("alice", SetRole("king"), "bob")
    assert (refused.code, refused.pointer) == ("invalid-request", "/role")


def test_roles_bind_users_who_have_not_joined(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(mode="presentation"))
    answer = meeting.ask_user("alice", SetRole("presenter"), "dora")
    assert code(answer) == "stored"
    meeting.comes("dora", capabilities=RECEIVING)
    meeting.reconcile(121)
    assert meeting.bits("dora") == EVERYTHING
    assert code(meeting.ask("dora", Mute(), "dora")) == "applied", "she is somebody here"


def test_a_user_demoted_before_joining_gets_no_more(meeting: CommandedMeeting) -> None:
    meeting.ask_user("alice", SetRole("viewer"), "dora")
    meeting.comes("dora")
    meeting.reconcile(121)
    assert meeting.bits("dora") == RECEIVING


@pytest.mark.parametrize(
    "command",
    [SetRole("participant"), Remove(), Remove(ban=True), Ban()],
    ids=["demote", "remove", "remove+ban", "ban"],
)
@pytest.mark.parametrize("who", ["alice", "back-end"])
def test_the_last_host_stays(meeting: CommandedMeeting, command: UserCommand, who: str) -> None:
    meeting.answered("alice", SetRole("cohost"), "hugo")
    orders = meeting.chime.updates()
    outcome = meeting.ask(ADMIN if who == "back-end" else "alice", command, "alice")
    own_ban = who == "alice" and (isinstance(command, Ban) or (isinstance(command, Remove) and command.ban))
    assert code(outcome) == ("not-permitted" if own_ban else "last-host")
    assert meeting.inside("alice")
    assert meeting.user("alice").rules.role == "host"
    assert meeting.chime.updates() == orders
    assert meeting.entries(DECIDED)[-1].extra["code"] == code(outcome)


def test_one_of_two_may_go_and_a_new_host_frees_the_last(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", SetRole("host"), "bob")
    meeting.answered("alice", SetRole("participant"), "hugo")
    meeting.answered("alice", SetRole("participant"), "alice")
    assert meeting.refused("bob", SetRole("viewer"), "bob").code == "last-host"
    assert meeting.stored().hosts == 1


def test_two_hosts_who_demote_each_other_at_once_leave_one(meeting: CommandedMeeting) -> None:
    """The second decides from its cache, and its commit shows that."""
    other = meeting.another_process()
    other_scene = meeting.gavel
    meeting.answered("hugo", Mute(), "bob")
    meeting.gavel = other
    assert meeting.answered("alice", SetRole("participant"), "hugo").status == "applied"
    meeting.gavel = other_scene
    assert meeting.refused("hugo", SetRole("participant"), "alice").code == "not-permitted"
    assert meeting.stored().hosts == 1


TOUCHING: list[UserCommand] = [
    Mute(), Unmute(), SetCapabilities({Medium.AUDIO: NOTHING}), Hold(), Release(), Remove(), Remove(ban=True), Ban(),
    Unban(), SetRole("viewer"), GrantFloor(),
]  # fmt: skip


@pytest.mark.parametrize("command", TOUCHING, ids=lambda command: type(command).__name__)
def test_a_cohost_touches_no_host(meeting: CommandedMeeting, command: UserCommand) -> None:
    assert meeting.refused("cora", command, "hugo").code == "not-permitted"
    assert meeting.bits("hugo") == EVERYTHING


def test_not_by_a_meeting_command_either(meeting: CommandedMeeting) -> None:
    meeting.done("cora", MuteEverybody(spared_roles=()))
    assert meeting.heard("alice")
    assert not meeting.heard("bob")


@pytest.mark.parametrize("who", ["cora", "bob", "hans"])
def test_only_a_host_gives_roles(meeting: CommandedMeeting, who: str) -> None:
    assert meeting.refused(who, SetRole("presenter"), "carol").code == "not-permitted"
    assert meeting.refused(who, SetRole("host"), who if who != "hans" else "bob").code == "not-permitted"


def test_a_cohost_who_was_made_host_is_out_of_the_others_reach(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", SetRole("host"), "bob")
    assert meeting.refused("cora", Mute(), "bob").code == "not-permitted"
    meeting.answered("alice", SetRole("participant"), "bob")
    assert meeting.answered("cora", Mute(), "bob").status == "applied"


def test_a_role_given_while_chime_fails_is_carried_out_later(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    answer = meeting.answered("alice", SetRole("viewer"), "bob")
    assert answer.status == "pending"
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert meeting.bits("bob") == RECEIVING
    assert meeting.change(answer.change_id).status == "applied"


def test_a_frozen_meeting_lets_nobody_rise(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(mode="presentation"))
    meeting.done("alice", SetMeeting(frozen=True))
    refused = meeting.refused("alice", SetRole("presenter"), "bob")
    assert (refused.code, {limit["by"] for limit in refused.limits}) == ("capability-unavailable", {"freeze"})
    assert meeting.answered("alice", SetRole("viewer"), "bob").status == "applied", "who gets no more may fall"


def test_on_behalf_it_is_the_users_command(meeting: CommandedMeeting) -> None:
    assert meeting.refused(by("bob", via="back-end"), SetRole("host"), "bob").code == "not-permitted"
    assert meeting.answered(by("alice", via="back-end"), SetRole("viewer"), "bob").status == "applied"
    assert meeting.entries(DECIDED)[-1].actor == by("alice", via="back-end")


def gifted(meeting: CommandedMeeting) -> None:
    """bob is a presenter who is exempt from the mute-all and has the floor, both as a presenter."""
    meeting.answered("alice", SetRole("presenter"), "bob")
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", Unmute(), "bob")
    meeting.answered("alice", GrantFloor(600), "bob")
    assert meeting.heard("bob")


@pytest.mark.parametrize("roles", [{"bob": "viewer"}, {}], ids=["named", "not named any more"])
def test_who_falls_by_a_registration_keeps_nothing_either(meeting: CommandedMeeting, roles: dict[str, str]) -> None:
    gifted(meeting)
    others = {user: role for user, role in meeting.roles.items() if user != "bob"}
    revision = f"m{meeting.stored().revision}"
    assert code(meeting.register(roles=others | roles, if_match=revision)) == "applied"
    rules = meeting.user("bob").rules
    assert (rules.spares, rules.floor) == (frozenset(), None)
    assert not meeting.heard("bob")


def test_nor_by_an_admission_with_a_lower_role(meeting: CommandedMeeting) -> None:
    meeting.ask_user("alice", SetRole("presenter"), "dora")
    meeting.ask_user("alice", GrantFloor(600), "dora")
    meeting.done("alice", SetMeeting(mode="audience"))
    assert meeting.admits("dora", roles={"dora": "viewer"}) == {"dora": "admitted"}
    assert meeting.user("dora").rules.floor is None


def test_an_undone_promotion_gives_back_what_the_user_had_before(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", SetRole("viewer"), "bob")
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", SetCapabilities({Medium.AUDIO: Capabilities(3)}), "carol")
    had = meeting.user("carol").rules.spares
    raised = meeting.answered("alice", SetRole("presenter"), "carol")
    meeting.answered("alice", GrantFloor(600), "carol")
    assert meeting.done("alice", Undo(raised.change_id or "")).status == "applied"
    assert had
    assert (meeting.user("carol").rules.spares, meeting.user("carol").rules.floor) == (had, None)
