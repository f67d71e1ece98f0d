"""Refusals of deeds on one person: answered, and a line of history unless the caller is nobody here."""

from collections.abc import Sequence

from ...domain.decisions.decision import Refusal
from ...domain.entry import concerning
from ...domain.meeting import revision_of, waits
from ...ports import World
from ..requests import WAITING, Refused, Request, refused
from .context import CommandContext, is_nobody
from .pipeline import decided_entry, refuse


def refuse_on(
    world: World, request: Request, facts: CommandContext, refusal: Refusal, seats: Sequence[str | None] | None = None
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
