"""Every meeting is compared with Chime, whoever else is there: who was not looked at is next."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from moderation.application.background.comparisons import Comparisons
from moderation.application.background.reconciler import Report
from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import MuteEverybody, Register
from moderation.domain.meeting import CHECKED_EVERY
from moderation.ports import Budget, ChimeRetryableError, SeatInChime

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting
from tests.unit.application.hall import Hall

MINUTES = 15


def many(meetings: int, people: int = 1) -> ModeratedMeeting:
    scene = ModeratedMeeting(registered=False)
    for n in range(meetings):
        scene.chime.open(name(n), {f"{n:08x}-0000-0000-0000-{p:012x}": f"p{p}" for p in range(people)})
        outcome = scene.gavel.perform(Request(name(n), ADMIN, Register(roles={"alice": "host"})))
        assert isinstance(outcome, Answer)
        scene.surroundings.pass_by(0.3)
    scene.chime.calls.clear()
    return scene


def name(n: int) -> str:
    return f"{n:08x}-1111-1111-1111-111111111111"


def minute(scene: ModeratedMeeting) -> Report:
    """A run as it is in production: a call to Chime takes 80 ms."""
    began = scene.surroundings.now()
    report = Gavel(scene.world).reconciler.run(began + timedelta(seconds=50))
    took = (scene.surroundings.now() - began).total_seconds()
    scene.surroundings.pass_by(max(0, 60 - took))
    return report


def slow(scene: ModeratedMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    roster: Callable[[str], Any] = scene.chime.roster

    def after_a_while(meeting_id: str) -> Any:
        scene.surroundings.pass_by(0.08)
        return roster(meeting_id)

    monkeypatch.setattr(scene.chime, "roster", after_a_while)


def looks(scene: ModeratedMeeting) -> Counter[str]:
    return Counter(call.meeting_id for call in scene.chime.calls if call.operation == "roster")


@pytest.mark.parametrize("meetings", [1, 20, 250])
def test_each_is_compared_again_and_again(meetings: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = many(meetings)
    slow(scene, monkeypatch)
    reports = [minute(scene) for _ in range(MINUTES)]
    found = looks(scene)
    assert len(found) == meetings
    assert min(found.values()) >= MINUTES // 4
    assert max(report.comparison.oldest for report in reports) <= 240


def test_large_ones_take_as_much_of_the_budget_as_they_have_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = many(12, people=250)
    taken: list[int] = []
    take = scene.ledger.acquire_background_calls

    def counted(count: int, now: Any, budget: Budget = Budget.CALLS) -> bool:
        is_given = take(count, now, budget)
        if budget is Budget.SWEEPS and is_given:
            taken.append(count)
        return is_given

    monkeypatch.setattr(scene.ledger, "acquire_background_calls", counted)
    scene.surroundings.pass_by(120)
    minute(scene)
    assert taken == [3] * 12


def test_what_could_not_be_looked_at_is_next_and_is_told() -> None:
    scene = many(2)
    scene.surroundings.pass_by(120)
    roster = scene.chime.roster

    def fails(meeting_id: str) -> Any:
        if meeting_id == name(0):
            raise ChimeRetryableError
        return roster(meeting_id)

    scene.chime.roster = fails  # type: ignore[method-assign]
    for age in (120, 180, 240):
        report = minute(scene)
        assert report.comparison.oldest == pytest.approx(age, abs=2)
    scene.chime.roster = roster  # type: ignore[method-assign]
    scene.chime.calls.clear()
    minute(scene)
    assert next(iter(looks(scene))) == name(0)
    assert minute(scene).comparison.oldest < 130


def test_a_comparison_waits_for_the_budget_and_not_for_the_next_run() -> None:
    scene = many(40)
    scene.surroundings.pass_by(120)
    assert minute(scene).comparison.compared == 40


def test_a_mute_all_ends_in_time_though_no_look_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    hall.done("alice", MuteEverybody(seconds=30))
    take = hall.ledger.acquire_background_calls
    monkeypatch.setattr(
        hall.ledger, "acquire_background_calls", lambda c, now, b=Budget.CALLS: b is Budget.CALLS and take(c, now, b)
    )
    hall.surroundings.pass_by(30)
    report = Gavel(hall.world).reconciler.run(hall.surroundings.now() + timedelta(seconds=50))
    assert hall.bits("bob") == EVERYTHING
    assert report.comparison.compared == 0


def test_looks_of_participants_take_none_of_the_sweeps() -> None:
    hall = Hall()
    now = hall.surroundings.now()
    while hall.ledger.acquire_background_calls(1, now, Budget.LOOKS):
        pass
    hall.chime.rooms[MEETING].seats["x"] = SeatInChime("x", "late", EVERYTHING)
    hall.reconcile(120)
    assert "late" in hall.ledger.everybody(MEETING)


def test_a_sweep_binds_no_more_than_it_has_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    for number in range(5):
        hall.comes("bob", number + 1)
    came = hall.gavel.presence.on_joined

    def slowly(meeting_id: str, attendee_id: str) -> None:
        hall.surroundings.pass_by(6)
        came(meeting_id, attendee_id)

    monkeypatch.setattr(hall.gavel.presence, "on_joined", slowly)
    hall.surroundings.pass_by(CHECKED_EVERY.total_seconds())
    hall.gavel.reconciler.run(hall.surroundings.now() + timedelta(seconds=10))
    assert len(hall.user("bob").seats) == 3


def test_what_another_process_has_just_compared_is_not_compared_again() -> None:
    hall = Hall()
    done = Comparisons(hall.world, hall.gavel.presence).run(
        [hall.meeting()], hall.surroundings.now() + timedelta(minutes=1)
    )
    assert (done.compared, done.left, done.faults, hall.chime.calls) == (0, 0, [], [])
