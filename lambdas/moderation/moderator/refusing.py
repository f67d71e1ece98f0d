"""Refusals of deeds on one person: answered, and a line of history unless the caller is nobody here."""

from collections.abc import Sequence

from ..core.decision import Refusal
from ..core.entry import concerning
from ..core.meeting import revision_of, waits
from ..ports import World
from .facts import Facts, is_nobody
from .opening import decided_entry, refuse
from .request import WAITING, Refused, Request, refused


def refuse_on(
    world: World, request: Request, facts: Facts, refusal: Refusal, seats: Sequence[str | None] | None = None
) -> Refused:
    """`seats` are those that it is told about; left out, the one that was asked for. Nobody leaves nothing."""
    outcome = refused(refusal, world.surroundings.now())
    if is_nobody(request.actor, facts.caller, facts.meeting):
        return WAITING if facts.caller is not None and waits(facts.caller, facts.meeting) else outcome
    entry = decided_entry(
        world,
        request,
        facts.meeting,
        revision_of(facts.stored, facts.meeting),
        facts.verdict.policies,
        [concerning(seat, facts.user.id) for seat in (seats or [request.attendee_id])],
        refusal=refusal,
    )
    return refuse(world, request, outcome, entry, is_permitted=facts.verdict.allowed)
