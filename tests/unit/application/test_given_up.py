"""A widening that is given up takes back what it set, and nothing that a later command has set again.

In each case the first command widens, and another one overrules it. The third one widens to the same again. When the
first is given up, the third has waited for Chime for seconds only, and it is accepted then.
"""

from collections.abc import Callable

import pytest
from moderation.domain.actor import CHIME
from moderation.domain.capability import EVERYTHING
from moderation.domain.change import NO_CHANGE
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


def of_bob(command: UserCommand) -> Step:
    return lambda meeting: meeting.answered("alice", command, "bob")


def registered_as_presenter(meeting: CommandedMeeting) -> object:
    seen = meeting_revision(meeting.stored())
    return meeting.register(if_match=seen, roles={**ROLES, "bob": "presenter"}, mode="presentation")


def in_presentation(meeting: CommandedMeeting) -> object:
    return meeting.done("alice", PRESENTATION)


AGAIN: dict[str, tuple[Step, Step, Step, Step]] = {
    "unmute": (of_bob(Mute()), of_bob(Unmute()), of_bob(Mute(reason="noise")), of_bob(Unmute())),
    "release": (of_bob(Hold()), of_bob(Release()), of_bob(Hold(reason="noise")), of_bob(Release())),
    "role": (in_presentation, of_bob(SetRole("presenter")), of_bob(SetRole("viewer")), of_bob(SetRole("presenter"))),
    "role by registration": (
        in_presentation,
        of_bob(SetRole("presenter")),
        of_bob(SetRole("viewer")),
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
    """Two of them set a role to what a change had set it to, after they had set it to another."""
    meeting = CommandedMeeting()
    meeting.admits("dora", roles={"dora": "presenter"})
    assert {meeting.user("dora").rules.authors[name] for name in ("role", "lobby")} == {NO_CHANGE}
    registered_as_presenter(meeting)
    author = meeting.stored().revised_by
    assert (meeting.user("bob").rules.authors["role"], meeting.stored().rules.authors["mode"]) == (author, author)
    meeting.done("alice", SetMeeting(lobby=True))
    meeting.admits("emil")
    assert meeting.user("emil").rules.authors == {"lobby": NO_CHANGE}


def test_a_mute_all_that_was_lifted_again_is_not_brought_back() -> None:
    meeting = CommandedMeeting()

    def says(command: MuteEverybody | UnmuteEverybody) -> Step:
        return lambda meeting: meeting.done("alice", command)

    after_three(meeting, says(MUTE_ALL), says(UNMUTE_ALL), says(MuteEverybody(reason="noise")), says(UNMUTE_ALL))
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
