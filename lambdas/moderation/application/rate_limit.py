"""Rate limits: each user has a token bucket per meeting of 60 tokens, refilled at one a second.

A command that is refused by the policies costs 6 tokens, a command on oneself 2. So a user can neither fill the history
with refusals nor take all of Chime's calls. What moderators are permitted costs nothing.
"""

from ..domain.actor import Actor, ActorKind
from ..ports import Minute, World

REFUSED = 6
"""Tokens: ten attempts a minute at what the policies do not permit."""
OWN_COMMAND = 2
"""Tokens: thirty commands a minute on oneself, or looks at Chime for them."""
READ = 1
"""Tokens of a bucket of its own, for a page of attendees or of the history: sixty at once, then one a second."""


def is_read_rate_limited(world: World, meeting_id: str, actor: Actor) -> bool:
    """Reads have a bucket of their own, so that they hold up no command. Raises `LedgerUnavailableError`."""
    return not _acquire(world, meeting_id, actor, READ, Minute.READS)


def is_rate_limited(world: World, meeting_id: str, actor: Actor, tokens: int) -> bool:
    """Takes the tokens. Back ends, services and the clock have no limit. Raises `LedgerUnavailableError`."""
    return not _acquire(world, meeting_id, actor, tokens, Minute.COMMANDS)


def _acquire(world: World, meeting_id: str, actor: Actor, tokens: int, bucket: Minute) -> bool:
    if actor.kind is not ActorKind.USER:
        return True
    return world.ledger.acquire_user_tokens(meeting_id, actor.id, tokens, world.surroundings.now(), bucket)
