"""Undo restores the rules that a change replaced, within the caller's permissions, and opens no microphone without
consent.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from moderation.application.requests import Answer, Outcome, Refused
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities, LiftableBy, Medium, MuteAll
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
from moderation.ports import Clause, Wakeup

from tests.memory.moderated_meeting import ADMIN, MEETING
from tests.unit.application.commanded_meeting import MUTE_ALL, RECEIVING, SILENT, UNMUTE_ALL, CommandedMeeting, by, code

HEARD = Capabilities(3)


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def undo(meeting: CommandedMeeting, of: Answer | str | None, who: str = "alice") -> Outcome:
    change_id = of.change_id if isinstance(of, Answer) else of
    return meeting.say(who, Undo(change_id or ""))


def picture(meeting: CommandedMeeting) -> dict[str, object]:
    """Everything visible: what Chime has and what the rules say."""
    users = {u: meeting.user(u).rules for u in ("alice", "hugo", "cora", "bob", "carol")}
    return {
        "bits": {u: meeting.bits(u) for u in users if meeting.inside(u)},
        "rules": {u: (r.role, r.given, r.restrictions, r.hold, r.floor, r.ban, r.spares) for u, r in users.items()},
        "meeting": meeting.stored().rules,
        "hosts": meeting.stored().hosts,
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


@pytest.mark.parametrize("case", ON_BOB)
def test_everything_is_as_before(meeting: CommandedMeeting, case: str) -> None:
    prepared, command = ON_BOB[case]
    for step in prepared:
        meeting.answered("alice", step, "bob")
    before = picture(meeting)
    answer = meeting.answered("alice", command, "bob")
    assert answer.status == "applied"
    meeting.clock.pass_by(1)
    undone = undo(meeting, answer)
    assert code(undone) == "applied", undone
    assert picture(meeting) == before
    told = meeting.entries(DECIDED)[-1]
    assert (told.command, told.extra["parameters"]) == ("undo", {"changeId": answer.change_id})
    assert told.names == {"bob"}


ON_ALL: dict[str, Callable[[CommandedMeeting], Answer]] = {
    "mute-all": lambda s: s.done("alice", MUTE_ALL),
    "unmute-all": lambda s: (s.done("alice", MUTE_ALL), s.done("alice", UNMUTE_ALL))[1],
    "mode": lambda s: s.done("alice", SetMeeting(mode="audience")),
    "freeze": lambda s: s.done("alice", SetMeeting(frozen=True)),
    "settings": lambda s: s.done("alice", SetMeeting(default_role="viewer", unmute_consent=UnmuteConsent.REQUIRED)),
    "lobby": lambda s: s.done("alice", SetMeeting(lobby=True)),
    "several": lambda s: s.done("alice", SetMeeting(mode="audience", frozen=True)),
}


@pytest.mark.parametrize("case", ON_ALL)
def test_so_it_is_for_all(meeting: CommandedMeeting, case: str) -> None:
    if case == "unmute-all":
        meeting.done("alice", MUTE_ALL)
        before = picture(meeting)
        answer = meeting.done("alice", UNMUTE_ALL)
    else:
        before = picture(meeting)
        answer = ON_ALL[case](meeting)
    meeting.clock.pass_by(1)
    outcome = undo(meeting, answer)
    assert isinstance(outcome, Answer), outcome
    assert (outcome.status, outcome.outcomes is not None) == ("applied", True)
    after = picture(meeting)
    assert after["bits"] == before["bits"]
    assert after["rules"] == before["rules"]
    assert after["meeting"] == before["meeting"]


def test_of_a_mute_all_in_place_of_another(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MuteEverybody(reason="a", spared_users=("bob",)))
    second = meeting.done("hugo", MuteEverybody(reason="b"))
    undo(meeting, second)
    assert (meeting.heard("bob"), meeting.heard("carol")) == (True, False)
    [left] = meeting.stored().rules.mute_alls
    assert left.reason == "a"


def test_of_a_ban(meeting: CommandedMeeting) -> None:
    answer = meeting.answered("alice", Ban(), "bob")
    assert code(undo(meeting, answer)) == "stored"
    assert meeting.admits("bob") == {"bob": "admitted"}


def test_of_a_banned_host(meeting: CommandedMeeting) -> None:
    answer = meeting.answered("alice", Remove(ban=True), "hugo")
    assert meeting.stored().hosts == 1
    assert code(undo(meeting, answer)) == "stored"
    assert meeting.stored().hosts == 2


def test_of_an_unban(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(reason="x"), "bob")
    answer = meeting.ask_user("alice", Unban(), "bob")
    assert isinstance(answer, Answer)
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    assert code(undo(meeting, answer)) == "applied"
    assert not meeting.inside("bob", 1)
    ban = meeting.user("bob").rules.ban
    assert ban is not None
    assert ban.reason == "x"


def test_a_ban_that_would_have_ended_is_not_brought_back(meeting: CommandedMeeting) -> None:
    """No user is removed by a ban that would have ended."""
    meeting.answered("alice", Ban(until=meeting.clock.now() + timedelta(seconds=60)), "bob")
    answer = meeting.ask_user("alice", Unban(), "bob")
    assert isinstance(answer, Answer)
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("bob", 1))
    meeting.reconcile(61)
    assert code(undo(meeting, answer)) == "not-undoable"
    assert meeting.inside("bob", 1)
    assert meeting.heard("bob", 1)


def test_nor_a_mute_or_a_turn(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(seconds=60), "bob")
    unmuted = meeting.answered("alice", Unmute(), "bob")
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", GrantFloor(60), "carol")
    ended = meeting.answered("alice", EndFloor(), "carol")
    meeting.reconcile(61)
    for answer in (unmuted, ended):
        assert code(undo(meeting, answer)) == "not-undoable"
    assert meeting.user("bob").rules.restrictions == ()
    assert meeting.user("carol").rules.floor is None


def test_a_removal_can_not_be_undone(meeting: CommandedMeeting) -> None:
    answer = meeting.answered("alice", Remove(), "bob")
    assert code(undo(meeting, answer)) == "not-undoable"


def test_of_a_floor_it_ends_the_turn(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MUTE_ALL)
    answer = meeting.answered("alice", GrantFloor(), "bob")
    undo(meeting, answer)
    assert not meeting.heard("bob")


def test_of_an_exclusive_floor_the_others_have_theirs_again(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MUTE_ALL)
    meeting.answered("alice", GrantFloor(), "bob")
    answer = meeting.answered("alice", GrantFloor(exclusive=True), "carol")
    assert (meeting.heard("bob"), meeting.heard("carol")) == (False, True)
    assert code(undo(meeting, answer)) == "applied"
    assert (meeting.heard("bob"), meeting.heard("carol")) == (True, False)
    assert code(undo(meeting, answer)) == "not-undoable"


def test_of_a_mute_all_that_ended_a_turn_it_goes_on(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(mode="audience"))
    meeting.answered("alice", GrantFloor(300), "bob")
    answer = meeting.done("alice", MUTE_ALL)
    assert not meeting.heard("bob")
    undo(meeting, answer)
    assert meeting.heard("bob")
    meeting.reconcile(301)
    assert not meeting.heard("bob"), "until its own end"


def test_of_an_admission_from_the_lobby(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.admits("dora")
    answer = meeting.ask_user("alice", LetIn(), "dora")
    assert isinstance(answer, Answer)
    assert code(undo(meeting, answer)) == "stored"
    assert meeting.admits("dora") == {"dora": "waiting"}


def test_undone_twice(meeting: CommandedMeeting) -> None:
    for answer in (meeting.answered("alice", Mute(), "bob"), meeting.done("alice", MUTE_ALL)):
        assert code(undo(meeting, answer)) == "applied"
        assert code(undo(meeting, answer)) == "not-undoable"


def test_the_undo_undone(meeting: CommandedMeeting) -> None:
    for answer in (meeting.done("alice", SetMeeting(mode="audience")), meeting.answered("alice", Mute(), "bob")):
        made = picture(meeting)
        undone = undo(meeting, answer)
        assert isinstance(undone, Answer)
        again = undo(meeting, undone)
        assert code(again) == "applied", again
        assert picture(meeting)["bits"] == made["bits"]
        assert picture(meeting)["rules"] == made["rules"]
        assert isinstance(again, Answer)
        assert code(undo(meeting, again)) == "applied"


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
def test_what_somebody_has_replaced_since_is_not_undone(
    meeting: CommandedMeeting, first: UserCommand, later: UserCommand
) -> None:
    answer = meeting.answered("alice", first, "bob")
    meeting.clock.pass_by(1)
    meeting.ask_user("hugo", later, "bob")
    before = meeting.user("bob").rules
    refused = undo(meeting, answer)
    assert isinstance(refused, Refused)
    assert refused.code == "not-undoable"
    assert meeting.user("bob").rules == before
    assert meeting.entries(DECIDED)[-1].extra["code"] == "not-undoable"


def test_nor_of_the_meeting(meeting: CommandedMeeting) -> None:
    answer = meeting.done("alice", SetMeeting(mode="audience"))
    meeting.done("hugo", SetMeeting(mode="presentation"))
    assert code(undo(meeting, answer)) == "not-undoable"
    muted = meeting.done("alice", MUTE_ALL)
    meeting.done("hugo", MUTE_ALL)
    assert code(undo(meeting, muted)) == "not-undoable"
    lifted = meeting.done("hugo", UNMUTE_ALL)
    meeting.done("alice", MUTE_ALL)
    assert code(undo(meeting, lifted)) == "not-undoable"


def test_who_is_demoted_by_it_keeps_no_turn_that_came_with_the_role(meeting: CommandedMeeting) -> None:
    promoted = meeting.answered("alice", SetRole("presenter"), "bob")
    meeting.answered("alice", GrantFloor(), "bob")
    assert code(undo(meeting, promoted)) == "applied"
    rules = meeting.user("bob").rules
    assert (rules.role, rules.floor) == ("participant", None)


def test_what_others_changed_beside_it_stays(meeting: CommandedMeeting) -> None:
    answer = meeting.answered("alice", Mute(), "bob")
    meeting.answered("hugo", Mute((Medium.VIDEO,)), "bob")
    meeting.done("cora", SetMeeting(mode="audio-only"))
    assert code(undo(meeting, answer)) == "applied"
    assert meeting.bits("bob") == RECEIVING | Capabilities.SEND_AUDIO
    assert {r.actor.id for r in meeting.user("bob").rules.restrictions} == {"hugo"}


def test_the_clocks_changes_are_nobodys_to_undo(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(seconds=5), "bob")
    meeting.done("alice", MuteEverybody(seconds=5))
    meeting.clock.pass_by(5)
    for reminder in (Wakeup(MEETING, user_id="bob"), Wakeup(MEETING)):
        meeting.gavel.reconciler.on_wakeup(reminder)
    changes = {e.change_id for e in meeting.entries(DECIDED) if e.actor.kind == "clock"}
    assert len(changes) == 2
    for change_id in changes:
        for who in ("alice", "cora"):
            assert code(undo(meeting, change_id, who)) == "not-undoable"
        assert code(meeting.say(ADMIN, Undo(change_id or ""))) == "not-undoable"


def test_nor_is_the_registration_or_a_binding(meeting: CommandedMeeting) -> None:
    registered = next(c.id for c in meeting.ledger.changes.values() if c.command == "register")
    assert code(meeting.say(ADMIN, Undo(registered))) == "not-undoable"
    meeting.done("alice", MUTE_ALL)
    meeting.gavel.chime_events.on_joined(MEETING, meeting.comes("dora"))
    bound = next(c.id for c in meeting.ledger.changes.values() if c.command == "bind")
    assert code(meeting.say("alice", Undo(bound))) in ("not-undoable", "not-permitted")


@pytest.mark.parametrize("change_id", ["", "nothing", "01KQS6WB80000000000000000Z"])
def test_of_no_such_change(meeting: CommandedMeeting, change_id: str) -> None:
    assert code(undo(meeting, change_id)) == "change-not-found"
    assert code(undo(meeting, change_id, "bob")) == "not-permitted"
    assert code(undo(meeting, change_id, "nobody")) == "not-permitted"


def test_a_refused_or_unchanged_command_has_none(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(), "bob")
    assert meeting.answered("alice", Mute(), "bob").change_id is None


# ---- who may ---------------------------------------------------------------------------------------------------------
def test_who_moderates_nobody_undoes_nothing(meeting: CommandedMeeting) -> None:
    answer = meeting.answered("alice", Mute(), "bob")
    own = meeting.answered("carol", Mute(), "carol")
    assert code(undo(meeting, answer, "bob")) == "not-permitted"
    assert code(undo(meeting, own, "carol")) == "not-permitted"
    assert not meeting.heard("bob")


def test_a_cohost_undoes_a_hosts_command_on_others(meeting: CommandedMeeting) -> None:
    answer = meeting.answered("alice", Mute(), "bob")
    assert code(undo(meeting, answer, "cora")) == "applied"
    assert code(undo(meeting, meeting.done("alice", MUTE_ALL), "cora")) == "applied"


ON_A_HOST: list[UserCommand] = [
    Mute(),
    Hold(),
    SetRole("cohost"),
    GrantFloor(),
    SetCapabilities({Medium.VIDEO: NOTHING}),
]


@pytest.mark.parametrize("command", ON_A_HOST, ids=lambda command: type(command).__name__)
def test_and_not_on_a_host(meeting: CommandedMeeting, command: UserCommand) -> None:
    answer = meeting.answered("alice", command, "hugo")
    assert code(undo(meeting, answer, "cora")) == "not-permitted"
    assert code(undo(meeting, answer, "alice")) == "applied"


def test_not_on_a_host_by_way_of_an_exclusive_floor(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MuteEverybody(spared_roles=()))
    answer = meeting.answered("alice", GrantFloor(exclusive=True), "hugo")
    assert meeting.heard("hugo")
    assert code(undo(meeting, answer, "cora")) == "not-permitted"
    assert meeting.heard("hugo")
    assert code(undo(meeting, answer)) == "applied"


def test_not_on_hosts_by_a_mute_all_brought_back(meeting: CommandedMeeting) -> None:
    """The mute-all was lifted for all. It is restored for users that the caller could mute."""
    meeting.done("alice", MuteEverybody(spared_roles=()))
    lifted = meeting.done("alice", UNMUTE_ALL)
    assert code(undo(meeting, lifted, "cora")) == "applied"
    assert not meeting.heard("bob")
    assert meeting.heard("alice")
    assert meeting.heard("hugo")


def test_a_host_brings_it_back_for_hosts_too(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MuteEverybody(spared_roles=()))
    lifted = meeting.done("alice", UNMUTE_ALL)
    assert code(undo(meeting, lifted, "hugo")) == "applied"
    assert not meeting.heard("alice")


def test_not_on_herself(meeting: CommandedMeeting) -> None:
    answer = meeting.answered("alice", Mute(), "cora")
    assert code(undo(meeting, answer, "cora")) == "not-permitted"
    assert not meeting.heard("cora")


def test_not_what_only_hosts_decide(meeting: CommandedMeeting) -> None:
    role = meeting.answered("alice", SetRole("presenter"), "bob")
    settings = meeting.done("alice", SetMeeting(lobby=True))
    for answer in (role, settings):
        assert code(undo(meeting, answer, "cora")) == "not-permitted"


def test_not_by_undoing_an_undo_either(meeting: CommandedMeeting) -> None:
    for answer in (
        meeting.done("alice", SetMeeting(lobby=True)),
        meeting.answered("alice", SetRole("presenter"), "bob"),
        meeting.answered("alice", Mute(), "hugo"),
    ):
        undone = undo(meeting, answer)
        assert isinstance(undone, Answer), undone
        assert code(undo(meeting, undone, "cora")) == "not-permitted"
        assert code(undo(meeting, undone)) == "applied"


def test_on_ones_own_ban_nobody_decides_by_undo(meeting: CommandedMeeting) -> None:
    answer = meeting.answered("alice", Ban(), "hugo")
    assert code(undo(meeting, answer, "hugo")) == "banned"


def test_the_last_host_is_not_undone(meeting: CommandedMeeting) -> None:
    promoted = meeting.answered("alice", SetRole("host"), "bob")
    meeting.answered("bob", SetRole("participant"), "hugo")
    meeting.answered("bob", SetRole("participant"), "alice")
    assert code(undo(meeting, promoted, "bob")) == "last-host"
    assert meeting.stored().hosts == 1


# ---- consent and freeze ----------------------------------------------------------------------------------------------
def test_no_microphone_opens_without_the_consent_that_is_required(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    muted = meeting.answered("alice", Mute(), "bob")
    answer = undo(meeting, muted)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.awaiting, meeting.heard("bob")) == ("pending", "consent", False)
    meeting.consents("bob")
    assert meeting.heard("bob")
    assert meeting.change(answer.change_id).status is Status.APPLIED


def test_declined_the_undo_is_declined(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    answer = undo(meeting, meeting.answered("alice", Mute(), "bob"))
    assert isinstance(answer, Answer)
    meeting.consents("bob", accept=False)
    assert not meeting.heard("bob")
    assert meeting.change(answer.change_id).status is Status.DECLINED


def test_the_end_of_consent_undone_is_consent_again(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.answered("alice", Mute(), "bob")
    none = meeting.done("alice", SetMeeting(unmute_consent=UnmuteConsent.NONE))
    assert code(undo(meeting, none)) == "applied"
    assert meeting.answered("alice", Unmute(), "bob").awaiting == "consent"


def test_undone_while_it_waits_for_an_answer_nobody_is_asked_any_more(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.answered("alice", Mute(), "bob")
    asked = meeting.answered("alice", Unmute(), "bob")
    assert code(undo(meeting, asked)) in ("applied", "pending")
    assert meeting.user("bob").rules.asked is None
    assert len(meeting.user("bob").rules.restrictions) == 1
    assert meeting.change(asked.change_id).status is Status.SUPERSEDED
    assert not meeting.heard("bob")


def test_while_frozen_it_gives_nobody_more(meeting: CommandedMeeting) -> None:
    muted, mode = meeting.answered("alice", Mute(), "bob"), meeting.done("alice", SetMeeting(mode="audio-only"))
    frozen = meeting.done("alice", SetMeeting(frozen=True))
    for answer in (muted, mode):
        refused = undo(meeting, answer)
        assert isinstance(refused, Refused)
        assert (refused.code, {x["by"] for x in refused.limits}) == ("capability-unavailable", {"freeze"})
    assert code(undo(meeting, frozen)) == "applied"
    assert code(undo(meeting, mode)) == "applied"
    assert meeting.bits("bob") == SILENT


def test_an_answer_that_comes_before_the_undo_is_committed_is_undone_too(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting.answered("alice", Mute(), "bob")
    meeting.consenting()
    lifted = meeting.answered("alice", Unmute(), "bob")
    transact = meeting.ledger.transact

    def after_the_answer(clauses: Sequence[Clause]) -> None:
        monkeypatch.undo()
        meeting.consents("bob")
        transact(clauses)

    monkeypatch.setattr(meeting.ledger, "transact", after_the_answer)
    assert code(undo(meeting, lifted)) == "applied"
    assert not meeting.heard("bob")
    assert len(meeting.user("bob").rules.restrictions) == 1


def test_nobody_else_undoes_what_the_user_did_although_they_are_asked(meeting: CommandedMeeting) -> None:
    """Another mute silences bob as well, so the undo would not let them be heard, whatever they answer."""
    meeting.answered("alice", Mute(), "bob")
    own = meeting.answered("bob", Mute(), "bob")
    meeting.consenting()
    assert code(meeting.ask("alice", Unmute(), "bob")) == "pending"
    assert code(undo(meeting, own)) == "capability-unavailable"
    assert len(meeting.user("bob").rules.restrictions) == 2


def test_while_frozen_no_floor_goes_on(meeting: CommandedMeeting) -> None:
    """The second mute-all ended bob's floor."""
    video = (Medium.VIDEO,)
    meeting.done("alice", MuteEverybody(video))
    meeting.answered("alice", GrantFloor(seconds=600, media=video), "bob")
    again = meeting.done("alice", MuteEverybody(video, reason="quiet"))
    meeting.done("alice", SetMeeting(frozen=True))
    refused = undo(meeting, again)
    assert isinstance(refused, Refused)
    assert (refused.code, {x["by"] for x in refused.limits}) == ("capability-unavailable", {"freeze"})


def test_carried_out_when_chime_is_back(meeting: CommandedMeeting) -> None:
    lifted = meeting.answered("alice", Mute(), "bob") and meeting.answered("alice", Unmute(), "bob")
    meeting.chime_refuses()
    answer = undo(meeting, lifted)
    assert isinstance(answer, Answer)
    assert answer.status == "pending"
    meeting.reconcile(120)
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert not meeting.heard("bob")
    assert meeting.change(answer.change_id).status is Status.APPLIED


def test_of_what_is_pending_still(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    muted = meeting.answered("alice", Mute(), "bob")
    meeting.chime_recovers()
    assert code(undo(meeting, muted)) == "applied"
    meeting.reconcile(60)
    assert meeting.heard("bob")
    assert meeting.change(muted.change_id).status is Status.SUPERSEDED


def test_on_behalf_it_is_authorized_as_the_users(meeting: CommandedMeeting) -> None:
    muted = meeting.answered("alice", Mute(), "bob")
    assert code(meeting.say(by("bob", via="app"), Undo(muted.change_id or ""))) == "not-permitted"
    assert code(meeting.say(by("cora", via="app"), Undo(muted.change_id or ""))) == "applied"
    assert meeting.entries(DECIDED)[-1].actor == by("cora", via="app")


def test_a_hand_is_no_change_and_stays_down(meeting: CommandedMeeting) -> None:
    meeting.answered("bob", RaiseHand(), "bob")
    answer = meeting.answered("alice", GrantFloor(), "bob")
    assert code(undo(meeting, answer)) == "applied"
    assert meeting.ledger.hands(MEETING) == {}
    assert meeting.bits("bob") == EVERYTHING


def test_a_restored_mute_all_ends_when_it_would_have(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MuteEverybody(seconds=60))
    lifted = meeting.done("alice", UNMUTE_ALL)
    assert code(undo(meeting, lifted)) == "applied"
    [restored] = meeting.stored().rules.mute_alls
    assert isinstance(restored, MuteAll)
    meeting.reconcile(60)
    assert meeting.heard("bob")


def test_a_mute_all_whose_time_is_over_is_not_restored(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MuteEverybody(seconds=60))
    lifted = meeting.done("alice", UNMUTE_ALL)
    meeting.reconcile(61)
    assert code(undo(meeting, lifted)) == "not-undoable"
    assert meeting.stored().rules.mute_alls == ()
