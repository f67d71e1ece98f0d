"""What the table's failures mean. Emulators know neither contention nor bad networks, so these are injected."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber
from moderation.adapters import retries
from moderation.adapters.dynamodb import ledger
from moderation.adapters.dynamodb.attributes import item
from moderation.adapters.dynamodb.ledger import TRIES
from moderation.adapters.dynamodb.records import document_of
from moderation.ports import (
    Budget,
    Clause,
    ConditionFailedError,
    EntryWritten,
    LedgerUnavailableError,
    Loaded,
    MeetingIs,
    TransactionContentionError,
    UserIs,
)

from tests.integration.ledger.backends import NOBODY_THERE
from tests.integration.ledger.examples import NOW, M, entry, meeting
from tests.integration.ledger.table import Table

CLAUSES: tuple[Clause, ...] = (MeetingIs(M, 1), UserIs(M, "bob", 1), EntryWritten(entry()))
FINE = {"Code": "None"}
DOES_NOT_HOLD = {"Code": "ConditionalCheckFailed"}
UNSAID = "what is in the request, which no log shall hold"


@pytest.fixture
def table(unreachable: Any) -> Table:
    return Table(unreachable, "ledger")


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What would be waited for between attempts."""
    waited: list[float] = []
    monkeypatch.setattr(retries, "sleep", waited.append)
    monkeypatch.setattr(ledger, "sleep", waited.append)
    return waited


def refused(table: Table, code: str, **fields: Any) -> None:
    with Stubber(table.client) as stubber:
        stubber.add_client_error("transact_write_items", code, UNSAID, 400, modeled_fields=fields or None)
        table.ledger.transact(CLAUSES)


def cancelled(table: Table, *reasons: Mapping[str, Any]) -> None:
    refused(table, "TransactionCanceledException", CancellationReasons=list(reasons))


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_somebody_else_is_writing_one_of_the_items(table: Table, code: str, place: int) -> None:
    reasons: list[Mapping[str, Any]] = [FINE, FINE, FINE]
    reasons[place] = {"Code": code, "Message": UNSAID}

    with pytest.raises(TransactionContentionError, match=f"^{code}$"):
        cancelled(table, *reasons)


def test_what_does_not_hold_counts_for_more_than_contention(table: Table) -> None:
    with pytest.raises(ConditionFailedError) as raised:
        cancelled(table, {"Code": "TransactionConflict"}, DOES_NOT_HOLD, FINE)

    assert raised.value.failed == CLAUSES[1:2]
    assert raised.value.found == Loaded()


def test_a_conflict_shows_what_the_table_says_it_found(table: Table) -> None:
    image = item({"pk": f"MEETING#{M}", "sk": "MEETING", **document_of(meeting(revision=7))})

    with pytest.raises(ConditionFailedError) as raised:
        cancelled(table, DOES_NOT_HOLD | {"Item": image}, DOES_NOT_HOLD, FINE)

    assert raised.value.failed == CLAUSES[:2]
    assert raised.value.found == Loaded(meeting(revision=7))


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded", "DuplicateItem", "Unheard"])
def test_other_reasons_are_no_decision(table: Table, code: str) -> None:
    with pytest.raises(LedgerUnavailableError, match=f"^{code}$"):
        cancelled(table, FINE, {"Code": code, "Message": UNSAID}, FINE)


def test_cancelled_for_no_reason(table: Table) -> None:
    with pytest.raises(LedgerUnavailableError):
        cancelled(table, FINE, FINE, FINE)
    with pytest.raises(LedgerUnavailableError):
        refused(table, "TransactionCanceledException")


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("TransactionInProgressException", TransactionContentionError),
        ("ThrottlingException", TransactionContentionError),
        ("ProvisionedThroughputExceededException", TransactionContentionError),
        ("RequestLimitExceeded", TransactionContentionError),
        ("InternalServerError", LedgerUnavailableError),
        ("ServiceUnavailable", LedgerUnavailableError),
        ("AccessDeniedException", LedgerUnavailableError),
        ("ExpiredTokenException", LedgerUnavailableError),
        ("ValidationException", LedgerUnavailableError),
        ("ResourceNotFoundException", LedgerUnavailableError),
    ],
)
def test_the_whole_transaction_is_refused(table: Table, code: str, failure: type[Exception]) -> None:
    with pytest.raises(failure, match=f"^{code}$"):
        refused(table, code)


OPERATIONS: dict[str, Callable[[Table], object]] = {
    "transact": lambda table: table.ledger.transact(CLAUSES),
    "load": lambda table: table.ledger.load(M),
    "all_users": lambda table: table.ledger.all_users(M),
    "all_roles": lambda table: table.ledger.all_roles(M),
    "change": lambda table: table.ledger.change(M, "c1"),
    "due": lambda table: table.ledger.due(NOW, 10),
    "hands": lambda table: table.ledger.hands(M),
    "history": lambda table: table.ledger.history(M, "", "~", 10, None),
    "recorded_batches": lambda table: table.ledger.recorded_batches(M),
    "take_calls": lambda table: table.ledger.acquire_background_calls(1, NOW),
    "take_seconds": lambda table: table.ledger.acquire_user_tokens(M, "bob", 6, NOW),
}
NETWORK: dict[str, BotoCoreError] = {
    "nobody there": EndpointConnectionError(endpoint_url=NOBODY_THERE),
    "no connection in time": ConnectTimeoutError(endpoint_url=NOBODY_THERE),
    "no answer in time": ReadTimeoutError(endpoint_url=NOBODY_THERE),
    "dropped": ConnectionClosedError(endpoint_url=NOBODY_THERE),
    "no credentials": NoCredentialsError(),
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


@every_operation
@pytest.mark.parametrize("error", NETWORK.values(), ids=NETWORK)
def test_no_answer(table: Table, operation: Callable[[Table], object], error: BotoCoreError) -> None:
    def send(**_: object) -> None:
        raise error

    with table.hooked("before-send.dynamodb", send), pytest.raises(LedgerUnavailableError, match=type(error).__name__):
        operation(table)


class Body:
    """As urllib3 hands it over."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


@every_operation
@pytest.mark.parametrize("body", [b'{"__type": "InternalServerError"}', b"<html>", b""], ids=["said", "html", "empty"])
@pytest.mark.parametrize("status", [500, 503])
def test_a_broken_server(table: Table, operation: Callable[[Table], object], status: int, body: bytes) -> None:
    def send(request: AWSRequest, **_: object) -> AWSResponse:
        return AWSResponse(str(request.url), status, HTTPHeaders(), Body(body))

    with table.hooked("before-send.dynamodb", send), pytest.raises(LedgerUnavailableError):
        operation(table)


@every_operation
@pytest.mark.parametrize("code", ["ThrottlingException", "ProvisionedThroughputExceededException"])
def test_a_throttled_table(table: Table, operation: Callable[[Table], object], code: str) -> None:
    """Only a transaction's failure tells contention apart: reads leave it to their callers whether to ask again."""

    def send(request: AWSRequest, **_: object) -> AWSResponse:
        return AWSResponse(str(request.url), 400, HTTPHeaders(), Body(b'{"__type": "%s"}' % code.encode()))

    with (
        table.hooked("before-send.dynamodb", send),
        pytest.raises((TransactionContentionError, LedgerUnavailableError), match=code),
    ):
        operation(table)


def test_really_nobody_there(table: Table) -> None:
    with pytest.raises(LedgerUnavailableError, match="EndpointConnectionError"):
        table.ledger.transact(CLAUSES)


def test_an_allowance_that_is_being_written_is_left_to_others(table: Table) -> None:
    with Stubber(table.client) as stubber:
        stubber.add_response("get_item", {})
        stubber.add_client_error("put_item", "TransactionConflictException", UNSAID, 400)
        with pytest.raises(LedgerUnavailableError):
            table.ledger.acquire_background_calls(1, NOW)


@pytest.mark.parametrize("budget", Budget)
def test_who_loses_the_race_for_background_calls_goes_without(table: Table, budget: Budget) -> None:
    with others_are_quicker(table, 1):
        assert table.ledger.acquire_background_calls(1, NOW, budget) is False


def test_a_bucket_for_which_others_always_race_gives_nothing(table: Table) -> None:
    """A flood of concurrent requests does not get around the limit."""
    with others_are_quicker(table, TRIES):
        assert table.ledger.acquire_user_tokens(M, "bob", 6, NOW) is False


def test_who_loses_one_race_for_their_own_bucket_tries_again(table: Table) -> None:
    with others_are_quicker(table, TRIES - 1) as stubber:
        stubber.add_response("get_item", {})
        stubber.add_response("put_item", {})
        assert table.ledger.acquire_user_tokens(M, "bob", 6, NOW) is True


@contextmanager
def others_are_quicker(table: Table, times: int) -> Iterator[Stubber]:
    with Stubber(table.client) as stubber:
        for _ in range(times):
            stubber.add_response("get_item", {})
            stubber.add_client_error("put_item", "ConditionalCheckFailedException", UNSAID, 400)
        yield stubber
        stubber.assert_no_pending_responses()


READS = {
    name: operation for name, operation in OPERATIONS.items() if name not in {"transact", "take_calls", "take_seconds"}
}
NOTHING_FOUND = b'{"Items": [], "Responses": {}}'


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("error", [error for name, error in NETWORK.items() if name != "no credentials"], ids=str)
def test_a_read_is_repeated(
    table: Table, read: Callable[[Table], object], error: BotoCoreError, pauses: list[float]
) -> None:
    """The connection was kept alive while the function was frozen, and is dead: the caller never notices."""
    attempts: list[str] = []

    def send(request: AWSRequest, **_: object) -> AWSResponse:
        attempts.append(str(request.url))
        if len(attempts) < retries.ATTEMPTS:
            raise error
        return AWSResponse(str(request.url), 200, HTTPHeaders(), Body(NOTHING_FOUND))

    with table.hooked("before-send.dynamodb", send):
        read(table)
    assert 0 <= pauses[0] <= retries.FIRST_PAUSE
    assert 0 <= pauses[1] <= 2 * retries.FIRST_PAUSE


@pytest.mark.parametrize("chance", [0.0, 0.25, 1.0])
def test_pauses_grow_and_are_as_long_as_chance_has_it(monkeypatch: pytest.MonkeyPatch, chance: float) -> None:
    """Or all callers that were throttled together would come back together."""
    monkeypatch.setattr(retries, "random", lambda: chance)
    assert list(retries.backoff(6)) == [chance * longest for longest in (0.05, 0.1, 0.2, 0.4, 0.8, 0.8)]


def test_a_transaction_is_sent_once(table: Table, pauses: list[float]) -> None:
    """Whether it was done is for those to find out who know what is in it."""
    attempts: list[str] = []

    def send(request: AWSRequest, **_: object) -> None:
        attempts.append(str(request.url))
        raise NETWORK["dropped"]

    with table.hooked("before-send.dynamodb", send), pytest.raises(LedgerUnavailableError):
        table.ledger.transact(CLAUSES)
    assert (len(attempts), pauses) == (1, [])


def test_no_further_attempt_begins_late(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers wait for their answer: time-outs are not added up."""
    attempts: list[str] = []
    moments = iter([0.0, retries.GIVE_UP_AFTER + 1])
    monkeypatch.setattr(retries, "monotonic", lambda: next(moments))

    def send(request: AWSRequest, **_: object) -> None:
        attempts.append(str(request.url))
        raise NETWORK["no answer in time"]

    with table.hooked("before-send.dynamodb", send), pytest.raises(LedgerUnavailableError):
        table.ledger.change(M, "c1")
    assert len(attempts) == 1


def test_unprocessed_keys_are_asked_for_again_after_growing_pauses(
    table: Table, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
    monkeypatch.setattr(retries, "random", lambda: 1.0)

    def send(request: AWSRequest, **_: object) -> AWSResponse:
        wanted = json.loads(request.body)["RequestItems"]
        answer = json.dumps({"Responses": {}, "UnprocessedKeys": wanted})
        return AWSResponse(str(request.url), 200, HTTPHeaders(), Body(answer.encode()))

    with table.hooked("before-send.dynamodb", send), pytest.raises(LedgerUnavailableError, match="UnprocessedKeys"):
        table.ledger.load(M)
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8]
