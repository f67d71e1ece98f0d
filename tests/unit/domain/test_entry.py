"""Ids of entries sort as time does, and times are written as they sort."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.entry import DECIDED, SCHEMA_VERSION, Entry, EntryFilter, concerning, first_id_at, iso

from .cases import ALICE, NOW

MILLISECOND = timedelta(milliseconds=1)


def entry() -> Entry:
    adds = {"verdict": "accepted", "attendees": [concerning("a1", "bob"), concerning(None, "carol")]}
    return Entry("01C", DECIDED, "m", "standup", NOW, ALICE, "mute", "p1.m1", "c1", "noise", adds)


def test_the_first_id_of_a_moment_is_its_time_as_a_ulid_has_it() -> None:
    """The example of the specification. https://github.com/ulid/spec"""
    assert first_id_at(datetime.fromtimestamp(1469918176.385, UTC)) == "01ARYZ6S41" + "0" * 16


@pytest.mark.parametrize("later", [MILLISECOND, 31 * MILLISECOND, timedelta(seconds=2), timedelta(days=400)])
def test_ids_sort_as_time_does(later: timedelta) -> None:
    assert first_id_at(NOW) < first_id_at(NOW + later)


def test_times_sort_as_text() -> None:
    assert iso(NOW) == "2026-05-04T10:00:00.000Z"
    assert iso(NOW + timedelta(microseconds=7_999)) == "2026-05-04T10:00:00.007Z"
    assert iso(NOW + timedelta(milliseconds=90)) < iso(NOW + timedelta(milliseconds=100))


def test_the_event_says_what_the_contract_says() -> None:
    assert replace(entry(), actor=Actor(ActorKind.USER, "alice", "back-end")).detail == {
        "schemaVersion": SCHEMA_VERSION,
        "entryId": "01C",
        "changeId": "c1",
        "meetingId": "m",
        "externalMeetingId": "standup",
        "occurredAt": "2026-05-04T10:00:00.000Z",
        "actor": {"kind": "user", "id": "alice", "via": "back-end"},
        "command": "mute",
        "reason": "noise",
        "revision": "p1.m1",
        "verdict": "accepted",
        "attendees": [
            {"attendeeId": "a1", "externalUserId": "bob"},
            {"attendeeId": None, "externalUserId": "carol"},
        ],
    }


def test_an_entry_concerns_those_it_names_or_everybody() -> None:
    assert entry().names == {"bob", "carol"}
    assert [entry().concerns(user) for user in ("bob", "carol", "dan")] == [True, True, False]
    everybody = replace(entry(), extra={})
    assert everybody.names == frozenset()
    assert everybody.concerns("dan")


@pytest.mark.parametrize("wanted", [{"verdict": "accepted"}, {"actor": "alice"}, {"command": "mute"}, {}])
def test_a_filter_takes_what_has_every_property_that_it_names(wanted: dict[str, str]) -> None:
    assert EntryFilter(**wanted).takes(entry())
    for name in wanted:
        assert not EntryFilter(**(wanted | {name: "another"})).takes(entry())
