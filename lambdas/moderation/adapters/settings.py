"""What the stack tells its functions, read from the environment once, when first asked."""

import os
from dataclasses import dataclass
from datetime import timedelta
from functools import cache


@dataclass(frozen=True, slots=True)
class Settings:
    stage: str
    table: str
    wakeups_queue_url: str
    identity_claim: str
    retention: timedelta
    command_max_age: timedelta


@cache
def settings() -> Settings:
    """Raises `KeyError` if the stack left one out."""
    environment = os.environ
    return Settings(
        stage=environment["GAVEL_STAGE"],
        table=environment["GAVEL_TABLE"],
        wakeups_queue_url=environment["GAVEL_WAKEUPS_QUEUE_URL"],
        identity_claim=environment["GAVEL_IDENTITY_CLAIM"],
        retention=timedelta(days=int(environment["GAVEL_RETENTION_DAYS"])),
        command_max_age=timedelta(seconds=int(environment["GAVEL_COMMAND_MAX_AGE"])),
    )


def live_url() -> str:
    """Where front ends listen; only the door that hands out tickets is told."""
    return os.environ["GAVEL_LIVE_URL"]


def live_endpoint() -> str:
    """Where messages to open connections are posted; only whoever posts them is told."""
    return os.environ["GAVEL_LIVE_ENDPOINT"]
