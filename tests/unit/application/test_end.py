"""The end of a meeting: for all users, stored, and the last accepted command."""

from dataclasses import replace

import pytest
from moderation.application.enforcement.change_in_progress import wanted
from moderation.application.requests import Answer, Refused, Request
from moderation.domain.capability import Capabilities
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
)
from moderation.domain.entry import DECIDED, MEETING_ENDED

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, UNMUTE_ALL, CommandedMeeting, by, code, not_now, unknown


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def test_it_ends_in_chime_and_is_told_once(meeting: CommandedMeeting) -> None:
    answer = meeting.done("alice", End(reason="time is up"))
    assert answer.status == "applied"
    assert MEETING not in meeting.chime.rooms
    assert meeting.stored().ended_at is not None
    [told] = meeting.entries(MEETING_ENDED)
    assert (told.actor.id, told.reason, told.change_id) == ("alice", "time is up", answer.change_id)
    meeting.gavel.chime_events.on_ended(MEETING)
    meeting.reconcile(300)
    assert len(meeting.entries(MEETING_ENDED)) == 1
    assert answer.subject["endedAt"]


@pytest.mark.parametrize("who", ["cora", "bob", "nobody"])
def test_only_a_host_ends_it(meeting: CommandedMeeting, who: str) -> None:
    assert code(meeting.say(who, End())) == "not-permitted"
    assert MEETING in meeting.chime.rooms


def test_the_back_end_may(meeting: CommandedMeeting) -> None:
    assert code(meeting.say(ADMIN, End())) == "applied"


ON_BOB: list[Command] = [
    Mute(), Unmute(), SetCapabilities(), Hold(), Release(), SetRole("viewer"), Remove(), Remove(ban=True), Ban(),
    Unban(), LetIn(), GrantFloor(), LowerHand(), Bind(),
]  # fmt: skip


def test_what_ends_after_the_end_is_forgotten_though_the_ledger_is_contended(meeting: CommandedMeeting) -> None:
    """Otherwise it would stay due."""
    meeting.answered("alice", Mute(seconds=60), "bob")
    meeting.done("alice", End())
    meeting.clock.pass_by(60)
    meeting.ledger.contend(1)
    assert meeting.reconcile().failed == 0
    assert meeting.user("bob").rules.restrictions == ()


ON_ALL: list[Command] = [MUTE_ALL, UNMUTE_ALL, SetMeeting(mode="audience"), SetMeeting(lobby=True), End()]


@pytest.mark.parametrize("command", ON_BOB, ids=lambda command: command.name)
def test_writes_are_refused(meeting: CommandedMeeting, command: Command) -> None:
    meeting.done("alice", End())
    who = ADMIN if isinstance(command, Bind) else "alice"
    assert meeting.refused(who, command, "bob").code == "meeting-ended"
    outcome = meeting.ask_user(who, command, "bob") if not isinstance(command, Bind) else None
    assert outcome is None or code(outcome) == "meeting-ended"
    assert meeting.ask("bob", RaiseHand(), "bob").code == "meeting-ended"  # type: ignore[union-attr]


@pytest.mark.parametrize("command", ON_ALL, ids=lambda command: command.name)
def test_so_are_those_on_all(meeting: CommandedMeeting, command: Command) -> None:
    meeting.done("alice", End())
    assert code(meeting.gavel.perform(Request(MEETING, by("alice"), command))) == "meeting-ended"


def test_undo_and_admissions_too(meeting: CommandedMeeting) -> None:
    muted, all_muted = meeting.answered("alice", Mute(), "bob"), meeting.done("alice", MUTE_ALL)
    end = meeting.done("alice", End())
    for answer in (muted, all_muted, end):
        assert code(meeting.say("alice", Undo(answer.change_id or ""))) == "meeting-ended"
    assert code(meeting.gavel.perform(Request(MEETING, ADMIN, Admit({"dora": None})))) == "meeting-ended"


def test_who_may_not_learns_no_more_than_that(meeting: CommandedMeeting) -> None:
    meeting.done("alice", End())
    assert meeting.refused("bob", Mute(), "carol").code == "not-permitted"


def test_reads_go_on(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Ban(), "carol")
    meeting.done("alice", End())
    alice = by("alice")
    for read in (
        meeting.gavel.meeting(MEETING, alice),
        meeting.gavel.me(MEETING, alice),
        meeting.gavel.attendee(MEETING, alice, attendee_id=attendee_of("bob")),
        meeting.gavel.attendees(MEETING, alice, limit=10, after=None),
        meeting.gavel.hands(MEETING, alice),
        meeting.gavel.bans(MEETING, alice),
        meeting.gavel.lobby(MEETING, alice),
        meeting.gavel.history(MEETING, alice, after=None, limit=100),
    ):
        assert not isinstance(read, Refused), read
    seen = meeting.gavel.attendee(MEETING, alice, attendee_id=attendee_of("bob"))
    assert not isinstance(seen, Refused)
    assert seen["status"] == "gone"


def test_chime_failing_it_is_ended_later(meeting: CommandedMeeting) -> None:
    meeting.chime_refuses()
    answer = meeting.done("alice", End())
    assert answer.status == "pending"
    assert code(meeting.say("alice", MUTE_ALL)) == "meeting-ended", "decided is decided"
    for _ in range(5):
        meeting.reconcile(60)
    assert MEETING in meeting.chime.rooms
    meeting.chime_recovers()
    meeting.reconcile(60)
    assert MEETING not in meeting.chime.rooms
    assert meeting.change(answer.change_id).status == "applied"
    assert len(meeting.entries(MEETING_ENDED)) == 1


def test_before_chime_ends_it_nobody_is_heard_because_a_mute_would_have_ended(
    meeting: CommandedMeeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of the whole meeting is under way when the meeting ends, and then Gavel forgets the mute."""
    meeting.answered("alice", Mute(seconds=60), "bob")
    meeting.chime_refuses()
    changed = meeting.done("alice", SetMeeting(mode="audio-only"))
    meeting.done("alice", End())
    meeting.reconcile(61)
    assert meeting.user("bob").rules.restrictions == ()
    meeting.chime_recovers()
    monkeypatch.setattr(meeting.chime, "end", lambda _: not_now())
    meeting.reconcile(60)
    assert (meeting.change(changed.change_id).status, MEETING in meeting.chime.rooms) == ("gone", True)
    assert not meeting.heard("bob")


def test_an_answer_that_was_lost(meeting: CommandedMeeting) -> None:
    meeting.chime.after = [unknown]
    assert meeting.done("alice", End()).status == "applied"
    meeting.reconcile(60)
    assert len(meeting.entries(MEETING_ENDED)) == 1


def test_ended_by_chime_meanwhile(meeting: CommandedMeeting) -> None:
    meeting.chime.close(MEETING)
    assert meeting.done("alice", End()).status == "applied"
    meeting.gavel.chime_events.on_ended(MEETING)
    assert len(meeting.entries(MEETING_ENDED)) == 1


def test_a_second_end_is_too_late_and_the_same_request_again_is_the_same(meeting: CommandedMeeting) -> None:
    how = {"key": "k", "fingerprint": "f"}
    first = meeting.done("alice", End(), **how)
    again = meeting.done("alice", End(), **how)
    assert (again.change_id, again.replayed) == (first.change_id, True)
    assert code(meeting.say("hugo", End())) == "meeting-ended"
    assert [e.command for e in meeting.entries(DECIDED)] == ["end", "end"]


def test_a_dry_run_ends_nothing(meeting: CommandedMeeting) -> None:
    assert code(meeting.say("alice", End(), dry_run=True)) == "dry-run"
    assert MEETING in meeting.chime.rooms
    assert meeting.stored().ended_at is None
    assert meeting.entries() == []


def test_what_was_under_way_comes_to_an_end(meeting: CommandedMeeting) -> None:
    """Changes that Chime has not taken, open requests and timed rules: nothing stays due for ever."""
    meeting.consenting()
    meeting.answered("alice", Mute(), "bob")
    meeting.answered("alice", Unmute(), "bob")
    meeting.answered("alice", Mute(seconds=30), "carol")
    meeting.chime_refuses()
    meeting.answered("alice", Hold(), "carol")
    meeting.chime_recovers()
    meeting.done("alice", End())
    for _ in range(4):
        meeting.reconcile(61)
    far = meeting.clock.now().replace(year=2027)
    assert meeting.ledger.due(far, 100) == []
    assert meeting.reconcile(0).failed == 0


def test_everybody_is_gone(meeting: CommandedMeeting) -> None:
    answer = meeting.done("alice", End())
    assert isinstance(answer, Answer)
    found = meeting.gavel.attendees(MEETING, by("alice"), limit=10, after=None)
    assert not isinstance(found, Refused)
    items = found["items"]
    assert isinstance(items, list)
    assert {item["status"] for item in items} <= {"gone"}


def test_nobody_is_heard_because_a_mute_would_have_ended_after_the_meeting(meeting: CommandedMeeting) -> None:
    meeting.done("alice", MuteEverybody(seconds=60))
    ended = replace(meeting.stored(), ended_at=meeting.clock.now())
    meeting.clock.pass_by(120)

    running = replace(ended, ended_at=None)
    bob, policies = meeting.user("bob"), meeting.ports.policies
    assert Capabilities.SEND_AUDIO not in wanted(policies, meeting.clock, ended, bob)
    assert Capabilities.SEND_AUDIO in wanted(policies, meeting.clock, running, bob)
