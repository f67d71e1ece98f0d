"""Undo: the rules that a change replaced, restored; never more than the undoer may, never a microphone unasked."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from moderation.application.requests import Answer, Outcome, Refused
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, Medium
from moderation.domain.change import Status
from moderation.domain.commands import (
    Ban,
    EndFloor,
    GrantFloor,
    Hold,
    LetIn,
    Mute,
    MuteEverybody,
    RaiseHand,
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
from moderation.domain.entry import DECIDED
from moderation.domain.meeting import UnmuteConsent
from moderation.domain.mute_all import MuteAll
from moderation.domain.restriction import LiftableBy
from moderation.ports import Wakeup

from tests.memory.moderated_meeting import ADMIN, MEETING
from tests.unit.application.hall import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, Stage, by, code

HEARD = Capabilities(3)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def undo(stage: Stage, of: Answer | str | None, who: str = "alice") -> Outcome:
    change_id = of.change_id if isinstance(of, Answer) else of
    return stage.say(who, Undo(change_id or ""))


def picture(stage: Stage) -> dict[str, object]:
    """All that anybody could be told apart by: what Chime holds and what the rules say."""
    people = {u: stage.user(u).rules for u in ("alice", "hugo", "cora", "bob", "carol")}
    return {
        "bits": {u: stage.bits(u) for u in people if stage.inside(u)},
        "rules": {u: (r.role, r.given, r.restrictions, r.hold, r.floor, r.ban, r.spares) for u, r in people.items()},
        "meeting": stage.meeting().rules,
        "hosts": stage.meeting().hosts,
    }


ON_BOB: dict[str, tuple[list[UserCommand], UserCommand]] = {
    "mute": ([], Mute(reason="x")),
    "timed mute": ([], Mute(seconds=300)),
    "mute in place of another": ([Mute(reason="a", liftable_by=LiftableBy.SELF)], Mute(reason="b")),
    "unmute": ([Mute(reason="x")], Unmute()),
    "patch that takes": ([], SetCapabilities({Medium.VIDEO: NOTHING, Medium.CONTENT: NOTHING})),
    "patch that gives": ([SetCapabilities({Medium.AUDIO: NOTHING})], SetCapabilities({Medium.AUDIO: HEARD})),
    "role up": ([Mute(), SetRole("viewer")], SetRole("presenter")),
    "role down": ([SetRole("presenter")], SetRole("viewer")),
    "role of a host": ([], SetRole("host")),
    "hold": ([Mute()], Hold(reason="x")),
    "release": ([Hold(reason="x")], Release()),
    "floor": ([], GrantFloor()),
    "end of a floor": ([GrantFloor()], EndFloor()),
}


@pytest.mark.parametrize("deed", ON_BOB)
def test_everything_is_as_before(stage: Stage, deed: str) -> None:
    prepared, command = ON_BOB[deed]
    for step in prepared:
        stage.answered("alice", step, "bob")
    before = picture(stage)
    answer = stage.answered("alice", command, "bob")
    assert answer.status == "applied"
    stage.surroundings.pass_by(1)
    undone = undo(stage, answer)
    assert code(undone) == "applied", undone
    assert picture(stage) == before
    told = stage.entries(DECIDED)[-1]
    assert (told.command, told.extra["parameters"]) == ("undo", {"changeId": answer.change_id})
    assert told.names == {"bob"}


ON_ALL: dict[str, Callable[[Stage], Answer]] = {
    "mute-all": lambda s: s.done("alice", MUTE_ALL),
    "unmute-all": lambda s: (s.done("alice", MUTE_ALL), s.done("alice", UNMUTE_ALL))[1],
    "mode": lambda s: s.done("alice", SetMeeting(mode="audience")),
    "freeze": lambda s: s.done("alice", SetMeeting(frozen=True)),
    "settings": lambda s: s.done("alice", SetMeeting(default_role="viewer", unmute_consent=UnmuteConsent.REQUIRED)),
    "lobby": lambda s: s.done("alice", SetMeeting(lobby=True)),
    "several": lambda s: s.done("alice", SetMeeting(mode="audience", frozen=True)),
}


@pytest.mark.parametrize("deed", ON_ALL)
def test_so_it_is_for_all(stage: Stage, deed: str) -> None:
    if deed == "unmute-all":
        stage.done("alice", MUTE_ALL)
        before = picture(stage)
        answer = stage.done("alice", UNMUTE_ALL)
    else:
        before = picture(stage)
        answer = ON_ALL[deed](stage)
    stage.surroundings.pass_by(1)
    outcome = undo(stage, answer)
    assert isinstance(outcome, Answer), outcome
    assert (outcome.status, outcome.outcomes is not None) == ("applied", True)
    after = picture(stage)
    assert after["bits"] == before["bits"]
    assert after["rules"] == before["rules"]
    assert after["meeting"] == before["meeting"]


def test_of_a_mute_all_in_place_of_another(stage: Stage) -> None:
    stage.done("alice", MuteEverybody(reason="a", spared_users=("bob",)))
    second = stage.done("hugo", MuteEverybody(reason="b"))
    undo(stage, second)
    assert (stage.heard("bob"), stage.heard("carol")) == (True, False)
    [left] = stage.meeting().rules.mute_alls
    assert left.reason == "a"


def test_of_a_ban(stage: Stage) -> None:
    answer = stage.answered("alice", Ban(), "bob")
    assert code(undo(stage, answer)) == "stored"
    assert stage.admits("bob") == {"bob": "admitted"}


def test_of_a_banned_host(stage: Stage) -> None:
    answer = stage.answered("alice", Remove(ban=True), "hugo")
    assert stage.meeting().hosts == 1
    assert code(undo(stage, answer)) == "stored"
    assert stage.meeting().hosts == 2


def test_of_an_unban(stage: Stage) -> None:
    stage.answered("alice", Ban(reason="x"), "bob")
    answer = stage.ask_user("alice", Unban(), "bob")
    assert isinstance(answer, Answer)
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1))
    assert code(undo(stage, answer)) == "applied"
    assert not stage.inside("bob", 1)
    ban = stage.user("bob").rules.ban
    assert ban is not None
    assert ban.reason == "x"


def test_a_ban_that_would_have_ended_is_not_brought_back(stage: Stage) -> None:
    """Nobody is put out for the time of a ban that is over."""
    stage.answered("alice", Ban(until=stage.surroundings.now() + timedelta(seconds=60)), "bob")
    answer = stage.ask_user("alice", Unban(), "bob")
    assert isinstance(answer, Answer)
    stage.gavel.presence.on_joined(MEETING, stage.comes("bob", 1))
    stage.reconcile(61)
    assert code(undo(stage, answer)) == "not-undoable"
    assert stage.inside("bob", 1)
    assert stage.heard("bob", 1)


def test_nor_a_mute_or_a_turn(stage: Stage) -> None:
    stage.answered("alice", Mute(seconds=60), "bob")
    unmuted = stage.answered("alice", Unmute(), "bob")
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", GrantFloor(60), "carol")
    ended = stage.answered("alice", EndFloor(), "carol")
    stage.reconcile(61)
    for answer in (unmuted, ended):
        assert code(undo(stage, answer)) == "not-undoable"
    assert stage.user("bob").rules.restrictions == ()
    assert stage.user("carol").rules.floor is None


def test_a_removal_can_not_be_undone(stage: Stage) -> None:
    answer = stage.answered("alice", Remove(), "bob")
    assert code(undo(stage, answer)) == "not-undoable"


def test_of_a_floor_it_ends_the_turn(stage: Stage) -> None:
    stage.done("alice", MUTE_ALL)
    answer = stage.answered("alice", GrantFloor(), "bob")
    undo(stage, answer)
    assert not stage.heard("bob")


def test_of_an_exclusive_floor_the_others_have_theirs_again(stage: Stage) -> None:
    stage.done("alice", MUTE_ALL)
    stage.answered("alice", GrantFloor(), "bob")
    answer = stage.answered("alice", GrantFloor(exclusive=True), "carol")
    assert (stage.heard("bob"), stage.heard("carol")) == (False, True)
    assert code(undo(stage, answer)) == "applied"
    assert (stage.heard("bob"), stage.heard("carol")) == (True, False)
    assert code(undo(stage, answer)) == "not-undoable"


def test_of_a_mute_all_that_ended_a_turn_it_goes_on(stage: Stage) -> None:
    stage.done("alice", SetMeeting(mode="audience"))
    stage.answered("alice", GrantFloor(300), "bob")
    answer = stage.done("alice", MUTE_ALL)
    assert not stage.heard("bob")
    undo(stage, answer)
    assert stage.heard("bob")
    stage.reconcile(301)
    assert not stage.heard("bob"), "until its own end"


def test_of_an_admission_from_the_lobby(stage: Stage) -> None:
    stage.done("alice", SetMeeting(lobby=True))
    stage.admits("dora")
    answer = stage.ask_user("alice", LetIn(), "dora")
    assert isinstance(answer, Answer)
    assert code(undo(stage, answer)) == "stored"
    assert stage.admits("dora") == {"dora": "waiting"}


def test_undone_twice(stage: Stage) -> None:
    for answer in (stage.answered("alice", Mute(), "bob"), stage.done("alice", MUTE_ALL)):
        assert code(undo(stage, answer)) == "applied"
        assert code(undo(stage, answer)) == "not-undoable"


def test_the_undo_undone(stage: Stage) -> None:
    for answer in (stage.done("alice", SetMeeting(mode="audience")), stage.answered("alice", Mute(), "bob")):
        made = picture(stage)
        undone = undo(stage, answer)
        assert isinstance(undone, Answer)
        again = undo(stage, undone)
        assert code(again) == "applied", again
        assert picture(stage)["bits"] == made["bits"]
        assert picture(stage)["rules"] == made["rules"]
        assert isinstance(again, Answer)
        assert code(undo(stage, again)) == "applied"


LATER: list[tuple[UserCommand, UserCommand]] = [
    (Mute(reason="a"), Mute(reason="b")),
    (Mute(reason="a"), Unmute()),
    (Mute(reason="a"), SetRole("presenter")),
    (SetRole("viewer"), SetRole("presenter")),
    (Hold(reason="a"), Hold(reason="b")),
    (Hold(), Release()),
    (GrantFloor(60), GrantFloor(90)),
    (GrantFloor(60), EndFloor()),
    (Ban(reason="a"), Ban(reason="b")),
    (Ban(), Unban()),
    (SetCapabilities({Medium.VIDEO: NOTHING}), SetCapabilities({Medium.VIDEO: Capabilities(12)})),
]


@pytest.mark.parametrize(("first", "later"), LATER, ids=range(len(LATER)))
def test_what_somebody_has_replaced_since_is_not_undone(stage: Stage, first: UserCommand, later: UserCommand) -> None:
    answer = stage.answered("alice", first, "bob")
    stage.surroundings.pass_by(1)
    stage.ask_user("hugo", later, "bob")
    before = stage.user("bob").rules
    refused = undo(stage, answer)
    assert isinstance(refused, Refused)
    assert refused.code == "not-undoable"
    assert stage.user("bob").rules == before
    assert stage.entries(DECIDED)[-1].extra["code"] == "not-undoable"


def test_nor_of_the_meeting(stage: Stage) -> None:
    answer = stage.done("alice", SetMeeting(mode="audience"))
    stage.done("hugo", SetMeeting(mode="presentation"))
    assert code(undo(stage, answer)) == "not-undoable"
    muted = stage.done("alice", MUTE_ALL)
    stage.done("hugo", MUTE_ALL)
    assert code(undo(stage, muted)) == "not-undoable"
    lifted = stage.done("hugo", UNMUTE_ALL)
    stage.done("alice", MUTE_ALL)
    assert code(undo(stage, lifted)) == "not-undoable"


def test_who_is_demoted_by_it_keeps_no_turn_that_came_with_the_role(stage: Stage) -> None:
    promoted = stage.answered("alice", SetRole("presenter"), "bob")
    stage.answered("alice", GrantFloor(), "bob")
    assert code(undo(stage, promoted)) == "applied"
    rules = stage.user("bob").rules
    assert (rules.role, rules.floor) == ("participant", None)


def test_what_others_changed_beside_it_stays(stage: Stage) -> None:
    answer = stage.answered("alice", Mute(), "bob")
    stage.answered("hugo", Mute((Medium.VIDEO,)), "bob")
    stage.done("cora", SetMeeting(mode="audio-only"))
    assert code(undo(stage, answer)) == "applied"
    assert stage.bits("bob") == RECEIVING | Capabilities.SEND_AUDIO
    assert {r.actor.id for r in stage.user("bob").rules.restrictions} == {"hugo"}


def test_the_clocks_changes_are_nobodys_to_undo(stage: Stage) -> None:
    stage.answered("alice", Mute(seconds=5), "bob")
    stage.done("alice", MuteEverybody(seconds=5))
    stage.surroundings.pass_by(5)
    for reminder in (Wakeup(MEETING, user_id="bob"), Wakeup(MEETING)):
        stage.gavel.reconciler.on_wakeup(reminder)
    changes = {e.change_id for e in stage.entries(DECIDED) if e.actor.kind == "clock"}
    assert len(changes) == 2
    for change_id in changes:
        for who in ("alice", "cora"):
            assert code(undo(stage, change_id, who)) == "not-undoable"
        assert code(stage.say(ADMIN, Undo(change_id or ""))) == "not-undoable"


def test_nor_is_the_registration_or_a_binding(stage: Stage) -> None:
    registered = next(c.id for c in stage.ledger.changes.values() if c.command == "register")
    assert code(stage.say(ADMIN, Undo(registered))) == "not-undoable"
    stage.done("alice", MUTE_ALL)
    stage.gavel.presence.on_joined(MEETING, stage.comes("dora"))
    bound = next(c.id for c in stage.ledger.changes.values() if c.command == "bind")
    assert code(stage.say("alice", Undo(bound))) in ("not-undoable", "not-permitted")


@pytest.mark.parametrize("change_id", ["", "nothing", "01KQS6WB80000000000000000Z"])
def test_of_no_such_change(stage: Stage, change_id: str) -> None:
    assert code(undo(stage, change_id)) == "change-not-found"
    assert code(undo(stage, change_id, "bob")) == "not-permitted"
    assert code(undo(stage, change_id, "nobody")) == "not-permitted"


def test_of_a_refused_or_unchanged_deed_there_is_none(stage: Stage) -> None:
    stage.answered("alice", Mute(), "bob")
    assert stage.answered("alice", Mute(), "bob").change_id is None


# ---- who may ---------------------------------------------------------------------------------------------------------
def test_who_moderates_nobody_undoes_nothing(stage: Stage) -> None:
    answer = stage.answered("alice", Mute(), "bob")
    own = stage.answered("carol", Mute(), "carol")
    assert code(undo(stage, answer, "bob")) == "not-permitted"
    assert code(undo(stage, own, "carol")) == "not-permitted"
    assert not stage.heard("bob")


def test_a_cohost_undoes_a_hosts_deed_on_others(stage: Stage) -> None:
    answer = stage.answered("alice", Mute(), "bob")
    assert code(undo(stage, answer, "cora")) == "applied"
    assert code(undo(stage, stage.done("alice", MUTE_ALL), "cora")) == "applied"


ON_A_HOST: list[UserCommand] = [
    Mute(),
    Hold(),
    SetRole("cohost"),
    GrantFloor(),
    SetCapabilities({Medium.VIDEO: NOTHING}),
]


@pytest.mark.parametrize("deed", ON_A_HOST, ids=lambda deed: type(deed).__name__)
def test_and_not_on_a_host(stage: Stage, deed: UserCommand) -> None:
    answer = stage.answered("alice", deed, "hugo")
    assert code(undo(stage, answer, "cora")) == "not-permitted"
    assert code(undo(stage, answer, "alice")) == "applied"


def test_not_on_a_host_by_way_of_an_exclusive_floor(stage: Stage) -> None:
    stage.done("alice", MuteEverybody(spared_roles=()))
    answer = stage.answered("alice", GrantFloor(exclusive=True), "hugo")
    assert stage.heard("hugo")
    assert code(undo(stage, answer, "cora")) == "not-permitted"
    assert stage.heard("hugo")
    assert code(undo(stage, answer)) == "applied"


def test_not_on_hosts_by_a_mute_all_brought_back(stage: Stage) -> None:
    """Lifted for all, it comes back for all whom she could mute herself."""
    stage.done("alice", MuteEverybody(spared_roles=()))
    lifted = stage.done("alice", UNMUTE_ALL)
    assert code(undo(stage, lifted, "cora")) == "applied"
    assert not stage.heard("bob")
    assert stage.heard("alice")
    assert stage.heard("hugo")


def test_a_host_brings_it_back_for_hosts_too(stage: Stage) -> None:
    stage.done("alice", MuteEverybody(spared_roles=()))
    lifted = stage.done("alice", UNMUTE_ALL)
    assert code(undo(stage, lifted, "hugo")) == "applied"
    assert not stage.heard("alice")


def test_not_on_herself(stage: Stage) -> None:
    answer = stage.answered("alice", Mute(), "cora")
    assert code(undo(stage, answer, "cora")) == "not-permitted"
    assert not stage.heard("cora")


def test_not_what_only_hosts_decide(stage: Stage) -> None:
    role = stage.answered("alice", SetRole("presenter"), "bob")
    settings = stage.done("alice", SetMeeting(lobby=True))
    for answer in (role, settings):
        assert code(undo(stage, answer, "cora")) == "not-permitted"


def test_not_by_undoing_an_undo_either(stage: Stage) -> None:
    for answer in (
        stage.done("alice", SetMeeting(lobby=True)),
        stage.answered("alice", SetRole("presenter"), "bob"),
        stage.answered("alice", Mute(), "hugo"),
    ):
        undone = undo(stage, answer)
        assert isinstance(undone, Answer), undone
        assert code(undo(stage, undone, "cora")) == "not-permitted"
        assert code(undo(stage, undone)) == "applied"


def test_on_ones_own_ban_nobody_decides_by_undo(stage: Stage) -> None:
    answer = stage.answered("alice", Ban(), "hugo")
    assert code(undo(stage, answer, "hugo")) == "banned"


def test_the_last_host_is_not_undone(stage: Stage) -> None:
    promoted = stage.answered("alice", SetRole("host"), "bob")
    stage.answered("bob", SetRole("participant"), "hugo")
    stage.answered("bob", SetRole("participant"), "alice")
    assert code(undo(stage, promoted, "bob")) == "last-host"
    assert stage.meeting().hosts == 1


# ---- consent and freeze ----------------------------------------------------------------------------------------------
def test_no_microphone_opens_without_the_consent_that_is_required(stage: Stage) -> None:
    stage.consenting()
    muted = stage.answered("alice", Mute(), "bob")
    answer = undo(stage, muted)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.awaiting, stage.heard("bob")) == ("pending", "consent", False)
    stage.consents("bob")
    assert stage.heard("bob")
    assert stage.change(answer.change_id).status is Status.APPLIED


def test_declined_the_undo_is_declined(stage: Stage) -> None:
    stage.consenting()
    answer = undo(stage, stage.answered("alice", Mute(), "bob"))
    assert isinstance(answer, Answer)
    stage.consents("bob", accept=False)
    assert not stage.heard("bob")
    assert stage.change(answer.change_id).status is Status.DECLINED


def test_the_end_of_consent_undone_is_consent_again(stage: Stage) -> None:
    stage.consenting()
    stage.answered("alice", Mute(), "bob")
    none = stage.done("alice", SetMeeting(unmute_consent=UnmuteConsent.NONE))
    assert code(undo(stage, none)) == "applied"
    assert stage.answered("alice", Unmute(), "bob").awaiting == "consent"


def test_undone_while_it_waits_for_an_answer_nobody_is_asked_any_more(stage: Stage) -> None:
    stage.consenting()
    stage.answered("alice", Mute(), "bob")
    asked = stage.answered("alice", Unmute(), "bob")
    assert code(undo(stage, asked)) in ("applied", "pending")
    assert stage.user("bob").rules.asked is None
    assert len(stage.user("bob").rules.restrictions) == 1
    assert stage.change(asked.change_id).status is Status.SUPERSEDED
    assert not stage.heard("bob")


def test_while_frozen_it_gives_nobody_more(stage: Stage) -> None:
    muted, mode = stage.answered("alice", Mute(), "bob"), stage.done("alice", SetMeeting(mode="audio-only"))
    frozen = stage.done("alice", SetMeeting(frozen=True))
    for answer in (muted, mode):
        refused = undo(stage, answer)
        assert isinstance(refused, Refused)
        assert (refused.code, {x["by"] for x in refused.limits}) == ("capability-unavailable", {"freeze"})
    assert code(undo(stage, frozen)) == "applied"
    assert code(undo(stage, mode)) == "applied"
    assert stage.bits("bob") == SILENT


def test_carried_out_when_chime_is_back(stage: Stage) -> None:
    lifted = stage.answered("alice", Mute(), "bob") and stage.answered("alice", Unmute(), "bob")
    stage.chime_refuses()
    answer = undo(stage, lifted)
    assert isinstance(answer, Answer)
    assert answer.status == "pending"
    stage.reconcile(120)
    stage.chime_recovers()
    stage.reconcile(60)
    assert not stage.heard("bob")
    assert stage.change(answer.change_id).status is Status.APPLIED


def test_of_what_is_pending_still(stage: Stage) -> None:
    stage.chime_refuses()
    muted = stage.answered("alice", Mute(), "bob")
    stage.chime_recovers()
    assert code(undo(stage, muted)) == "applied"
    stage.reconcile(60)
    assert stage.heard("bob")
    assert stage.change(muted.change_id).status is Status.SUPERSEDED


def test_on_behalf_it_is_judged_as_his(stage: Stage) -> None:
    muted = stage.answered("alice", Mute(), "bob")
    assert code(stage.say(by("bob", via="app"), Undo(muted.change_id or ""))) == "not-permitted"
    assert code(stage.say(by("cora", via="app"), Undo(muted.change_id or ""))) == "applied"
    assert stage.entries(DECIDED)[-1].actor == by("cora", via="app")


def test_a_hand_is_no_change_and_stays_down(stage: Stage) -> None:
    stage.answered("bob", RaiseHand(), "bob")
    answer = stage.answered("alice", GrantFloor(), "bob")
    assert code(undo(stage, answer)) == "applied"
    assert stage.ledger.hands(MEETING) == {}
    assert stage.bits("bob") == EVERYTHING


def test_a_restored_mute_all_ends_when_it_would_have(stage: Stage) -> None:
    stage.done("alice", MuteEverybody(seconds=60))
    lifted = stage.done("alice", UNMUTE_ALL)
    assert code(undo(stage, lifted)) == "applied"
    [restored] = stage.meeting().rules.mute_alls
    assert isinstance(restored, MuteAll)
    stage.reconcile(60)
    assert stage.heard("bob")


def test_a_mute_all_whose_time_is_over_is_not_restored(stage: Stage) -> None:
    stage.done("alice", MuteEverybody(seconds=60))
    lifted = stage.done("alice", UNMUTE_ALL)
    stage.reconcile(61)
    assert code(undo(stage, lifted)) == "not-undoable"
    assert stage.meeting().rules.mute_alls == ()
