"""Retries of idempotent calls to AWS, with exponential backoff and full jitter.

While a function is frozen, a kept-alive connection may be closed, and the first call on it fails.
https://github.com/boto/botocore/issues/2787
"""

from collections.abc import Callable, Iterator
from random import random
from time import monotonic, sleep
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnectedError

Answer = TypeVar("Answer")

ATTEMPTS = 3
GIVE_UP_AFTER = 3.0
"""Seconds after which no further attempt begins: two attempts that time out."""
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 0.8
THROTTLED = {"ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"}
SERVER_ERROR = 500


def retried(call: Callable[[], Answer]) -> Answer:
    """Returns what `call` returns, and makes it up to three times. Raises the error of the last attempt."""
    began = monotonic()
    for pause in backoff(ATTEMPTS - 1):
        try:
            return call()
        except (BotoCoreError, ClientError) as error:
            if not _is_temporary(error) or monotonic() - began > GIVE_UP_AFTER:
                raise
        sleep(pause)
    return call()


def backoff(pauses: int) -> Iterator[float]:
    """Seconds to wait between attempts."""
    for number in range(pauses):
        yield min(FIRST_PAUSE * 2**number, LONGEST_PAUSE) * random()  # noqa: S311 - jitter


def _is_temporary(error: BotoCoreError | ClientError) -> bool:
    if not isinstance(error, ClientError):
        return isinstance(error, NotConnectedError | HTTPClientError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= SERVER_ERROR or error.response["Error"]["Code"] in THROTTLED
