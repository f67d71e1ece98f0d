"""The end: for everybody, durable, and the last thing that is decided."""

import pytest
from moderation.application.requests import Answer, Refused, Request
from moderation.domain.commands import (
    Admit,
    Ban,
    Bind,
    Command,
    End,
    GrantFloor,
    Hold,
    LetIn,
    LowerHand,
    Mute,
    RaiseHand,
    Release,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Unban,
    Undo,
    Unmute,
)
from moderation.domain.entry import DECIDED, MEETING_ENDED
from moderation.ports import OutcomeUnknownError

from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import MUTE_ALL, UNMUTE_ALL, Stage, by, code


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_it_ends_in_chime_and_is_told_once(stage: Stage) -> None:
    answer = stage.done("alice", End(reason="time is up"))
    assert answer.status == "applied"
    assert MEETING not in stage.chime.rooms
    assert stage.meeting().ended_at is not None
    [told] = stage.entries(MEETING_ENDED)
    assert (told.actor.id, told.reason, told.change_id) == ("alice", "time is up", answer.change_id)
    stage.gavel.presence.on_ended(MEETING)
    stage.reconcile(300)
    assert len(stage.entries(MEETING_ENDED)) == 1
    assert answer.subject["endedAt"]


@pytest.mark.parametrize("who", ["cora", "bob", "nobody"])
def test_only_a_host_ends_it(stage: Stage, who: str) -> None:
    assert code(stage.say(who, End())) == "not-permitted"
    assert MEETING in stage.chime.rooms


def test_the_back_end_may(stage: Stage) -> None:
    assert code(stage.say(ADMIN, End())) == "applied"


ON_BOB: list[Command] = [
    Mute(), Unmute(), SetCapabilities(), Hold(), Release(), SetRole("viewer"), Remove(), Remove(ban=True), Ban(),
    Unban(), LetIn(), GrantFloor(), LowerHand(), Bind(),
]  # fmt: skip
ON_ALL: list[Command] = [MUTE_ALL, UNMUTE_ALL, SetMeeting(mode="audience"), SetMeeting(lobby=True), End()]


@pytest.mark.parametrize("deed", ON_BOB, ids=lambda deed: deed.name)
def test_writes_are_refused(stage: Stage, deed: Command) -> None:
    stage.done("alice", End())
    who = ADMIN if isinstance(deed, Bind) else "alice"
    assert stage.refused(who, deed, "bob").code == "meeting-ended"
    outcome = stage.ask_user(who, deed, "bob") if not isinstance(deed, Bind) else None
    assert outcome is None or code(outcome) == "meeting-ended"
    assert stage.ask("bob", RaiseHand(), "bob").code == "meeting-ended"  # type: ignore[union-attr]


@pytest.mark.parametrize("deed", ON_ALL, ids=lambda deed: deed.name)
def test_so_are_those_on_all(stage: Stage, deed: Command) -> None:
    stage.done("alice", End())
    assert code(stage.gavel.perform(Request(MEETING, by("alice"), deed))) == "meeting-ended"


def test_undo_and_admissions_too(stage: Stage) -> None:
    muted, all_muted = stage.answered("alice", Mute(), "bob"), stage.done("alice", MUTE_ALL)
    end = stage.done("alice", End())
    for answer in (muted, all_muted, end):
        assert code(stage.say("alice", Undo(answer.change_id or ""))) == "meeting-ended"
    assert code(stage.gavel.perform(Request(MEETING, ADMIN, Admit({"dora": None})))) == "meeting-ended"


def test_who_may_not_learns_no_more_than_that(stage: Stage) -> None:
    stage.done("alice", End())
    assert stage.refused("bob", Mute(), "carol").code == "not-permitted"


def test_reads_go_on(stage: Stage) -> None:
    stage.answered("alice", Ban(), "carol")
    stage.done("alice", End())
    alice = by("alice")
    for read in (
        stage.gavel.meeting(MEETING, alice),
        stage.gavel.me(MEETING, alice),
        stage.gavel.attendee(MEETING, alice, attendee_id=seat("bob")),
        stage.gavel.attendees(MEETING, alice, limit=10, after=None),
        stage.gavel.hands(MEETING, alice),
        stage.gavel.bans(MEETING, alice),
        stage.gavel.lobby(MEETING, alice),
        stage.gavel.history(MEETING, alice, after=None, limit=100),
    ):
        assert not isinstance(read, Refused), read
    seen = stage.gavel.attendee(MEETING, alice, attendee_id=seat("bob"))
    assert not isinstance(seen, Refused)
    assert seen["status"] == "gone"


def test_chime_failing_it_is_ended_later(stage: Stage) -> None:
    stage.chime_refuses()
    answer = stage.done("alice", End())
    assert answer.status == "pending"
    assert code(stage.say("alice", MUTE_ALL)) == "meeting-ended", "decided is decided"
    for _ in range(5):
        stage.reconcile(60)
    assert MEETING in stage.chime.rooms
    stage.chime_recovers()
    stage.reconcile(60)
    assert MEETING not in stage.chime.rooms
    assert stage.change(answer.change_id).status == "applied"
    assert len(stage.entries(MEETING_ENDED)) == 1


def test_an_answer_that_was_lost(stage: Stage) -> None:
    def lost() -> None:
        raise OutcomeUnknownError

    stage.chime.after = [lost]
    assert stage.done("alice", End()).status == "applied"
    stage.reconcile(60)
    assert len(stage.entries(MEETING_ENDED)) == 1


def test_ended_by_chime_meanwhile(stage: Stage) -> None:
    stage.chime.close(MEETING)
    assert stage.done("alice", End()).status == "applied"
    stage.gavel.presence.on_ended(MEETING)
    assert len(stage.entries(MEETING_ENDED)) == 1


def test_a_second_end_is_too_late_and_the_same_request_again_is_the_same(stage: Stage) -> None:
    how = {"key": "k", "fingerprint": "f"}
    first = stage.done("alice", End(), **how)
    again = stage.done("alice", End(), **how)
    assert (again.change_id, again.replayed) == (first.change_id, True)
    assert code(stage.say("hugo", End())) == "meeting-ended"
    assert [e.command for e in stage.entries(DECIDED)] == ["end", "end"]


def test_a_dry_run_ends_nothing(stage: Stage) -> None:
    assert code(stage.say("alice", End(), dry_run=True)) == "dry-run"
    assert MEETING in stage.chime.rooms
    assert stage.meeting().ended_at is None
    assert stage.entries() == []


def test_what_was_under_way_comes_to_an_end(stage: Stage) -> None:
    """Changes that Chime had not taken, requests that nobody answered, times that run: nothing stays due for ever."""
    stage.consenting()
    stage.answered("alice", Mute(), "bob")
    stage.answered("alice", Unmute(), "bob")
    stage.answered("alice", Mute(seconds=30), "carol")
    stage.chime_refuses()
    stage.answered("alice", Hold(), "carol")
    stage.chime_recovers()
    stage.done("alice", End())
    for _ in range(4):
        stage.reconcile(61)
    far = stage.surroundings.now().replace(year=2027)
    assert stage.ledger.due(far, 100) == []
    assert stage.reconcile(0).failed == 0


def test_everybody_is_gone(stage: Stage) -> None:
    answer = stage.done("alice", End())
    assert isinstance(answer, Answer)
    found = stage.gavel.attendees(MEETING, by("alice"), limit=10, after=None)
    assert not isinstance(found, Refused)
    items = found["items"]
    assert isinstance(items, list)
    assert {item["status"] for item in items} <= {"gone"}
