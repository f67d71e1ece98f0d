"""The contract of reading entries: order, bounds, pages, and what concerns one person."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.entry import Entry, EntryFilter
from moderation.ports import EntryWritten, Ledger, Page

from tests.integration.ledger.examples import ATTENDEE, OTHER_MEETING, SECOND_ATTENDEE, M, entry


def written(ledger: Ledger, *entries: Entry) -> None:
    for start in range(0, len(entries), 100):
        ledger.transact([EntryWritten(each) for each in entries[start : start + 100]])


def names(page: Page) -> list[str]:
    return [each.id for each in page.entries]


@pytest.fixture
def ledger(ledger: Ledger) -> Ledger:
    """Five entries, written in no order, between those of other meetings."""
    written(
        ledger,
        *(entry(f"e{n}") for n in (4, 2, 5, 1, 3)),
        entry("e2", OTHER_MEETING),
        entry("e6", OTHER_MEETING),
        entry("e3", M + "0"),
    )
    return ledger


def test_oldest_first_and_of_one_meeting(ledger: Ledger) -> None:
    page = ledger.history(M, "", "~", 50, None)

    assert page == Page(tuple(entry(f"e{n}") for n in range(1, 6)), more=False)


@pytest.mark.parametrize(
    ("after", "before", "found"),
    [
        ("", "~", "12345"),
        ("e1", "e5", "234"),
        ("e1", "~", "2345"),
        ("", "e5", "1234"),
        ("e2", "e3", ""),
        ("e2x", "e4x", "34"),
        ("e5", "~", ""),
        ("", "e1", ""),
        ("e3", "e3", ""),
        ("e4", "e2", ""),
        ("~", "", ""),
    ],
)
def test_bounds_are_excluded(ledger: Ledger, after: str, before: str, found: str) -> None:
    page = ledger.history(M, after, before, 50, None)

    assert names(page) == [f"e{digit}" for digit in found]
    assert not page.more


@pytest.mark.parametrize(
    ("after", "before", "limit", "found", "more"),
    [
        ("", "~", 1, "1", True),
        ("", "~", 4, "1234", True),
        ("", "~", 5, "12345", False),
        ("", "~", 6, "12345", False),
        ("e1", "e5", 2, "23", True),
        ("e1", "e5", 3, "234", False),
        ("e2", "e4", 1, "3", False),
    ],
)
def test_more_tells_whether_there_are_more(
    ledger: Ledger, after: str, before: str, limit: int, found: str, more: bool
) -> None:
    page = ledger.history(M, after, before, limit, None)

    assert (names(page), page.more) == ([f"e{digit}" for digit in found], more)


def paged(ledger: Ledger, limit: int, user_id: str | None) -> list[str]:
    """All that there is, read page by page as callers do."""
    found, after, more = [], "", True
    while more:
        page = ledger.history(M, after, "~", limit, user_id)
        assert len(page.entries) == limit or not page.more
        found += names(page)
        after, more = found[-1] if found else after, page.more
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_join_without_a_gap(ledger: Ledger, limit: int) -> None:
    assert paged(ledger, limit, None) == ["e1", "e2", "e3", "e4", "e5"]


def concerned(number: int) -> Mapping[str, str | None]:
    """Every seventh entry is about bob, with an attendee or without, half of these about carol as well."""
    if number % 7:
        return {"carol": ATTENDEE} if number % 3 else {"carol": None, "BOB": ATTENDEE}
    return {"bob": SECOND_ATTENDEE} if number % 2 else {"carol": ATTENDEE, "bob": None}


@pytest.mark.parametrize("limit", [1, 4, 14, 15, 50])
def test_what_concerns_one_user_is_found_across_pages(ledger: Ledger, limit: int) -> None:
    """Together with what names nobody: that is about everybody."""
    everybody = [f"e{n}" for n in range(1, 6)]
    written(ledger, *(entry(f"f{n:03d}", about=concerned(n)) for n in range(100)))

    assert paged(ledger, limit, "bob") == [*everybody, *(f"f{n:03d}" for n in range(0, 100, 7))]
    assert paged(ledger, limit, "nobody") == everybody
    assert paged(ledger, limit, "") == everybody
    assert paged(ledger, limit, SECOND_ATTENDEE) == everybody


def test_what_says_nothing_of_attendees_is_about_everybody(ledger: Ledger) -> None:
    written(ledger, replace(entry("f1"), extra={}), replace(entry("f2"), extra={"supersededBy": "c2"}))

    assert names(ledger.history(M, "f", "~", 50, "bob")) == ["f1", "f2"]


def test_bounds_hold_for_one_user_too(ledger: Ledger) -> None:
    written(ledger, *(entry(f"f{n}", about={"bob": ATTENDEE}) for n in range(1, 6)))

    assert ledger.history(M, "f1", "f5", 2, "bob") == Page(
        tuple(entry(f"f{n}", M, {"bob": ATTENDEE}) for n in (2, 3)), more=True
    )
    assert names(ledger.history(M, "f3", "f5", 2, "bob")) == ["f4"]
    assert ledger.history(M, "f4", "~", 1, "bob") == Page((entry("f5", M, {"bob": ATTENDEE}),), more=False)


def varied(number: int) -> Entry:
    """Refused every third, by carol every fifth, an unmute every second."""
    made = entry(f"f{number:03d}")
    return replace(
        made,
        extra={**made.extra, "verdict": "accepted" if number % 3 else "refused"},
        actor=Actor(ActorKind.USER, "alice" if number % 5 else "carol"),
        command="mute" if number % 2 else "unmute",
    )


FILTERS: dict[EntryFilter, Callable[[int], bool]] = {
    EntryFilter(verdict="refused"): lambda number: number % 3 == 0,
    EntryFilter(actor="carol"): lambda number: number % 5 == 0,
    EntryFilter(command="unmute"): lambda number: number % 2 == 0,
    EntryFilter(verdict="accepted", actor="carol", command="mute"): lambda number: (
        number % 3 != 0 and number % 5 == 0 and number % 2 != 0
    ),
    EntryFilter(actor="nobody"): lambda _: False,
}


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 4, 50, 100])
@pytest.mark.parametrize("only", FILTERS)
def test_filters_hold_across_pages_in_both_orders(
    ledger: Ledger, only: EntryFilter, limit: int, newest_first: bool
) -> None:
    written(ledger, *map(varied, range(100)))
    expected = [f"f{number:03d}" for number in range(100) if FILTERS[only](number)]
    found: list[str] = []
    after, before, more = "f", "f~", True
    while more:
        page = ledger.history(M, after, before, limit, None, only, newest_first=newest_first)
        assert len(page.entries) == limit or not page.more
        found += names(page)
        more = page.more
        after, before = (after, found[-1]) if more and newest_first else (found[-1] if more else after, before)
    assert found == (expected[::-1] if newest_first else expected)


def test_the_newest_of_all_come_first_if_asked_for(ledger: Ledger) -> None:
    page = ledger.history(M, "e1", "~", 3, None, newest_first=True)

    assert (names(page), page.more) == (["e5", "e4", "e3"], True)
    assert names(ledger.history(M, "e1", "e3", 3, None, newest_first=True)) == ["e2"]
