"""Display names in events: off unless the customer wants them, and then those of the moment of publishing."""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from event_publisher import display_names
from event_publisher import handler as event_publisher
from event_publisher.display_names import NamesUnavailableError
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.entry import HAND_LOWERED, Entry, concerning

from contracts.event_models import HandLowered
from tests.telemetry import CONTEXT, Captured, lines
from tests.unit.event_publisher.test_handler import Bus

NAMES = {("m1", "alice"): "Alicia Ñúñez", ("m1", "bob"): "山田", ("m2", "bob"): "Bob"}
ALICE = Actor(ActorKind.USER, "alice", via="back-end")
Json = dict[str, Any]


class Published:
    """What the bus takes. `asked`: the users whose names were read, by meeting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, on: bool = True, fails: bool = False) -> None:
        self.bus = Bus()
        self.asked: list[tuple[str, list[str]]] = []
        self._fails = fails
        settings = SimpleNamespace(bus="gavel", display_names_in_events=on)
        monkeypatch.setattr(event_publisher, "settings", lambda: settings)
        monkeypatch.setattr(event_publisher, "events", lambda: self.bus)
        monkeypatch.setattr(event_publisher, "display_names", self._names)

    def __call__(self, *details: str) -> list[str]:
        """The sequence number of the first record that was not published."""
        images = [{"detailType": {"S": HAND_LOWERED}, "detail": {"S": detail}} for detail in details]
        records = [{"dynamodb": {"SequenceNumber": str(n), "NewImage": image}} for n, image in enumerate(images)]
        failures = event_publisher.handler({"Records": records}, CONTEXT)["batchItemFailures"]
        return [failure["itemIdentifier"] for failure in failures]

    @property
    def details(self) -> list[Json]:
        return [json.loads(entry["Detail"]) for call in self.bus.calls for entry in call]

    def _names(self, meeting_id: str, users: Collection[str]) -> Mapping[str, str]:
        if self._fails:
            raise NamesUnavailableError
        self.asked.append((meeting_id, list(users)))
        return {user: NAMES[meeting_id, user] for user in users if (meeting_id, user) in NAMES}


def entry(meeting_id: str, *users: str, actor: Actor = ALICE) -> str:
    extra = {"attendees": [concerning(None, user) for user in users]}
    now = datetime(2026, 5, 4, 10, tzinfo=UTC)
    found = Entry("0" * 26, HAND_LOWERED, meeting_id, "lecture", now, actor, "lower-hand", "m1", "c1", None, extra)
    return json.dumps(found.detail, ensure_ascii=False)


def test_off_nothing_is_read_and_the_entry_goes_out_word_for_word(monkeypatch: pytest.MonkeyPatch) -> None:
    published = Published(monkeypatch, on=False)
    assert published(entry("m1", "bob")) == []
    assert (published.asked, published.bus.calls[0][0]["Detail"]) == ([], entry("m1", "bob"))


def test_on_actors_and_attendees_have_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    published = Published(monkeypatch)
    back_end = Actor(ActorKind.ADMIN, "alice")
    assert published(entry("m1", "bob", "eve"), entry("m2", "bob", actor=back_end)) == []
    first, second = published.details
    assert first["actor"] == {"kind": "user", "id": "alice", "via": "back-end", "displayName": "Alicia Ñúñez"}
    assert [attendee.get("displayName") for attendee in first["attendees"]] == ["山田", None]
    assert second["actor"] == {"kind": "admin", "id": "alice"}
    assert [attendee["displayName"] for attendee in second["attendees"]] == ["Bob"]
    assert published.asked == [("m1", ["alice", "bob", "eve"]), ("m2", ["bob"])]
    HandLowered.model_validate_json(json.dumps(first))


def test_what_cannot_be_read_or_would_be_too_large_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    published = Published(monkeypatch)
    large = json.loads(entry("m1", "bob")) | {"reason": "r" * (event_publisher.MOST_BYTES - 400)}
    details = [
        "[]",
        "{",
        '{"meetingId": null}',
        '{"meetingId": "m1", "attendees": [1, {}], "actor": 2}',
        json.dumps(large),
    ]
    assert published(*details) == []
    assert [each["Detail"] for call in published.bus.calls for each in call] == details


def test_without_the_table_the_batch_comes_again(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    published = Published(monkeypatch, fails=True)
    assert published(entry("m1", "bob"), entry("m1", "eve")) == ["0"]
    assert published.bus.calls == []
    assert [line["message"] for line in lines(capsys.readouterr().out)] == ["display names unavailable"]


class Users:
    """Users as BatchGetItem returns them; `left`: it had no time for the last ones."""

    def __init__(self, *, left: bool = False, fails: bool = False) -> None:
        self.asked: list[int] = []
        self._left = left
        self._fails = fails

    def batch_get_item(self, RequestItems: Json) -> Json:  # noqa: N803 - boto3's name
        keys = RequestItems["table"]["Keys"]
        self.asked.append(len(keys))
        if self._fails:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchGetItem")
        ids = [key["sk"]["S"].removeprefix("USER#") for key in keys]
        items = [{"id": {"S": user}, **({"displayName": {"S": user.upper()}} if user < "u2" else {})} for user in ids]
        return {"Responses": {"table": items}, "UnprocessedKeys": {"table": {}} if self._left else {}}


def read(users: Users, monkeypatch: pytest.MonkeyPatch, count: int = 1) -> Mapping[str, str]:
    monkeypatch.setattr(display_names, "settings", lambda: SimpleNamespace(table="table"))
    monkeypatch.setattr(display_names, "clients", SimpleNamespace(dynamodb=lambda: users))
    return display_names.display_names("m1", [f"u{number:03}" for number in range(count)])


def test_names_are_read_a_hundred_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    users = Users()
    found = read(users, monkeypatch, 250)
    assert users.asked == [100, 100, 50]
    assert (len(found), found["u007"]) == (200, "U007")


@pytest.mark.parametrize("users", [Users(left=True), Users(fails=True)], ids=["left out", "throttled"])
def test_names_that_cannot_be_read_now_are_not_left_out(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NamesUnavailableError):
        read(users, monkeypatch)
