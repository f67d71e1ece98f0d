"""The contract of reading a meeting, and of the calls that background work may take."""

import pytest
from moderation.domain.capability import EVERYTHING, NOTHING, Capabilities
from moderation.domain.meeting import User, UserRules
from moderation.domain.personal_rules import Ban
from moderation.ports import (
    AttendeeBound,
    BatchesOver,
    BatchesRecorded,
    Due,
    KeyTaken,
    Ledger,
    Loaded,
    MeetingRevised,
    Minute,
    UserRevised,
)

from tests.integration.ledger.examples import (
    ALICE,
    ATTENDEE,
    KEY,
    NOW,
    OTHER_MEETING,
    SCENE,
    SEATED,
    SECOND_ATTENDEE,
    M,
    a_user,
    change,
    meeting,
    seconds,
)


def test_a_load_tells_of_everything_at_once(ledger: Ledger) -> None:
    ledger.transact(SCENE)

    found = ledger.load(M, ["bob", "nobody"], [ATTENDEE, SECOND_ATTENDEE], KEY.id)

    assert found == Loaded(
        meeting(), {"bob": a_user("bob", 1, SEATED), "nobody": User("nobody")}, {ATTENDEE: "bob"}, key=KEY
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
    assert ledger.load(M, ["bob"], [ATTENDEE], "key") == Loaded(users={"bob": User("bob")})
    assert ledger.all_users(M) == {}
    assert ledger.change(M, "c1") is None


def test_naming_somebody_twice_is_asking_once(ledger: Ledger) -> None:
    ledger.transact(SCENE)

    assert ledger.load(M, ["bob", "bob"], [ATTENDEE, ATTENDEE]) == ledger.load(M, {"bob"}, {ATTENDEE})


def test_roles_are_read_alone(ledger: Ledger) -> None:
    """With what says whether they count, and without what else is stored of a user."""
    banned = UserRules("host", ban=Ban(ALICE, NOW, "noise", seconds(60)), removed=frozenset({ATTENDEE}))
    removed = UserRules("viewer", removed_at=seconds(1), admitted=True)
    users = [
        a_user("bob", 1, SEATED),
        a_user("carol", rules=banned),
        a_user("dave", rules=removed),
        User("eve", revision=1),
    ]
    ledger.transact([MeetingRevised(meeting(), 0), *(UserRevised(M, user, 0) for user in users)])

    assert ledger.all_roles(M) == {
        "bob": User("bob", UserRules("participant")),
        "carol": User("carol", UserRules("host", ban=banned.ban)),
        "dave": User("dave", UserRules("viewer", removed_at=seconds(1))),
        "eve": User("eve"),
    }
    assert ledger.all_roles(OTHER_MEETING) == {}


def test_a_meeting_tells_nothing_of_another(ledger: Ledger) -> None:
    ledger.transact(SCENE)
    ledger.transact([MeetingRevised(meeting(OTHER_MEETING, 5), 0), UserRevised(OTHER_MEETING, a_user("bob", 7), 0)])

    assert ledger.load(OTHER_MEETING, ["bob"], [ATTENDEE]) == Loaded(
        meeting(OTHER_MEETING, 5), {"bob": a_user("bob", 7)}
    )
    assert ledger.load(M, ["bob"]).users == {"bob": a_user("bob", 1, SEATED)}
    assert ledger.all_users(OTHER_MEETING) == {"bob": a_user("bob", 7)}
    assert ledger.change(OTHER_MEETING, "c1") is None


def test_a_load_takes_more_than_one_call_of_the_table_does(ledger: Ledger) -> None:
    users = {f"u{n}": a_user(f"u{n}") for n in range(70)}
    attendees = {f"s{n}": f"u{n}" for n in range(70)}
    ledger.transact([UserRevised(M, each, 0) for each in users.values()])
    ledger.transact([AttendeeBound(M, attendee_id, user_id) for attendee_id, user_id in attendees.items()])
    ledger.transact([MeetingRevised(meeting(), 0), KEY])

    assert ledger.load(M, users, attendees, KEY.id) == Loaded(meeting(), users, attendees, key=KEY)
    assert ledger.all_users(M) == users


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
    """How many times in a row six tokens of the user's bucket can be taken."""
    times = 0
    while ledger.acquire_user_tokens(meeting_id, user_id, 6, seconds(after)):
        times += 1
    return times


def test_a_minute_for_each_user_in_each_meeting(ledger: Ledger) -> None:
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
    ledger.transact([AttendeeBound(M, attendee_id, user_id) for attendee_id, user_id in bound.items()])
    ledger.transact([AttendeeBound(OTHER_MEETING, ATTENDEE, "bob")])

    found: dict[str, str] = {}
    while page := ledger.attendees_after(M, max(found, default=""), limit):
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


SILENT, WATCHING = EVERYTHING & ~Capabilities.SEND_AUDIO, EVERYTHING & ~Capabilities.SEND_VIDEO


def test_batches_are_recorded_until_they_are_over(ledger: Ledger) -> None:
    """Of one change they add up, whichever function records them."""
    assert not ledger.recorded_batches(M)
    ledger.transact([BatchesOver(M, "c1")])
    for change_id, given in (("c1", {SILENT, NOTHING}), ("c1", {WATCHING}), ("c2", {NOTHING})):
        ledger.transact([BatchesRecorded(M, change_id, frozenset(given))])

    assert set(ledger.recorded_batches(M)) == {SILENT, WATCHING, NOTHING}
    assert not ledger.recorded_batches(OTHER_MEETING)
    ledger.transact([BatchesOver(M, "c1")])
    assert set(ledger.recorded_batches(M)) == {NOTHING}
    ledger.transact([BatchesOver(M, "c2")])
    assert not ledger.recorded_batches(M)
