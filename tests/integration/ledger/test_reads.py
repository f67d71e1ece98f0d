"""The contract of reading a meeting, and of the calls that background work may take."""

import pytest
from moderation.domain.meeting import User
from moderation.ports import Due, KeyTaken, Ledger, Loaded, MeetingRevised, Minute, SeatBound, UserRevised

from tests.integration.ledger.examples import (
    KEY,
    NOW,
    OTHER_MEETING,
    SCENE,
    SEAT,
    SEATED,
    SECOND_SEAT,
    M,
    change,
    meeting,
    person,
    seconds,
)


def test_a_load_tells_of_everything_at_once(ledger: Ledger) -> None:
    ledger.transact(SCENE)

    found = ledger.load(M, ["bob", "nobody"], [SEAT, SECOND_SEAT], KEY.id)

    assert found == Loaded(
        meeting(), {"bob": person("bob", 1, SEATED), "nobody": User("nobody")}, {SEAT: "bob"}, key=KEY
    )


def test_a_meeting_is_found_by_its_name_as_soon_as_it_is_written(ledger: Ledger) -> None:
    """Meetings of one name are found together; another name is another place."""
    named = {M: "room 7", OTHER_MEETING: "room 7", f"{M[:-1]}f": "room 8"}
    ledger.transact([MeetingRevised(meeting(each, 1, external_id=name), 0) for each, name in named.items()])
    assert sorted(ledger.meetings_named("room 7")) == sorted([M, OTHER_MEETING])
    assert ledger.meetings_named("room 8") == [f"{M[:-1]}f"]
    assert ledger.meetings_named("room") == ledger.meetings_named("room 77") == []


def test_where_nothing_is_written_nothing_is_found(ledger: Ledger) -> None:
    assert ledger.load(M) == Loaded()
    assert ledger.load(M, ["bob"], [SEAT], "key") == Loaded(users={"bob": User("bob")})
    assert ledger.everybody(M) == {}
    assert ledger.change(M, "c1") is None


def test_naming_somebody_twice_is_asking_once(ledger: Ledger) -> None:
    ledger.transact(SCENE)

    assert ledger.load(M, ["bob", "bob"], [SEAT, SEAT]) == ledger.load(M, {"bob"}, {SEAT})


def test_a_meeting_tells_nothing_of_another(ledger: Ledger) -> None:
    ledger.transact(SCENE)
    ledger.transact([MeetingRevised(meeting(OTHER_MEETING, 5), 0), UserRevised(OTHER_MEETING, person("bob", 7), 0)])

    assert ledger.load(OTHER_MEETING, ["bob"], [SEAT]) == Loaded(meeting(OTHER_MEETING, 5), {"bob": person("bob", 7)})
    assert ledger.load(M, ["bob"]).users == {"bob": person("bob", 1, SEATED)}
    assert ledger.everybody(OTHER_MEETING) == {"bob": person("bob", 7)}
    assert ledger.change(OTHER_MEETING, "c1") is None


def test_a_load_takes_more_than_one_call_of_the_table_does(ledger: Ledger) -> None:
    people = {f"u{n}": person(f"u{n}") for n in range(70)}
    seats = {f"s{n}": f"u{n}" for n in range(70)}
    ledger.transact([UserRevised(M, each, 0) for each in people.values()])
    ledger.transact([SeatBound(M, attendee_id, user_id) for attendee_id, user_id in seats.items()])
    ledger.transact([MeetingRevised(meeting(), 0), KEY])

    assert ledger.load(M, people, seats, KEY.id) == Loaded(meeting(), people, seats, key=KEY)
    assert ledger.everybody(M) == people


def test_an_empty_key_is_a_key(ledger: Ledger) -> None:
    taken = KeyTaken("", "fingerprint", M)
    ledger.transact([taken])

    assert ledger.load(M, key="").key == taken


def taken(ledger: Ledger, after: float, count: int = 1) -> int:
    """How many times in a row that many calls can be taken."""
    times = 0
    while ledger.acquire_background_calls(count, seconds(after)):
        times += 1
    return times


def test_the_allowance_comes_back_with_time(ledger: Ledger) -> None:
    assert taken(ledger, after=0) == 10
    assert taken(ledger, after=0) == 0
    assert taken(ledger, after=0.199) == 0
    assert taken(ledger, after=0.2) == 1
    assert taken(ledger, after=1.2) == 5
    assert taken(ledger, after=3600) == 10


def test_more_than_is_left_takes_nothing(ledger: Ledger) -> None:
    assert ledger.acquire_background_calls(7, seconds(0))
    assert not ledger.acquire_background_calls(4, seconds(0))
    assert ledger.acquire_background_calls(3, seconds(0))
    assert not ledger.acquire_background_calls(11, seconds(3600))
    assert ledger.acquire_background_calls(10, seconds(3600))


def spent(ledger: Ledger, after: float, meeting_id: str = M, user_id: str = "bob") -> int:
    """How many times in a row six seconds of his minute can be taken."""
    times = 0
    while ledger.acquire_user_tokens(meeting_id, user_id, 6, seconds(after)):
        times += 1
    return times


def test_a_minute_for_each_person_in_each_meeting(ledger: Ledger) -> None:
    assert [spent(ledger, after) for after in (0, 5.999, 6, 20, 90)] == [10, 0, 1, 2, 10]
    assert spent(ledger, 90, user_id="carol") == 10
    assert spent(ledger, 90, meeting_id="another") == 10
    assert taken(ledger, after=90) == 10


def test_a_clock_that_lags_behind_takes_no_more_than_there_is(ledger: Ledger) -> None:
    assert taken(ledger, after=60) == 10
    assert taken(ledger, after=0) == 0
    assert taken(ledger, after=60.2) == 1


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_attendees_are_read_in_pages_by_their_ids(ledger: Ledger, limit: int) -> None:
    bound = {f"{n:08d}-0000-0000-0000-000000000000": f"u{n % 3}" for n in range(7)}
    ledger.transact([SeatBound(M, attendee_id, user_id) for attendee_id, user_id in bound.items()])
    ledger.transact([SeatBound(OTHER_MEETING, SEAT, "bob")])

    found: dict[str, str] = {}
    while page := ledger.seats_after(M, max(found, default=""), limit):
        assert len(page) <= limit
        assert not page.keys() & found.keys()
        found |= page

    assert found == bound
    assert list(found) == sorted(bound)


def test_what_is_due_is_read_as_it_is_now(ledger: Ledger) -> None:
    """The index tells keys alone, and may be behind."""
    ledger.transact(SCENE)
    of_the_change, of_the_meeting, of_nobody = Due(NOW, M, "c1"), Due(NOW, M), Due(NOW, M, "c9")

    found = ledger.due_records([of_the_change, of_the_meeting, of_nobody, Due(NOW, M, user_id="bob")])

    assert found == {of_the_change: change(), of_the_meeting: meeting()}


@pytest.mark.parametrize("what", Minute)
def test_each_kind_of_minute_is_one_of_its_own(ledger: Ledger, what: Minute) -> None:
    for _ in range(60):
        assert ledger.acquire_user_tokens(M, "bob", 1, NOW, what)

    assert not ledger.acquire_user_tokens(M, "bob", 1, NOW, what)
    assert all(ledger.acquire_user_tokens(M, "bob", 1, NOW, other) for other in Minute if other is not what)
    assert ledger.acquire_user_tokens(M, "carol", 1, NOW, what)
    assert ledger.acquire_user_tokens(OTHER_MEETING, "bob", 1, NOW, what)
    assert ledger.acquire_user_tokens(M, "bob", 1, seconds(1), what)
