"""What one person who moderates nobody may cause in a minute, so that he can neither fill the history with what he was
refused nor spend what Chime takes of orders from everybody. Whoever moderates is not counted, nor is his path longer.
"""

from ..domain.actor import Actor, ActorKind
from ..ports import Minute, World

REFUSED = 6
"""Seconds of his minute: ten attempts at what he may not do."""
OWN_COMMAND = 2
"""Thirty of what he may do for himself, or looks at Chime that it takes."""

READ = 1
"""A page of attendees or of the history: sixty at once, then one a second."""


def is_read_rate_limited(world: World, meeting_id: str, actor: Actor) -> bool:
    """Of a minute of its own, so that reading keeps nobody from a command. May raise `LedgerUnavailable`."""
    return _is_spent(world, meeting_id, actor, READ, Minute.READS)


def is_rate_limited(world: World, meeting_id: str, actor: Actor, seconds: int) -> bool:
    """Takes the seconds, which come back as time goes by. Back ends, services and the clock have all the time there is.

    May raise `LedgerUnavailable`.
    """
    return _is_spent(world, meeting_id, actor, seconds, Minute.COMMANDS)


def _is_spent(world: World, meeting_id: str, actor: Actor, seconds: int, minute: Minute) -> bool:
    if actor.kind is not ActorKind.USER:
        return False
    return not world.ledger.acquire_user_tokens(meeting_id, actor.id, seconds, world.surroundings.now(), minute)
