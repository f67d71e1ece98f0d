"""What DynamoDB's errors mean to the moderator."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

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
from . import items
from .attributes import Attribute, values

Image = Mapping[str, Attribute]

DOES_NOT_HOLD = "ConditionalCheckFailed"
CONTENDED_ITEMS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
"""Codes of single clauses of a transaction."""
CONTENDED_CALLS = {
    "TransactionInProgressException",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
}


NEVER_SENT = (ConnectTimeoutError, EndpointConnectionError)
"""No connection was made, so no request has arrived."""


def called(operation: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
    try:
        return operation(**parameters)
    except (ClientError, BotoCoreError) as error:
        raise LedgerUnavailableError(_said(error)) from None


def called_with_retry(operation: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
    """For reads, and for writes that may be done twice."""
    return called(lambda: retried(lambda: operation(**parameters)))


def not_written(error: ClientError | BotoCoreError, clauses: Sequence[Clause]) -> InfrastructureError:
    """Why a transaction came to nothing, or may have."""
    if not isinstance(error, ClientError):
        return (LedgerUnreachableError if isinstance(error, NEVER_SENT) else LedgerUnavailableError)(_said(error))
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        return _cancelled(error.response.get("CancellationReasons", []), clauses)
    if code in CONTENDED_CALLS:
        return TransactionContentionError(code)
    is_rejected = 400 <= error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) < 500
    return LedgerUnreachableError(code) if is_rejected else LedgerUnavailableError(code)


def _cancelled(reasons: Sequence[Mapping[str, Any]], clauses: Sequence[Clause]) -> InfrastructureError:
    """A condition that does not hold will not hold again by itself; contention may be over the next moment."""
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
    meetings = [items.meeting_of(d) for d in documents if d["sk"] == "MEETING"]
    people = [items.user_of(d) for d in documents if d["sk"].startswith("USER#")]
    return Loaded(meetings[0] if meetings else None, {user.id: user for user in people})


def _said(error: ClientError | BotoCoreError) -> str:
    """A code or a name: messages may hold what is in the request."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
