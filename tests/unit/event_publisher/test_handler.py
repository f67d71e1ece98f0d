"""The event publisher: batches within EventBridge's limits, and where the stream continues after a failure."""

from types import SimpleNamespace
from typing import Any

import pytest
from event_publisher import handler as event_publisher

from tests.telemetry import CONTEXT


class Bus:
    """Takes everything but what is named."""

    def __init__(self, refused: str | None = None) -> None:
        self.refused = refused
        self.calls: list[list[dict[str, Any]]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.calls.append(Entries)
        answers = [{"ErrorCode": "InternalFailure"} if e["Detail"] == self.refused else {} for e in Entries]
        return {"FailedEntryCount": sum(bool(a) for a in answers), "Entries": answers}


def delivered(bus: Bus, details: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(
        event_publisher, "settings", lambda: SimpleNamespace(bus="gavel", display_names_in_events=False)
    )
    monkeypatch.setattr(event_publisher, "events", lambda: bus)
    records = [
        {
            "dynamodb": {
                "SequenceNumber": str(number),
                "NewImage": {"detailType": {"S": "Moderation Decided"}, "detail": {"S": detail}},
            }
        }
        for number, detail in enumerate(details)
    ]
    return [
        failure["itemIdentifier"]
        for failure in event_publisher.handler({"Records": records}, CONTEXT)["batchItemFailures"]
    ]


def test_an_entry_becomes_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus()
    assert delivered(bus, ['{"a": "é"}'], monkeypatch) == []
    assert bus.calls == [
        [
            {
                "EventBusName": "gavel",
                "Source": "gavel",
                "DetailType": "Moderation Decided",
                "Detail": '{"a": "é"}',
            }
        ]
    ]


def test_ten_a_call_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus()
    details = [str(number) for number in range(25)]
    assert delivered(bus, details, monkeypatch) == []
    assert [len(call) for call in bus.calls] == [10, 10, 5]
    assert [event["Detail"] for call in bus.calls for event in call] == details


def test_large_events_go_in_smaller_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus()
    assert delivered(bus, ["é" * 45_000] * 5, monkeypatch) == []
    assert [len(call) for call in bus.calls] == [2, 2, 1]


def test_the_stream_goes_on_at_the_first_that_was_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus(refused="12")
    assert delivered(bus, [str(number) for number in range(25)], monkeypatch) == ["12"]
    assert len(bus.calls) == 2, "what comes after it is not sent before it"
