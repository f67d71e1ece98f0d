"""What is said beside the status: to whom it happened, why not, and what a waiting change is about."""

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
from moderation.ports import ChimeRetryableError, SeatInChime, Wakeup

from tests.memory.moderated_meeting import ADMIN, MEETING, seat
from tests.unit.application.hall import MUTE_ALL, SILENT, UNMUTE_ALL, Stage, by, code, outcomes


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_each_outcome_of_a_command_on_all_names_the_attendee(stage: Stage) -> None:
    stage.comes("bob", 1)
    answer = stage.done("alice", MUTE_ALL)
    named = {(outcome["attendeeId"], outcome["externalUserId"]) for outcome in answer.outcomes or ()}
    users = ("alice", "hugo", "cora", "bob", "carol")
    assert named == {(seat(user), user) for user in users} | {(seat("bob", 1), "bob")}


def test_a_refused_registration_names_the_policies(stage: Stage) -> None:
    outcome = stage.register(by("bob"), mode="audience")
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.detail) == ("not-permitted", "the policies don't permit `register` here")
    assert outcome.policies == ("no-permit",)


@pytest.mark.parametrize(
    ("command", "detail", "pointer"),
    [
        (SetMeeting(mode="circus"), "no such mode: `circus`", "/mode"),
        (SetMeeting(default_role="clown"), "no such role: `clown`", "/defaultRole"),
        (MuteEverybody(spared_roles=("host", "tamer", "clown")), "no such role: `clown`", "/except/roles"),
    ],
)
def test_a_word_that_the_policies_do_not_know_is_named(
    stage: Stage, command: SetMeeting | MuteEverybody, detail: str, pointer: str
) -> None:
    refused = stage.denied("alice", command)
    assert (refused.code, refused.detail, refused.pointer) == ("invalid-request", detail, pointer)


def test_a_refusal_is_given_again_whole(stage: Stage) -> None:
    stage.done("alice", SetMeeting(frozen=True))
    stage.done("alice", SetMeeting(mode="audience"))
    for who, command in (("alice", Unmute()), ("bob", Mute())):
        first = stage.ask(who, command, "carol", key=who, fingerprint="f")
        again = stage.ask(who, command, "carol", key=who, fingerprint="f")
        assert isinstance(first, Refused), first
        assert isinstance(again, Refused)
        assert first.policies or first.limits
        assert again.replayed
        assert (again.code, again.detail, again.policies, again.limits, again.pointer) == (
            first.code, first.detail, first.policies, first.limits, first.pointer
        )  # fmt: skip


def test_who_is_asked_because_all_are_to_be_heard_has_a_change_that_says_so(stage: Stage) -> None:
    stage.consenting()
    stage.done("alice", MUTE_ALL)
    stage.done("alice", UNMUTE_ALL, key="k")
    change = stage.change(stage.request_to("bob"))
    assert (change.before, change.after, change.effects, change.answer) == (SILENT, SILENT, (), {})
    assert (change.subject, change.attendee_id, change.awaits_consent) == ("bob", None, True)
    assert (change.rules_before, change.rules_after) == (stage.user("bob").rules, stage.user("bob").rules)
    assert change.revision == stage.answered("alice", Unmute(), "bob").subject["revision"]
    woken = [after for reminder, after in stage.wakeups.sent if reminder == Wakeup(MEETING, change_id=change.id)]
    assert woken == [ANSWER_WITHIN]


def test_who_joins_into_a_change_that_waits_is_told_of_that_one(stage: Stage) -> None:
    stage.answered("alice", Mute(), "bob")
    stage.chime_refuses()
    stage.comes("bob", 1)
    stage.gavel.presence.on_joined(MEETING, seat("bob", 1))
    [join] = [change for change in stage.ledger.changes.values() if change.is_join]
    stage.comes("bob", 2)
    for _ in range(2):
        answer = stage.gavel.perform(Request(MEETING, CHIME, Bind(), attendee_id=seat("bob", 2)))
        assert isinstance(answer, Answer), answer
        assert (answer.status, answer.change_id) == ("pending", join.id)
        assert (answer.before, answer.after) == (SILENT, SILENT)
        assert answer.subject["attendeeId"] == seat("bob", 2)


def test_before_and_after_are_those_of_the_attendee_that_was_asked_for(stage: Stage) -> None:
    stage.comes("bob", 1)
    stage.gavel.presence.on_joined(MEETING, seat("bob", 1))
    stage.turn("bob", SILENT)
    stage.surroundings.pass_by(61)
    stage.gavel.presence.sweep(stage.meeting())
    for number, before in ((1, EVERYTHING), (0, SILENT)):
        answer = stage.answered("alice", Mute(reason=f"on {number}"), "bob", number)
        assert (answer.before, answer.after) == (before, SILENT)
        stage.answered("alice", Unmute(), "bob", number)
        stage.turn("bob", SILENT)
        stage.surroundings.pass_by(61)
        stage.gavel.presence.sweep(stage.meeting())


def test_an_attendee_id_in_the_place_of_a_user_is_told_apart(stage: Stage) -> None:
    """Whether they have left, or nobody has told of them yet."""
    stage.goes("bob")
    stage.comes("newt")
    for user in ("bob", "newt"):
        outcome = stage.ask_user("alice", Mute(), seat(user))
        assert isinstance(outcome, Refused), outcome
        assert "use `/attendees/{attendeeId}`" in outcome.detail


def test_who_is_let_into_a_meeting_that_has_ended(stage: Stage) -> None:
    stage.done("alice", End())
    outcome = stage.gavel.perform(Request(MEETING, ADMIN, Admit({"dora": None})))
    assert isinstance(outcome, Refused), outcome
    assert (outcome.code, outcome.detail) == ("meeting-ended", "the meeting has ended")


def test_what_is_looked_at_twice_is_counted_once(stage: Stage) -> None:
    """What memory says is looked up again if nothing comes of it."""
    stage.answered("bob", Mute(), "bob")
    spent: list[int] = []
    take = stage.ledger.acquire_user_tokens

    def taking(meeting_id: str, user_id: str, seconds: int, *more: Any) -> bool:
        spent.append(seconds)
        return take(meeting_id, user_id, seconds, *more)

    stage.ledger.acquire_user_tokens = taking  # type: ignore[assignment, method-assign]
    assert stage.answered("bob", Mute(), "bob").status == "unchanged"
    assert spent == [OWN_COMMAND]


def test_where_chime_can_not_be_read_again_it_is_said_whom_it_has_reached(stage: Stage) -> None:
    """After a batch the roster is read again, for whoever came meanwhile."""
    for user in ("dave", "erin"):
        stage.comes(user)
        stage.gavel.presence.on_joined(MEETING, seat(user))
    roster, reads = stage.chime.roster, list[str]()

    def reading(meeting_id: str) -> Sequence[SeatInChime]:
        reads.append(meeting_id)
        if len(reads) > 1:
            raise ChimeRetryableError
        return roster(meeting_id)

    stage.chime.roster = reading  # type: ignore[method-assign]
    answer = stage.done("alice", MUTE_ALL)
    assert answer.status == "pending"
    assert {user: outcomes(answer)[user] for user in ("alice", "bob", "dave")} == {
        "alice": "spared", "bob": "applied", "dave": "applied"
    }  # fmt: skip


@pytest.mark.parametrize(("who", "said"), [("cora", "not-permitted"), ("alice", "applied")])
def test_who_undoes_several_settings_at_once_must_be_allowed_each(stage: Stage, who: str, said: str) -> None:
    """A cohost may set the mode, but not who has to consent."""
    done = stage.done("alice", SetMeeting(mode="audience", unmute_consent=UnmuteConsent.REQUIRED))
    assert code(stage.say(who, Undo(done.change_id or ""))) == said
