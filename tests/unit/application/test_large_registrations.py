"""A class list is registered as one: more roles than one transaction holds, and all of them or none."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from moderation.application.commands.registration import MOST_TOGETHER
from moderation.application.requests import Answer, Outcome, Refused, Request
from moderation.domain.commands import Register
from moderation.domain.documents import meeting_revision
from moderation.domain.entry import DECIDED
from moderation.ports import Clause, ConditionFailedError, MeetingIs, UserRevised

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, explained

CLASS = {"teacher": "host", "assistant": "cohost", **{f"student-{n:03}": "participant" for n in range(200)}}


def unregistered() -> ModeratedMeeting:
    return ModeratedMeeting(registered=False)


def roles(scene: ModeratedMeeting) -> dict[str, str | None]:
    people = scene.ledger.everybody(MEETING).values()
    return {user.id: user.rules.role for user in people if user.rules.role is not None}


def test_a_class_of_two_hundred_is_registered() -> None:
    scene = unregistered()
    outcome = scene.register(roles=CLASS)
    assert isinstance(outcome, Answer), outcome
    assert roles(scene) == CLASS
    assert scene.ledger.meetings[MEETING].hosts == 1
    assert [entry.command for entry in scene.ledger.entries if entry.type == DECIDED] == [Register.name]


def test_what_an_earlier_try_wrote_ahead_is_taken_over() -> None:
    """Its process has died between two transactions, and what it wanted was something else."""
    scene = unregistered()
    transact, written = scene.ledger.transact, 0

    def dies(clauses: Sequence[Clause]) -> None:
        nonlocal written
        written += 1
        if written > 2:
            raise KeyboardInterrupt
        transact(clauses)

    scene.ledger.transact = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        scene.register(roles={**CLASS, "somebody": "host", "assistant": "host"})
    scene.ledger.transact = transact  # type: ignore[method-assign]
    assert scene.ledger.load(MEETING).meeting is None
    assert isinstance(scene.register(roles=CLASS), Answer)
    assert roles(scene) == CLASS
    assert scene.ledger.meetings[MEETING].hosts == 1


@pytest.mark.parametrize(("students", "code"), [(MOST_TOGETHER, None), (MOST_TOGETHER + 1, "too-many-roles")])
def test_as_many_roles_as_one_transaction_holds_change_at_once(students: int, code: str | None) -> None:
    scene = ModeratedMeeting(roles={"teacher": "host"})
    changed = {"teacher": "host", **{f"student-{n:03}": "viewer" for n in range(students)}}
    outcome = scene.register(roles=changed, if_match=meeting_revision(scene.meeting()))
    assert (explained(outcome).code if isinstance(outcome, Refused) else None) == code
    assert roles(scene) == (changed if code is None else {"teacher": "host"})


def test_another_registration_beside_it_mixes_nothing() -> None:
    scene = unregistered()
    other = {**dict.fromkeys(CLASS, "viewer"), "teacher": "host"}
    transact, first = scene.ledger.transact, list[Outcome]()

    def beside(clauses: Sequence[Clause]) -> None:
        transact(clauses)
        if scene.ledger.transact == beside:
            scene.ledger.transact = transact  # type: ignore[method-assign]
            first.append(scene.another_process().perform(Request(MEETING, ADMIN, Register(roles=other))))

    scene.ledger.transact = beside  # type: ignore[method-assign]
    second = scene.register(roles=CLASS)
    assert isinstance(first[0], Answer)
    assert isinstance(second, Refused), "the meeting is registered otherwise by now"
    assert second.code == "revision-required"
    assert roles(scene) == other


def test_nothing_is_written_ahead_once_the_meeting_is_there() -> None:
    scene = ModeratedMeeting()
    user = scene.user("bob")
    clauses: list[Clause] = [
        MeetingIs(MEETING, 0),
        UserRevised(MEETING, replace(user, revision=user.revision + 1), user.revision),
    ]
    with pytest.raises(ConditionFailedError) as raised:
        scene.ledger.transact(clauses)
    assert raised.value.failed == (clauses[0],)


def test_a_registered_meeting_changes_up_to_seventy_roles_at_once() -> None:
    scene = unregistered()
    scene.register(roles=CLASS)
    etag = f"m{scene.ledger.meetings[MEETING].revision}"
    everybody = {**dict.fromkeys(CLASS, "viewer"), "teacher": "host"}
    refused = scene.register(roles=everybody, if_match=etag)
    assert isinstance(refused, Refused)
    assert refused.code == "too-many-roles"
    assert roles(scene) == CLASS
