"""Rate limits: each user has a token bucket per meeting with 60 tokens, refilled at one a second.

A command that the policies refuse costs 6 tokens, a command on oneself 2. So a user can neither fill the history with
refusals nor use up Chime's quota. Commands of moderators cost nothing.
"""

from ..domain.actor import Actor, ActorKind
from ..ports import Clock, Ledger, Minute

REFUSED = 6
"""The cost of a refused command: ten a minute."""
OWN_COMMAND = 2
"""The cost of a command on oneself, or of a call to Chime for it: thirty a minute."""
READ = 1
"""The cost of a page of attendees or of the history, from a bucket of its own: sixty at once, then one a second."""


def is_read_rate_limited(ledger: Ledger, clock: Clock, meeting_id: str, actor: Actor) -> bool:
    """Takes tokens from the bucket for reads, so that reads do not delay commands. Raises `LedgerUnavailableError`."""
    return not _acquire(ledger, clock, meeting_id, actor, READ, Minute.READS)


def is_rate_limited(ledger: Ledger, clock: Clock, meeting_id: str, actor: Actor, tokens: int) -> bool:
    """Takes the tokens. True if there are not enough. Back ends, services and the clock have no limit.

    Raises `LedgerUnavailableError`.
    """
    return not _acquire(ledger, clock, meeting_id, actor, tokens, Minute.COMMANDS)


def _acquire(ledger: Ledger, clock: Clock, meeting_id: str, actor: Actor, tokens: int, bucket: Minute) -> bool:
    if actor.kind is not ActorKind.USER:
        return True
    return ledger.acquire_user_tokens(meeting_id, actor.id, tokens, clock.now(), bucket)
