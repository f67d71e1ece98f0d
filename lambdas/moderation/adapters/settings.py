"""Settings that the stack gives its functions, in environment variables that begin with `GAVEL_`.

The model is pydantic's own: `pydantic-settings` would add 48 ms to every cold start (docs/adr/0033-standard-parts.md).
"""

import os
from datetime import timedelta
from functools import cache

from pydantic import BaseModel, ConfigDict, Json, PositiveInt


def _variable(field: str) -> str:
    return f"GAVEL_{field.upper()}"


class Settings(BaseModel):
    """The environment variables of a function, without their prefix."""

    model_config = ConfigDict(alias_generator=_variable, frozen=True)

    table: str
    bus: str
    wakeups_queue_url: str
    identity_claim: str
    retention_days: PositiveInt
    command_max_age_seconds: PositiveInt

    policy_claims: Json[tuple[str, ...]] = ()
    """Claims of tokens that policies may use. Only `host_api` has any."""
    display_name_claim: str = ""
    """The claim of tokens that holds the display name. Only `host_api` has one."""
    command_sources: Json[frozenset[str]] = frozenset()
    """Sources that the policies know as command sources. Only `event_commands` has any."""
    live_url: str = ""
    """The URL at which front ends open connections. Only `host_api` has it."""
    live_endpoint: str = ""
    """The URL to which messages are posted. Only the function of live updates has it."""
    display_names_in_events: bool = False
    """Whether events have the display names of users. Only the event publisher has it."""
    undeliverable_queue_url: str = ""
    """The queue for pointers to entries that EventBridge rejects for good. Only the event publisher has it."""

    @property
    def retention(self) -> timedelta:
        return timedelta(days=self.retention_days)

    @property
    def command_max_age(self) -> timedelta:
        """The age beyond which a command by event may not widen capabilities."""
        return timedelta(seconds=self.command_max_age_seconds)


@cache
def settings() -> Settings:
    """The settings of this function. Raises `ValidationError`, which names every missing or wrong variable."""
    return Settings.model_validate(dict(os.environ))
