"""A registration with more roles than one transaction holds is stored whole or not at all."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from moderation.application.commands.registration import MOST_TOGETHER
from moderation.application.requests import Answer, Outcome, Refused, Request
from moderation.domain.commands import Mute, Register, SetMeeting
from moderation.domain.documents import meeting_revision
from moderation.domain.entry import DECIDED
from moderation.ports import Clause, ConditionFailedError, MeetingIs, UserRevised

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, explained

CLASS = {"teacher": "host", "assistant": "cohost", **{f"student-{n:03}": "participant" for n in range(200)}}


def unregistered() -> ModeratedMeeting:
    return ModeratedMeeting(registered=False)


def roles(meeting: ModeratedMeeting) -> dict[str, str | None]:
    users = meeting.ledger.all_users(MEETING).values()
    return {user.id: user.rules.role for user in users if user.rules.role is not None}


def test_a_class_of_two_hundred_is_registered() -> None:
    meeting = unregistered()
    outcome = meeting.register(roles=CLASS)
    assert isinstance(outcome, Answer), outcome
    assert roles(meeting) == CLASS
    assert meeting.ledger.meetings[MEETING].hosts == 1
    assert [entry.command for entry in meeting.ledger.entries if entry.type == DECIDED] == [Register.name]


def test_what_an_earlier_try_wrote_ahead_is_taken_over() -> None:
    """Its process died between two transactions, and its registration was another one."""
    meeting = unregistered()
    transact, written = meeting.ledger.transact, 0

    def dies(clauses: Sequence[Clause]) -> None:
        nonlocal written
        written += 1
        if written > 2:
            raise KeyboardInterrupt
        transact(clauses)

    meeting.ledger.transact = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        meeting.register(roles={**CLASS, "somebody": "host", "assistant": "host"})
    meeting.ledger.transact = transact  # type: ignore[method-assign]
    assert meeting.ledger.load(MEETING).meeting is None
    assert isinstance(meeting.register(roles=CLASS), Answer)
    assert roles(meeting) == CLASS
    assert meeting.ledger.meetings[MEETING].hosts == 1


@pytest.mark.parametrize(("students", "code"), [(MOST_TOGETHER, None), (MOST_TOGETHER + 1, "too-many-roles")])
def test_as_many_roles_as_one_transaction_holds_change_at_once(students: int, code: str | None) -> None:
    meeting = ModeratedMeeting(roles={"teacher": "host"})
    changed = {"teacher": "host", **{f"student-{n:03}": "viewer" for n in range(students)}}
    outcome = meeting.register(roles=changed, if_match=meeting_revision(meeting.stored()))
    assert (explained(outcome).code if isinstance(outcome, Refused) else None) == code
    assert roles(meeting) == (changed if code is None else {"teacher": "host"})


def test_another_registration_beside_it_mixes_nothing() -> None:
    meeting = unregistered()
    other = {**dict.fromkeys(CLASS, "viewer"), "teacher": "host"}
    transact, first = meeting.ledger.transact, list[Outcome]()

    def beside(clauses: Sequence[Clause]) -> None:
        transact(clauses)
        if meeting.ledger.transact == beside:
            meeting.ledger.transact = transact  # type: ignore[method-assign]
            first.append(meeting.another_process().perform(Request(MEETING, ADMIN, Register(roles=other))))

    meeting.ledger.transact = beside  # type: ignore[method-assign]
    second = meeting.register(roles=CLASS)
    assert isinstance(first[0], Answer)
    assert isinstance(second, Refused), "the meeting is registered otherwise by now"
    assert second.code == "revision-required"
    assert roles(meeting) == other


def test_nothing_is_written_ahead_once_the_meeting_is_there() -> None:
    meeting = ModeratedMeeting()
    user = meeting.user("bob")
    clauses: list[Clause] = [
        MeetingIs(MEETING, 0),
        UserRevised(MEETING, replace(user, revision=user.revision + 1), user.revision),
    ]
    with pytest.raises(ConditionFailedError) as raised:
        meeting.ledger.transact(clauses)
    assert raised.value.failed == (clauses[0],)


def test_a_registered_meeting_changes_up_to_seventy_roles_at_once() -> None:
    meeting = unregistered()
    meeting.register(roles=CLASS)
    etag = f"m{meeting.ledger.meetings[MEETING].revision}"
    everybody = {**dict.fromkeys(CLASS, "viewer"), "teacher": "host"}
    refused = meeting.register(roles=everybody, if_match=etag)
    assert isinstance(refused, Refused)
    assert refused.code == "too-many-roles"
    assert roles(meeting) == CLASS


def test_a_role_is_changed_while_a_rule_of_the_user_has_an_end() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", Mute(seconds=60), "bob")
    outcome = meeting.register(roles={**meeting.roles, "bob": "viewer"}, if_match=meeting_revision(meeting.stored()))
    assert isinstance(outcome, Answer), outcome
    assert (outcome.status, meeting.user("bob").rules.role) == ("applied", "viewer")


def test_the_same_roles_in_another_order_are_the_same_registration() -> None:
    meeting = unregistered()
    few = {"alice": "host", "bob": "participant", "carol": "viewer"}
    assert isinstance(registered := meeting.register(roles=few), Answer)
    assert registered.status != "unchanged"
    again = meeting.register(roles=dict(reversed(few.items())))
    assert isinstance(again, Answer)
    assert again.status == "unchanged"


def test_an_unknown_role_is_refused_with_a_pointer_to_its_user() -> None:
    """In a JSON pointer, `~` and `/` within a name are written `~0` and `~1`."""
    meeting = unregistered()
    refused = meeting.register(roles={"alice": "host", "room/7~b": "king"})
    assert isinstance(refused, Refused)
    assert (explained(refused).code, refused.pointer) == ("invalid-request", "/roles/room~17~0b")
    assert meeting.ledger.load(MEETING).meeting is None


@pytest.mark.parametrize(("mode", "status"), [("open", "unchanged"), ("audience", "applied")])
def test_the_same_registration_of_the_current_revision_restores_only_what_was_changed(mode: str, status: str) -> None:
    meeting = ModeratedMeeting()
    meeting.gavel.perform(Request(MEETING, ADMIN, SetMeeting(mode=mode)))
    revision = meeting_revision(meeting.stored())
    again = meeting.register(roles=meeting.roles, if_match=revision)
    assert isinstance(again, Answer), again
    assert (again.status, meeting.stored().rules.mode) == (status, "open")
    assert (meeting_revision(meeting.stored()) == revision) is (status == "unchanged")
