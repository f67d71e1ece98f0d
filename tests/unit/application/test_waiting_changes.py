"""Changes that waited for Chime together: one call serves all that the rules have become."""

from moderation.domain.commands import Mute, Unmute
from moderation.ports import ChimeRetryableError

from tests.memory.moderated_meeting import MEETING
from tests.unit.application.hall import MUTE_ALL, Hall


def waiting(hall: Hall, commands: list[tuple[str, Mute | Unmute]]) -> list[str]:
    """Each is accepted and left pending; answers their ids."""
    hall.chime_refuses()
    answers = [hall.answered(who, command, "bob") for who, command in commands]
    hall.chime_recovers()
    hall.chime.calls.clear()
    assert {answer.status for answer in answers} == {"pending"}
    return [answer.change_id or "" for answer in answers]


def statuses(hall: Hall, ids: list[str]) -> list[str]:
    return [hall.ledger.changes[MEETING, each].status for each in ids]


def test_several_mutes_of_one_person_are_one_call() -> None:
    hall = Hall()
    ids = waiting(hall, [("alice", Mute()), ("hugo", Mute(reason="noise")), ("alice", Mute(seconds=600))])
    hall.reconcile(60)
    assert len(hall.chime.orders()) == 1
    assert hall.held("bob")["audio"] == "Receive"
    assert statuses(hall, ids)[-1] == "applied"
    assert not [change for change in hall.ledger.changes.values() if change.due_at is not None]


def test_what_is_overruled_while_it_waits_is_never_ordered() -> None:
    hall = Hall()
    ids = waiting(hall, [("alice", Mute()), ("hugo", Unmute())])
    hall.reconcile(60)
    assert hall.chime.orders() == []
    assert hall.held("bob")["audio"] == "SendReceive"
    assert statuses(hall, ids) == ["superseded", "applied"]


def test_a_mute_all_that_got_through_serves_those_who_waited() -> None:
    hall = Hall()
    ids = waiting(hall, [("alice", Mute())])
    hall.done("alice", MUTE_ALL)
    calls = len(hall.chime.orders())
    hall.reconcile(60)
    assert len(hall.chime.orders()) == calls
    assert statuses(hall, ids) == ["applied"]


def test_where_the_look_fails_it_is_ordered() -> None:
    hall = Hall()
    ids = waiting(hall, [("alice", Mute())])

    def unseen(*_: str) -> object:
        raise ChimeRetryableError("429")

    hall.chime.seat = unseen  # type: ignore[method-assign, assignment]
    hall.reconcile(60)
    assert len(hall.chime.orders()) == 1
    assert statuses(hall, ids) == ["applied"]
