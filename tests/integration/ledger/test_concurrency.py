"""Many at once: no update is lost, and of two that would both win one does not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from time import monotonic

import pytest
from moderation.domain.capability import NOTHING
from moderation.domain.change import Lease
from moderation.domain.meeting import Attendee, User
from moderation.ports import (
    AttendeeBound,
    AttendeesNoted,
    ChangeKept,
    ChangeOpened,
    Clause,
    ConditionFailedError,
    EntryWritten,
    Ledger,
    MeetingIs,
    MeetingRevised,
    TransactionContentionError,
    UserRevised,
)

from tests.integration.ledger.examples import (
    ATTENDEE,
    NOW,
    SCENE,
    SEATED,
    SECOND_ATTENDEE,
    TOKEN,
    M,
    a_user,
    change,
    entry,
    meeting,
    seconds,
    user,
)

CROWD = 20
WITHIN = 240
"""Seconds in which every thread must have got through, however slow the machine."""


def crowd(*calls: Callable[[], bool]) -> list[bool]:
    """What they did, all begun at once."""
    together = Barrier(len(calls))

    def begin(call: Callable[[], bool]) -> bool:
        together.wait(WITHIN)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(begin, calls))


def wins(ledger: Ledger, *clauses: Clause) -> bool:
    try:
        ledger.transact(clauses)
    except (ConditionFailedError, TransactionContentionError):
        return False
    return True


def until_done(ledger: Ledger, clauses: Callable[[User], list[Clause]]) -> bool:
    """Reads and tries again after a lost race."""
    deadline = monotonic() + WITHIN
    while not wins(ledger, *clauses(user(ledger))):
        assert monotonic() < deadline, "others always won"
    return True


def test_no_update_is_lost(shared: Ledger) -> None:
    """Half of them revise the user, each with a new attendee; half note what Chime accepted."""
    shared.transact([UserRevised(M, a_user("bob", 1, SEATED), 0)])

    def revise(number: int) -> bool:
        def clauses(was: User) -> list[Clause]:
            revised = replace(was, revision=was.revision + 1)
            new = (Attendee(f"new-{number}"),)
            return [UserRevised(M, revised, was.revision, new), EntryWritten(entry(f"{revised.revision:02}"))]

        return until_done(shared, clauses)

    def note(number: int) -> bool:
        attendees = (Attendee(f"noted-{number}", NOTHING),)
        return until_done(shared, lambda was: [AttendeesNoted(M, "bob", was.revision, attendees)])

    crowd(*((lambda n=n: revise(n)) if n % 2 else (lambda n=n: note(n)) for n in range(2 * CROWD)))

    found = user(shared)
    new = {f"new-{n}": Attendee(f"new-{n}") for n in range(1, 2 * CROWD, 2)}
    noted = {f"noted-{n}": Attendee(f"noted-{n}", NOTHING) for n in range(0, 2 * CROWD, 2)}
    assert found == replace(a_user(revision=1 + CROWD), attendees={ATTENDEE: SEATED, **new, **noted}, notes=CROWD)
    entries = shared.history(M, "", "~", 100, None).entries
    assert [each.id for each in entries] == [f"{n:02}" for n in range(2, CROWD + 2)]


@pytest.mark.parametrize("race", range(10))
def test_two_transactions_over_two_items(shared: Ledger, race: int) -> None:
    """Named in opposite order, so that neither is first on both."""
    shared.transact([MeetingRevised(meeting(), 0), UserRevised(M, a_user(), 0)])

    def revise(by: str, *, meeting_first: bool) -> bool:
        clauses: list[Clause] = [
            MeetingRevised(meeting(revision=2, revised_by=by), 1),
            UserRevised(M, a_user(revision=2, revised_by=by), 1),
        ]
        return wins(shared, *(clauses if meeting_first else reversed(clauses)))

    won = crowd(lambda: revise("first", meeting_first=True), lambda: revise("second", meeting_first=False))

    assert sorted(won) == [False, True]
    winner = "first" if won[0] else "second"
    loaded = shared.load(M, ["bob"])
    assert loaded.meeting is not None
    assert (loaded.meeting.revised_by, loaded.users["bob"].revised_by) == (winner, winner)


def test_what_was_checked_does_not_change_before_it_is_written(shared: Ledger) -> None:
    """Each checks what the other writes; both winning would be a decision on rules that were gone already."""
    shared.transact([MeetingRevised(meeting(), 0), UserRevised(M, a_user(), 0)])
    of_the_person: list[Clause] = [MeetingIs(M, 1), UserRevised(M, a_user(revision=2), 1)]
    of_the_meeting: list[Clause] = [MeetingRevised(meeting(revision=2), 1), AttendeesNoted(M, "bob", 1, (SEATED,))]

    won = crowd(lambda: wins(shared, *of_the_person), lambda: wins(shared, *of_the_meeting))

    assert won.count(True) == 1


def test_one_lease_has_one_heir(shared: Ledger) -> None:
    shared.transact(SCENE)
    heirs = [change(lease=Lease(f"heir-{n}", seconds(30))) for n in range(CROWD)]

    won = crowd(*(lambda heir=heir: wins(shared, ChangeKept(heir, TOKEN), MeetingIs(M, 1)) for heir in heirs))

    assert won.count(True) == 1
    assert shared.change(M, "c1") == heirs[won.index(True)]


@pytest.mark.parametrize(
    "clauses",
    [
        lambda n: [ChangeOpened(change("c2")), EntryWritten(entry(f"f{n}"))],
        lambda n: [AttendeeBound(M, SECOND_ATTENDEE, f"u{n}"), UserRevised(M, a_user(f"u{n}"), 0)],
        lambda n: [UserRevised(M, a_user("carol", revised_by=f"{n}"), 0)],
    ],
    ids=["a change", "an attendee", "a person"],
)
def test_only_one_comes_first(shared: Ledger, clauses: Callable[[int], list[Clause]]) -> None:
    won = crowd(*(lambda n=n: wins(shared, *clauses(n)) for n in range(CROWD)))

    assert won.count(True) == 1


def test_takers_never_take_more_than_there_is(shared: Ledger) -> None:
    taken = crowd(*(lambda: shared.acquire_background_calls(1, NOW) for _ in range(CROWD)))

    left = 0
    while shared.acquire_background_calls(1, NOW):
        left += 1
    assert taken.count(True) >= 1
    assert taken.count(True) + left == 10
