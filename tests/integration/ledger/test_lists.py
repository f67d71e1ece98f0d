"""The contract of lists of meetings: newest first, in pages, between two moments."""

from datetime import UTC, datetime, timedelta

import pytest
from moderation.ports import Ledger, MeetingList, MeetingRevised, UserRevised, meeting_at, position

from tests.integration.ledger.examples import NOW, OTHER_MEETING, M, a_user, meeting
from tests.integration.ledger.table import RETENTION, Table

ALL, LAST = MeetingList(), "~"
ROOM, BOB = MeetingList(external_id="standup"), MeetingList(user_id="bob")
NOBODYS = MeetingList(user_id="nobody")


def named(number: int) -> str:
    return f"{M[:-2]}{number:02}"


def register(ledger: Ledger, count: int, hours: float = 1, name: str = "standup") -> list[str]:
    """Meetings, each so much older than the one before it; the positions of all."""
    found = []
    for number in range(count):
        since = NOW - timedelta(hours=hours * number)
        ledger.transact([MeetingRevised(meeting(named(number), registered_at=since, external_id=name), 0)])
        found.append(position(since, named(number)))
    return found


@pytest.mark.parametrize("which", [ALL, ROOM])
def test_newest_first_as_soon_as_they_are_registered(ledger: Ledger, which: MeetingList) -> None:
    places = register(ledger, 4)
    ledger.transact([MeetingRevised(meeting(OTHER_MEETING, external_id="", registered_at=None), 0)])

    assert ledger.listed(which, "", LAST, 10) == places
    assert [meeting_at(place) for place in places] == [named(number) for number in range(4)]


@pytest.mark.parametrize("which", [ALL, ROOM])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_page_by_page_each_is_listed_once(ledger: Ledger, which: MeetingList, limit: int) -> None:
    places = register(ledger, 7, hours=20)

    found: list[str] = []
    before = LAST
    while page := ledger.listed(which, "", before, limit):
        assert len(page) <= limit
        found += page
        before = page[-1]

    assert found == places


@pytest.mark.parametrize("which", [ALL, ROOM])
def test_between_two_moments(ledger: Ledger, which: MeetingList) -> None:
    """What was registered at the first moment is in it, what was registered at the second is not."""
    places = register(ledger, 5)
    since, until = places[3][:24], places[1][:24]

    assert ledger.listed(which, since, until, 10) == places[2:4]
    assert ledger.listed(which, until, since, 10) == []
    assert ledger.listed(which, since, since, 10) == []


def test_of_one_moment_all_are_listed(ledger: Ledger) -> None:
    places = register(ledger, 3, hours=0)

    assert ledger.listed(ALL, "", LAST, 2) == places[:0:-1]
    assert ledger.listed(ALL, "", places[1], 2) == places[:1]


def test_other_names_are_other_lists(ledger: Ledger) -> None:
    register(ledger, 2, name="standup 2")

    assert ledger.listed(ROOM, "", LAST, 10) == []
    assert len(ledger.listed(ALL, "", LAST, 10)) == 2


def test_a_later_revision_lists_nothing_again(ledger: Ledger) -> None:
    places = register(ledger, 1)
    ledger.transact([MeetingRevised(meeting(named(0), 2, external_id="standup"), 1)])

    assert ledger.listed(ALL, "", LAST, 10) == ledger.listed(ROOM, "", LAST, 10) == places


def test_the_meetings_of_a_user(ledger: Ledger) -> None:
    """Whatever is stored of them there, from the first time on."""
    ledger.transact([UserRevised(M, a_user("bob"), 0), UserRevised(OTHER_MEETING, a_user("carol"), 0)])
    ledger.transact([UserRevised(M, a_user("bob", 2), 1)])

    assert ledger.listed(BOB, "", LAST, 10) == [position(NOW, M)]
    assert ledger.listed(BOB, position(NOW, M), LAST, 10) == ledger.listed(BOB, "", position(NOW, M), 10) == []
    assert ledger.listed(NOBODYS, "", LAST, 10) == []


def test_meetings_are_read_together(ledger: Ledger) -> None:
    register(ledger, 3)

    assert ledger.registered([named(0), named(2), named(2), OTHER_MEETING]).keys() == {named(0), named(2)}
    assert ledger.registered([]) == {}


def test_a_list_of_all_goes_back_as_far_as_anything_is_kept(table: Table) -> None:
    """Month by month, over the turn of the year as well."""
    months = [datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), NOW]
    for number, since in enumerate(months):
        table.ledger.transact([MeetingRevised(meeting(named(number), registered_at=since), 0)])
    from_then_on = "2025-12-01T00:00:00.000Z"

    assert table.ledger.listed(ALL, from_then_on, LAST, 10) == [position(NOW, named(2))], "older ones are not kept"
    far_back = table.keeping(NOW - months[0] + RETENTION)
    assert [meeting_at(place) for place in far_back.listed(ALL, "", LAST, 10)] == [named(2), named(1), named(0)]
    assert [meeting_at(place) for place in far_back.listed(ALL, "", "2026-01-01T00:00:00.001Z", 10)] == [
        named(1),
        named(0),
    ]


def test_the_meetings_of_a_user_are_sorted_by_when_they_came(table: Table) -> None:
    for number in range(3):
        ledger = table.at(NOW + timedelta(minutes=number))
        ledger.transact([UserRevised(named(number), a_user("bob"), 0)])

    assert [meeting_at(place) for place in table.ledger.listed(BOB, "", LAST, 2)] == [named(2), named(1)]
