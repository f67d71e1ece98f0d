"""Clients of AWS, all of one session, made by botocore: boto3 adds nothing that is used here, and as much to import."""

from functools import cache
from typing import Any

from .chime import CONNECT_TIMEOUT, READ_TIMEOUT

CHECKED_BY_THEIR_MAKER = {"dynamodb"}
"""Services whose every parameter this package makes itself: botocore's look at each of hundreds of attribute values was
an eighth of the processor's time of a warm mute. DynamoDB looks at them anyway.
"""
_MADE: list[Any] = []


@cache
def client(service: str, endpoint_url: str | None = None) -> Any:
    """One attempt a call: whoever calls tries again by hand, within his own lease and deadline."""
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"total_max_attempts": 1, "mode": "standard"},
        tcp_keepalive=True,
        parameter_validation=service not in CHECKED_BY_THEIR_MAKER,
    )
    made = _session().create_client(service, endpoint_url=endpoint_url, config=config)
    _MADE.append(made)
    return made


def reopen() -> None:
    """Lets go of every connection; the next call of each client opens one anew."""
    for made in _MADE:
        made.close()


@cache
def _session() -> Any:
    """It keeps what clients have in common: the descriptions of AWS's services and of its Regions."""
    from botocore.session import Session

    return Session()
