"""The two functions of live updates: their events, and their answers."""

import json
from typing import Any

import pytest
from live import broadcast, websocket
from moderation.adapters.dynamodb.attributes import item
from moderation.adapters.dynamodb.records import entry_document
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.entry import DECIDED, Entry
from moderation.ports import LedgerUnavailableError
from moderation.ports.live import MeetingDelta

from tests.memory.clock import START
from tests.telemetry import CONTEXT

M, N = "meeting-m", "meeting-n"
TICKET = "a-ticket-that-is-nobody-elses"
ENTRY = Entry("01JZ", DECIDED, M, "lecture", START, Actor(ActorKind.USER, "alice"), "mute", "p1.m1")


class StandIn:
    """Records its calls."""

    def __init__(self, *, answers: bool = True, fails: bool = False) -> None:
        self.answers = answers
        self.fails = fails
        self.asked: list[tuple[object, ...]] = []

    def connect(self, ticket: str, connection_id: str) -> bool:
        return self._say("connect", ticket, connection_id)

    def listen(self, connection_id: str, after: str | None) -> bool:
        return self._say("listen", connection_id, after)

    def disconnect(self, connection_id: str) -> None:
        self._say("disconnect", connection_id)

    def _say(self, *asked: object) -> bool:
        self.asked.append(asked)
        if self.fails:
            raise LedgerUnavailableError(TICKET)
        return self.answers


def ask(
    monkeypatch: pytest.MonkeyPatch, stand_in: StandIn, route: str, body: str | None = None, ticket: str | None = None
) -> int:
    monkeypatch.setattr(websocket, "subscriptions", lambda: stand_in)
    event: dict[str, Any] = {"requestContext": {"routeKey": route, "connectionId": "c1"}, "body": body}
    if route == "$connect":
        event["queryStringParameters"] = {"ticket": ticket} if ticket else None
    status: int = websocket.handler(event, CONTEXT)["statusCode"]
    return status


def test_a_ticket_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = StandIn()
    assert ask(monkeypatch, stand_in, "$connect", ticket=TICKET) == 200
    assert stand_in.asked == [("connect", TICKET, "c1")]


def test_no_ticket_and_a_bad_one_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = StandIn(answers=False)
    assert ask(monkeypatch, stand_in, "$connect") == 403
    assert stand_in.asked == []
    assert ask(monkeypatch, stand_in, "$connect", ticket=TICKET) == 403


@pytest.mark.parametrize(
    ("body", "after"),
    [('{"action": "listen"}', None), ('{"action": "listen", "after": null}', None), ('{"after": "01JZ"}', "01JZ")],
)
def test_asking(monkeypatch: pytest.MonkeyPatch, body: str, after: str | None) -> None:
    stand_in = StandIn()
    assert ask(monkeypatch, stand_in, "listen", body) == 200
    assert stand_in.asked == [("listen", "c1", after)]


@pytest.mark.parametrize(
    "body",
    ["", "nonsense", "[]", '"01JZ"', '{"after": 7}', '{"after": ""}', '{"after": "ü"}', '{"after": ["x"]}',
     json.dumps({"after": "x" * 129}), json.dumps({"after": "01JZ", "more": "x" * 2000}), "[" * 1000],
)  # fmt: skip
def test_asking_for_nonsense(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    stand_in = StandIn()
    assert ask(monkeypatch, stand_in, "listen", body) == 400
    assert stand_in.asked == []


def test_asking_without_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, StandIn(answers=False), "listen", "{}") == 410


def test_leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = StandIn()
    assert ask(monkeypatch, stand_in, "$disconnect") == 200
    assert stand_in.asked == [("disconnect", "c1")]


def test_a_failure_lets_nobody_in_and_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, StandIn(fails=True), "$connect", ticket=TICKET) == 500
    logged = capsys.readouterr().out
    assert "LedgerUnavailable" in logged
    assert TICKET not in logged


class StandInPublisher:
    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.told: list[MeetingDelta] = []

    def publish(self, delta: MeetingDelta) -> int:
        if delta.meeting_id in self.failing:
            raise LedgerUnavailableError
        self.told.append(delta)
        return 1


def record(number: int, meeting_id: str, sort: str, event: str = "INSERT", **image: object) -> dict[str, Any]:
    keys = {"pk": {"S": f"MEETING#{meeting_id}"}, "sk": {"S": sort}}
    return {
        "eventName": event,
        "dynamodb": {"SequenceNumber": str(number), "Keys": keys, "NewImage": {**keys, **item(image)}},
    }


RECORDS = [
    record(1, M, "USER#bob", "MODIFY"),
    record(2, N, "LIVE#c7", "MODIFY"),
    record(3, M, "ENTRY#01JZ", **entry_document(ENTRY)),
    record(4, M, "MEETING", "MODIFY", revision=6),
    record(5, M, "MEETING", "MODIFY", revision=7),
    record(6, M, "USER#carol"),
    record(7, M, "HAND#dora"),
]


def broadcast_records(monkeypatch: pytest.MonkeyPatch, publisher: StandInPublisher) -> list[str]:
    monkeypatch.setattr(broadcast, "publisher", lambda: publisher)
    answer = broadcast.handler({"Records": RECORDS}, CONTEXT)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_the_news_of_each_meeting_comes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = StandInPublisher()
    assert broadcast_records(monkeypatch, publisher) == []
    assert publisher.told == [
        MeetingDelta(M, (ENTRY,), frozenset({"bob", "carol", "dora"}), 7),
        MeetingDelta(N, asked=frozenset({"c7"})),
    ]


@pytest.mark.parametrize(("failing", "first"), [((M,), "1"), ((N,), "2"), ((M, N), "1")])
def test_a_meeting_that_fails_comes_again_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, failing: tuple[str, ...], first: str
) -> None:
    publisher = StandInPublisher(*failing)
    assert broadcast_records(monkeypatch, publisher) == [first]
    assert {delta.meeting_id for delta in publisher.told} == {M, N} - set(failing)
