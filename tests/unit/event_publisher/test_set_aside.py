"""Records that EventBridge rejects for good are set aside. Others that it rejects keep their place."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from event_publisher import handler as event_publisher

from tests.telemetry import CONTEXT

POINTERS = "https://sqs/undeliverable"


class Sqs:
    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - boto3's names
        assert QueueUrl == POINTERS
        self.sent.append(json.loads(MessageBody))


class Bus:
    """Answers each entry with its own detail's `code`; `whole`: the call fails with it."""

    def __init__(self, *, whole: bool = False) -> None:
        self.whole = whole
        self.taken: list[str] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        codes = [json.loads(entry["Detail"]).get("code") for entry in Entries]
        if self.whole and any(codes):
            raise ClientError({"Error": {"Code": next(filter(None, codes)), "Message": "x"}}, "PutEvents")
        self.taken += [json.loads(e["Detail"])["entryId"] for e, code in zip(Entries, codes, strict=True) if not code]
        return {
            "FailedEntryCount": len([code for code in codes if code]),
            "Entries": [{"ErrorCode": code} if code else {"EventId": "x"} for code in codes],
        }


def record(entry_id: str, **detail: Any) -> dict[str, Any]:
    image = {"detailType": {"S": "Moderation Decided"}, "detail": {"S": json.dumps({"entryId": entry_id, **detail})}}
    return raw(entry_id, image)


def raw(entry_id: str, image: object) -> dict[str, Any]:
    keys = {"pk": {"S": "MEETING#m"}, "sk": {"S": f"ENTRY#{entry_id}"}}
    return {"dynamodb": {"SequenceNumber": f"n-{entry_id}", "Keys": keys, "NewImage": image}}


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Sqs:
    found = Sqs()
    settings = SimpleNamespace(bus="gavel", undeliverable_queue_url=POINTERS, display_names_in_events=False)
    monkeypatch.setattr(event_publisher, "settings", lambda: settings)
    monkeypatch.setattr(event_publisher, "sqs", lambda: found)
    return found


def delivered(bus: Bus, records: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(event_publisher, "events", lambda: bus)
    return [
        failure["itemIdentifier"]
        for failure in event_publisher.handler({"Records": records}, CONTEXT)["batchItemFailures"]
    ]


@pytest.mark.parametrize("whole", [False, True], ids=["of the entry", "of the call"])
@pytest.mark.parametrize("code", sorted(event_publisher.REJECTED_FOR_GOOD))
def test_what_is_never_taken_blocks_nothing(sqs: Sqs, monkeypatch: pytest.MonkeyPatch, code: str, whole: bool) -> None:
    bus = Bus(whole=whole)
    assert delivered(bus, [record("1"), record("2", code=code), record("3")], monkeypatch) == []
    assert bus.taken == ["1", "3"]
    assert sqs.sent == [{"pk": "MEETING#m", "sk": "ENTRY#2", "because": code}]


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure", "AccessDeniedException"])
def test_what_may_be_taken_yet_comes_again(sqs: Sqs, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    poisoned = record("3", code="MalformedDetail")
    assert delivered(Bus(), [record("1"), record("2", code=code), poisoned], monkeypatch) == ["n-2"]
    assert sqs.sent == [], "what comes after it comes again with it"


@pytest.mark.parametrize("image", [None, {}, {"detail": {"S": "x"}}, {"detail": {"N": "1"}, "detailType": {"S": "x"}}])
def test_a_record_that_is_no_entry(sqs: Sqs, monkeypatch: pytest.MonkeyPatch, image: object) -> None:
    bus = Bus()
    assert delivered(bus, [record("1"), raw("2", image), record("3")], monkeypatch) == []
    assert bus.taken == ["1", "3"]
    assert [(pointer["sk"], pointer["because"]) for pointer in sqs.sent] == [("ENTRY#2", "Unreadable")]


def test_a_call_that_fails_for_now_is_made_again(sqs: Sqs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream gives the whole batch again for as long as it keeps it."""
    with pytest.raises(ClientError):
        delivered(Bus(whole=True), [record("1"), record("2", code="InternalFailure")], monkeypatch)
    assert sqs.sent == []
