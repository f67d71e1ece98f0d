"""A widening that is given up takes back what it set, and nothing that a later command has set again.

In each case the first command widens, and another one overrules it. The third one widens to the same again. When the
first is given up, the third has waited for Chime for seconds only, and it is accepted then.
"""

from collections.abc import Callable

import pytest
from moderation.application.requests import Answer
from moderation.domain.actor import CHIME
from moderation.domain.capability import EVERYTHING, Medium
from moderation.domain.commands import (
    Bind,
    Hold,
    LetIn,
    Mute,
    MuteEverybody,
    Release,
    Remove,
    SetMeeting,
    SetRole,
    Undo,
    Unmute,
    UnmuteEverybody,
    UserCommand,
)
from moderation.domain.documents import meeting_revision

from tests.memory.moderated_meeting import MEETING, ROLES
from tests.unit.application.commanded_meeting import MUTE_ALL, UNMUTE_ALL, CommandedMeeting, code

Step = Callable[[CommandedMeeting], object]
PRESENTATION = SetMeeting(mode="presentation")


def says(meeting: CommandedMeeting, command: UserCommand | MuteEverybody | UnmuteEverybody) -> Answer:
    """alice says it of everybody, or of bob."""
    if isinstance(command, MuteEverybody | UnmuteEverybody):
        return meeting.done("alice", command)
    return meeting.answered("alice", command, "bob")


def said(command: UserCommand | MuteEverybody | UnmuteEverybody) -> Step:
    return lambda meeting: says(meeting, command)


def registered_as_presenter(meeting: CommandedMeeting) -> object:
    seen = meeting_revision(meeting.stored())
    return meeting.register(if_match=seen, roles={**ROLES, "bob": "presenter"}, mode="presentation")


def in_presentation(meeting: CommandedMeeting) -> object:
    return meeting.done("alice", PRESENTATION)


AGAIN: dict[str, tuple[Step, Step, Step, Step]] = {
    "unmute": (said(Mute()), said(Unmute()), said(Mute(reason="noise")), said(Unmute())),
    "release": (said(Hold()), said(Release()), said(Hold(reason="noise")), said(Release())),
    "role": (in_presentation, said(SetRole("presenter")), said(SetRole("viewer")), said(SetRole("presenter"))),
    "role by registration": (
        in_presentation,
        said(SetRole("presenter")),
        said(SetRole("viewer")),
        registered_as_presenter,
    ),
}


def after_three(meeting: CommandedMeeting, before: Step, *steps: Step) -> list[str]:
    """Chime takes none of the commands until the first one is given up. Returns the changes in order."""
    before(meeting)
    stood = set(meeting.ledger.changes)
    meeting.chime_refuses()
    first, between, again = steps
    first(meeting)
    meeting.clock.pass_by(50)
    between(meeting)
    again(meeting)
    meeting.reconcile(15)
    meeting.chime_recovers()
    for _ in range(3):
        meeting.reconcile(20)
    return [change_id for (_, change_id) in meeting.ledger.changes if (MEETING, change_id) not in stood]


@pytest.mark.parametrize("name", AGAIN)
def test_what_was_set_again_stays(name: str) -> None:
    meeting = CommandedMeeting()
    first, *_ = after_three(meeting, *AGAIN[name])
    assert meeting.bits("bob") == EVERYTHING
    assert meeting.change(first).status in ("abandoned", "superseded")


def waits(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.comes("dora")
    meeting.ask(CHIME, Bind(), "dora")


def was_removed(meeting: CommandedMeeting) -> None:
    meeting.comes("dora", 1)
    meeting.ask(CHIME, Bind(), "dora", 1)
    removed(meeting)
    meeting.comes("dora")
    meeting.ask(CHIME, Bind(), "dora")


def removed(meeting: CommandedMeeting) -> None:
    meeting.ask_user("hugo", Remove(), "dora")


def let_in(meeting: CommandedMeeting) -> None:
    meeting.ask_user("alice", LetIn(), "dora")


def admitted(meeting: CommandedMeeting) -> None:
    assert meeting.admits("dora") == {"dora": "admitted"}


@pytest.mark.parametrize(("before", "again"), [(waits, let_in), (was_removed, let_in), (was_removed, admitted)])
def test_who_was_let_in_again_does_not_wait_again(before: Step, again: Step) -> None:
    """What keeps dora out may be another rule the second time. To let them in is one decision all the same."""
    meeting = CommandedMeeting()
    after_three(meeting, before, let_in, removed, again)
    rules = meeting.user("dora").rules
    assert (rules.waiting, rules.removed_at, rules.admitted) == (None, None, True)


def test_admissions_and_registrations_are_authors_too() -> None:
    """Two of them may set a role to what a change had set it to, after they had set it to another."""
    meeting = CommandedMeeting()
    meeting.admits("dora", roles={"dora": "presenter"})
    first = meeting.user("dora").rules.authors
    assert len(set(first.values())) == 1
    meeting.admits("dora", roles={"dora": "viewer"})
    meeting.admits("dora", roles={"dora": "presenter"})
    then = meeting.user("dora").rules.authors
    assert (then["role"] == first["role"], then["admitted"] == first["admitted"]) == (False, True)
    registered_as_presenter(meeting)
    author = meeting.stored().revised_by
    assert (meeting.user("bob").rules.authors["role"], meeting.stored().rules.authors["mode"]) == (author, author)


def test_a_mute_all_that_was_lifted_again_is_not_brought_back() -> None:
    meeting = CommandedMeeting()
    commands = (MUTE_ALL, UNMUTE_ALL, MuteEverybody(reason="noise"), UNMUTE_ALL)
    after_three(meeting, *(said(command) for command in commands))
    assert meeting.stored().rules.mute_alls == ()
    assert meeting.bits("bob") == EVERYTHING


@pytest.mark.parametrize("is_again", [False, True])
def test_what_the_user_agreed_to_is_taken_back_unless_they_agreed_again(is_again: bool) -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    meeting.consenting()
    meeting.chime_refuses()

    def agrees() -> None:
        meeting.answered("alice", Unmute(), "bob")
        meeting.consents("bob")

    agrees()
    meeting.clock.pass_by(50)
    if is_again:
        meeting.answered("hugo", Mute(reason="noise"), "bob")
        agrees()
    meeting.reconcile(15)
    meeting.chime_recovers()
    meeting.reconcile(20)
    assert meeting.heard("bob") is is_again
    assert (meeting.user("bob").rules.restrictions == ()) is is_again


def test_what_ended_before_the_user_agreed_overrules_nothing() -> None:
    meeting = CommandedMeeting()
    meeting.consenting()
    meeting.answered("alice", Mute(seconds=30), "bob")
    asked = meeting.answered("alice", Unmute(), "bob")
    meeting.reconcile(40)
    meeting.consents("bob")
    assert meeting.heard("bob")
    assert meeting.change(asked.change_id).status == "applied"


def test_what_an_undo_brought_back_is_given_up_with_its_change() -> None:
    """The role is the first change's again after the undo, and Chime has not taken it in a minute."""
    meeting = CommandedMeeting()
    in_presentation(meeting)
    meeting.chime_refuses()
    meeting.answered("alice", SetRole("presenter"), "bob")
    demoted = meeting.answered("hugo", SetRole("viewer"), "bob")
    meeting.done("hugo", Undo(demoted.change_id or ""))
    meeting.reconcile(70)
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert meeting.user("bob").rules.role == "participant"
    assert not meeting.heard("bob")


@pytest.mark.parametrize("between", [Mute(reason="noise"), None])
def test_what_was_set_again_is_undone_with_the_change_that_set_it(between: UserCommand | None) -> None:
    meeting = CommandedMeeting()
    meeting.answered("alice", Mute(), "bob")
    first = meeting.answered("alice", Unmute(), "bob")
    if between is not None:
        meeting.answered("hugo", between, "bob")
        meeting.answered("hugo", Unmute(), "bob")
    outcome = meeting.say("alice", Undo(first.change_id or ""))
    assert code(outcome) == ("applied" if between is None else "not-undoable")


@pytest.mark.parametrize("is_bulk", [False, True])
def test_what_was_muted_for_a_time_meanwhile_is_given_up_all_the_same(is_bulk: bool) -> None:
    """Nobody has unmuted a second time: the later mute has ended by itself."""
    meeting = CommandedMeeting()

    says(meeting, MUTE_ALL if is_bulk else Mute())
    meeting.chime_refuses()
    given_up = says(meeting, UNMUTE_ALL if is_bulk else Unmute())
    timed = says(meeting, MuteEverybody(seconds=10) if is_bulk else Mute(seconds=10))
    for _ in range(5):
        meeting.reconcile(10)
    meeting.chime_refuses()
    meeting.reconcile(10)
    meeting.chime_recovers()
    for _ in range(3):
        meeting.reconcile(30)
    assert [meeting.change(each.change_id).status for each in (given_up, timed)] == ["abandoned", "applied"]
    assert not meeting.heard("bob")


@pytest.mark.parametrize("is_bulk", [False, True])
def test_what_was_muted_for_a_time_meanwhile_can_be_undone_afterwards(is_bulk: bool) -> None:
    meeting = CommandedMeeting()

    says(meeting, MUTE_ALL if is_bulk else Mute())
    unmuted = says(meeting, UNMUTE_ALL if is_bulk else Unmute())
    says(meeting, MuteEverybody(seconds=10) if is_bulk else Mute(seconds=10))
    meeting.reconcile(30)
    meeting.reconcile(60)
    assert meeting.heard("bob")
    assert code(meeting.say("alice", Undo(unmuted.change_id or ""))) == "applied"
    assert not meeting.heard("bob")


def unmuted_in_a_mute_all_that_is_over(meeting: CommandedMeeting) -> tuple[Answer, Answer]:
    """bob was unmuted, and then everybody. hugo mutes bob's video: that sets no rule about bob's audio."""
    unmuted, all_unmuted = meeting.answered("alice", Unmute(), "bob"), meeting.done("alice", UNMUTE_ALL)
    meeting.clock.pass_by(5)
    meeting.answered("hugo", Mute((Medium.VIDEO,)), "bob")
    return unmuted, all_unmuted


def test_another_command_does_not_spare_a_user_whose_unmute_is_given_up() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.chime_refuses()
    unmuted, all_unmuted = unmuted_in_a_mute_all_that_is_over(meeting)
    meeting.reconcile(60)
    meeting.chime_refuses()
    meeting.reconcile(15)
    meeting.chime_recovers()
    for _ in range(4):
        meeting.reconcile(30)
    assert [meeting.change(each.change_id).status for each in (unmuted, all_unmuted)] == ["abandoned", "abandoned"]
    assert (meeting.heard("bob"), meeting.heard("carol")) == (False, False)


def test_another_command_overrules_no_unmute_in_a_mute_all_that_is_over() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", MUTE_ALL)
    meeting.chime_refuses()
    unmuted, _ = unmuted_in_a_mute_all_that_is_over(meeting)
    meeting.chime_recovers()
    meeting.reconcile(35)
    meeting.reconcile(35)
    assert meeting.change(unmuted.change_id).status == "applied"


def test_a_removed_user_who_asks_to_come_back_does_not_overrule_the_removal() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.chime_refuses()
    removed = meeting.ask_user("alice", Remove(), "bob")
    assert meeting.admits("bob") == {"bob": "waiting"}
    meeting.chime_recovers()
    meeting.reconcile(40)
    meeting.reconcile(60)
    assert not meeting.inside("bob")
    assert meeting.change(removed.change_id).status == "applied"


@pytest.mark.parametrize("is_declined", [False, True])
def test_the_removal_of_a_user_who_asked_to_come_back_can_be_undone(is_declined: bool) -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.admits("dora")
    let_in(meeting)
    removed_once = meeting.ask_user("alice", Remove(), "dora")
    meeting.admits("dora")
    if is_declined:
        meeting.ask_user("hugo", LetIn(admit=False), "dora")
    assert code(meeting.say("alice", Undo(removed_once.change_id or ""))) == "stored"


@pytest.mark.parametrize("was_muted_before", [False, True])
def test_an_undo_to_which_the_user_does_not_agree_can_be_tried_again(was_muted_before: bool) -> None:
    meeting = CommandedMeeting()
    if was_muted_before:
        meeting.answered("alice", Mute(), "bob")
        meeting.answered("alice", Unmute(), "bob")
    muted = meeting.answered("alice", Mute(reason="noise"), "bob")
    meeting.consenting()
    assert code(undo := meeting.say("alice", Undo(muted.change_id or ""))) == "pending", undo
    meeting.consents("bob", accept=False)
    assert meeting.user("bob").rules.restrictions
    assert code(meeting.say("alice", Undo(muted.change_id or ""))) == "pending"


@pytest.mark.parametrize(("command", "widens"), [(Mute(), Unmute()), (Hold(), Release())])
def test_what_an_undo_set_again_stays_though_no_command_had_set_it_first(
    command: UserCommand, widens: UserCommand
) -> None:
    """The first command is undone after its end was: what is given up then was the end."""
    meeting = CommandedMeeting()
    first = meeting.answered("alice", command, "bob")
    meeting.chime_refuses()
    end = meeting.answered("alice", widens, "bob")
    meeting.clock.pass_by(45)
    meeting.done("hugo", Undo(end.change_id or ""))
    last = meeting.done("alice", Undo(first.change_id or ""))
    meeting.reconcile(16)
    meeting.chime_recovers()
    for _ in range(3):
        meeting.reconcile(20)
    assert [meeting.change(each.change_id).status for each in (end, last)] == ["abandoned", "applied"]
    assert meeting.bits("bob") == EVERYTHING


def test_an_undo_of_what_another_admission_has_set_again_is_not_undone() -> None:
    meeting = CommandedMeeting()
    meeting.done("alice", SetMeeting(lobby=True, mode="presentation"))
    meeting.admits("dora", roles={"dora": "presenter"})
    viewer = meeting.ask_user("alice", SetRole("viewer"), "dora")
    undone = meeting.done("alice", Undo(viewer.change_id or ""))
    meeting.ask_user("hugo", SetRole("participant"), "dora")
    meeting.admits("dora", roles={"dora": "presenter"})
    assert code(meeting.say("alice", Undo(undone.change_id or ""))) == "not-undoable"
