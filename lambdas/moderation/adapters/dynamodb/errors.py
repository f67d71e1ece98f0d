"""Converts DynamoDB's errors to the errors of the ports."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from ...domain.meeting import Meeting, User
from ...ports import (
    Clause,
    ConditionFailedError,
    InfrastructureError,
    LedgerUnavailableError,
    LedgerUnreachableError,
    Loaded,
    TransactionContentionError,
)
from ..retries import retried
from .attributes import Attribute, values
from .records import record_of

Image = Mapping[str, Attribute]

DOES_NOT_HOLD = "ConditionalCheckFailed"
CONTENDED_ITEMS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
"""Codes of a single clause of a transaction that mean contention."""
CONTENDED_CALLS = {
    "TransactionInProgressException",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
}


NEVER_SENT = (ConnectTimeoutError, EndpointConnectionError)
"""Errors without a connection: the request was not sent."""


def called(operation: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
    try:
        return operation(**parameters)
    except (ClientError, BotoCoreError) as error:
        raise LedgerUnavailableError(_code_of_error(error)) from None


def called_with_retry(operation: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
    """Makes a read, or a write that may be repeated, with retries."""
    return called(lambda: retried(lambda: operation(**parameters)))


def not_written(error: ClientError | BotoCoreError, clauses: Sequence[Clause]) -> InfrastructureError:
    """The error of a failed transaction: it wrote nothing, or may have written."""
    if not isinstance(error, ClientError):
        return (LedgerUnreachableError if isinstance(error, NEVER_SENT) else LedgerUnavailableError)(
            _code_of_error(error)
        )
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        return _cancelled(error.response.get("CancellationReasons", []), clauses)
    if code in CONTENDED_CALLS:
        return TransactionContentionError(code)
    is_rejected = 400 <= error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) < 500
    return LedgerUnreachableError(code) if is_rejected else LedgerUnavailableError(code)


def _cancelled(reasons: Sequence[Mapping[str, Any]], clauses: Sequence[Clause]) -> InfrastructureError:
    """The error of a cancelled transaction. A failed condition outweighs contention, which may be over at the next
    attempt.
    """
    pairs = list(zip(clauses, reasons, strict=False))
    failed = [clause for clause, reason in pairs if reason.get("Code") == DOES_NOT_HOLD]
    if failed:
        return ConditionFailedError(failed, _found([reason["Item"] for _, reason in pairs if reason.get("Item")]))
    codes = [str(reason["Code"]) for reason in reasons if reason.get("Code") not in (None, "None")]
    if CONTENDED_ITEMS.intersection(codes):
        return TransactionContentionError(", ".join(codes))
    return LedgerUnreachableError(", ".join(codes) or "cancelled for no reason given")


def _found(images: Sequence[Image]) -> Loaded:
    documents = [values(image) for image in images]
    meetings = [record_of(Meeting, d) for d in documents if d["sk"] == "MEETING"]
    users = [record_of(User, d) for d in documents if d["sk"].startswith("USER#")]
    return Loaded(meetings[0] if meetings else None, {user.id: user for user in users})


def _code_of_error(error: ClientError | BotoCoreError) -> str:
    """The error's code, or the name of its class. The message is left out, because it may quote the request."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
