"""Fields of an answer besides its status: users, reasons, and what a pending change is about."""

from collections.abc import Sequence
from typing import Any

import pytest
from moderation.application.rate_limit import OWN_COMMAND
from moderation.application.requests import Answer, Refused, Request
from moderation.domain.actor import CHIME
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import Admit, Bind, End, Mute, MuteEverybody, SetMeeting, Undo, Unmute
from moderation.domain.meeting import UnmuteConsent
from moderation.domain.personal_rules import ANSWER_WITHIN
from moderation.ports import ChimeAttendee, ChimeRetryableError, Wakeup

from tests.memory.moderated_meeting import ADMIN, MEETING, attendee_of
from tests.unit.application.commanded_meeting import MUTE_ALL, SILENT, UNMUTE_ALL, CommandedMeeting, by, code, outcomes


@pytest.fixture
def meeting() -> CommandedMeeting:
    return CommandedMeeting()


def test_each_outcome_of_a_command_on_all_names_the_attendee(meeting: CommandedMeeting) -> None:
    meeting.comes("bob", 1)
    answer = meeting.done("alice", MUTE_ALL)
    named = {(outcome["attendeeId"], outcome["externalUserId"]) for outcome in answer.outcomes or ()}
    users = ("alice", "hugo", "cora", "bob", "carol")
    assert named == {(attendee_of(user), user) for user in users} | {(attendee_of("bob", 1), "bob")}


def test_a_refused_registration_names_the_policies(meeting: CommandedMeeting) -> None:
    outcome = meeting.register(by("bob"), mode="audience")
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.detail) == ("not-permitted", "The policies do not permit `register` here.")
    assert outcome.policies == ("no-permit",)


@pytest.mark.parametrize(
    ("command", "detail", "pointer"),
    [
        (SetMeeting(mode="circus"), "There is no mode `circus`.", "/mode"),
        (SetMeeting(default_role="clown"), "There is no role `clown`.", "/defaultRole"),
        (MuteEverybody(spared_roles=("host", "tamer", "clown")), "There is no role `clown`.", "/except/roles"),
    ],
)
def test_a_word_that_the_policies_do_not_know_is_named(
    meeting: CommandedMeeting, command: SetMeeting | MuteEverybody, detail: str, pointer: str
) -> None:
    refused = meeting.denied("alice", command)
    assert (refused.code, refused.detail, refused.pointer) == ("invalid-request", detail, pointer)


def test_a_refusal_is_given_again_whole(meeting: CommandedMeeting) -> None:
    meeting.done("alice", SetMeeting(frozen=True))
    meeting.done("alice", SetMeeting(mode="audience"))
    for who, command in (("alice", Unmute()), ("bob", Mute())):
        first = meeting.ask(who, command, "carol", key=who, fingerprint="f")
        again = meeting.ask(who, command, "carol", key=who, fingerprint="f")
        assert isinstance(first, Refused), first
        assert isinstance(again, Refused)
        assert first.policies or first.limits
        assert again.replayed
        assert (again.code, again.detail, again.policies, again.limits, again.pointer) == (
            first.code, first.detail, first.policies, first.limits, first.pointer
        )  # fmt: skip


def test_who_is_asked_because_all_are_to_be_heard_has_a_change_that_says_so(meeting: CommandedMeeting) -> None:
    meeting.consenting()
    meeting.done("alice", MUTE_ALL)
    meeting.done("alice", UNMUTE_ALL, key="k")
    change = meeting.change(meeting.request_to("bob"))
    assert (change.before, change.after, change.effects, change.answer) == (SILENT, SILENT, (), {})
    assert (change.user_id, change.attendee_id, change.awaits_consent) == ("bob", None, True)
    assert (change.rules_before, change.rules_after) == (meeting.user("bob").rules, meeting.user("bob").rules)
    assert change.revision == meeting.answered("alice", Unmute(), "bob").subject["revision"]
    woken = [after for reminder, after in meeting.wakeups.sent if reminder == Wakeup(MEETING, change_id=change.id)]
    assert woken == [ANSWER_WITHIN]


def test_who_joins_into_a_change_that_waits_is_told_of_that_one(meeting: CommandedMeeting) -> None:
    meeting.answered("alice", Mute(), "bob")
    meeting.chime_refuses()
    meeting.comes("bob", 1)
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("bob", 1))
    [join] = [change for change in meeting.ledger.changes.values() if change.is_join]
    meeting.comes("bob", 2)
    for _ in range(2):
        answer = meeting.gavel.perform(Request(MEETING, CHIME, Bind(), attendee_id=attendee_of("bob", 2)))
        assert isinstance(answer, Answer), answer
        assert (answer.status, answer.change_id) == ("pending", join.id)
        assert (answer.before, answer.after) == (SILENT, SILENT)
        assert answer.subject["attendeeId"] == attendee_of("bob", 2)


def test_before_and_after_are_those_of_the_attendee_that_was_asked_for(meeting: CommandedMeeting) -> None:
    meeting.comes("bob", 1)
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("bob", 1))
    meeting.drifts("bob", SILENT)
    meeting.clock.pass_by(61)
    meeting.gavel.chime_events.compare(meeting.stored())
    for number, before in ((1, EVERYTHING), (0, SILENT)):
        answer = meeting.answered("alice", Mute(reason=f"on {number}"), "bob", number)
        assert (answer.before, answer.after) == (before, SILENT)
        meeting.answered("alice", Unmute(), "bob", number)
        meeting.drifts("bob", SILENT)
        meeting.clock.pass_by(61)
        meeting.gavel.chime_events.compare(meeting.stored())


def test_an_attendee_id_in_the_place_of_a_user_is_told_apart(meeting: CommandedMeeting) -> None:
    """Whether the attendee has left, or is not bound yet."""
    meeting.goes("bob")
    meeting.comes("newt")
    for user in ("bob", "newt"):
        outcome = meeting.ask_user("alice", Mute(), attendee_of(user))
        assert isinstance(outcome, Refused), outcome
        assert "use `/attendees/{attendeeId}`" in outcome.detail


def test_who_is_let_into_a_meeting_that_has_ended(meeting: CommandedMeeting) -> None:
    meeting.done("alice", End())
    outcome = meeting.gavel.perform(Request(MEETING, ADMIN, Admit({"dora": None})))
    assert isinstance(outcome, Refused), outcome
    assert (outcome.code, outcome.detail) == ("meeting-ended", "The meeting has ended.")


def test_what_is_looked_at_twice_is_counted_once(meeting: CommandedMeeting) -> None:
    """A command that comes to nothing by the cache is decided again, and counted once."""
    meeting.answered("bob", Mute(), "bob")
    spent: list[int] = []
    take = meeting.ledger.acquire_user_tokens

    def taking(meeting_id: str, user_id: str, seconds: int, *more: Any) -> bool:
        spent.append(seconds)
        return take(meeting_id, user_id, seconds, *more)

    meeting.ledger.acquire_user_tokens = taking  # type: ignore[assignment, method-assign]
    assert meeting.answered("bob", Mute(), "bob").status == "unchanged"
    assert spent == [OWN_COMMAND]


def test_where_chime_cannot_be_read_again_the_reached_attendees_are_named(meeting: CommandedMeeting) -> None:
    """After a batch the roster is read again, for attendees that joined meanwhile."""
    for user in ("dave", "erin"):
        meeting.comes(user)
        meeting.gavel.chime_events.on_joined(MEETING, attendee_of(user))
    roster, reads = meeting.chime.roster, list[str]()

    def reading(meeting_id: str) -> Sequence[ChimeAttendee]:
        reads.append(meeting_id)
        if len(reads) > 1:
            raise ChimeRetryableError
        return roster(meeting_id)

    meeting.chime.roster = reading  # type: ignore[method-assign]
    answer = meeting.done("alice", MUTE_ALL)
    assert answer.status == "pending"
    assert {user: outcomes(answer)[user] for user in ("alice", "bob", "dave")} == {
        "alice": "spared", "bob": "applied", "dave": "applied"
    }  # fmt: skip


@pytest.mark.parametrize(("who", "said"), [("cora", "not-permitted"), ("alice", "applied")])
def test_who_undoes_several_settings_at_once_must_be_allowed_each(
    meeting: CommandedMeeting, who: str, said: str
) -> None:
    """A cohost may set the mode, but not who has to consent."""
    done = meeting.done("alice", SetMeeting(mode="audience", unmute_consent=UnmuteConsent.REQUIRED))
    assert code(meeting.say(who, Undo(done.change_id or ""))) == said
