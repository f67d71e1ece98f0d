"""Authorization: what the policies are asked about a command on a user, and what follows from their decisions."""

from collections.abc import Iterable

from ...domain.actor import Actor, ActorKind, Authorization
from ...domain.authorization import question
from ...domain.commands import Invoker
from ...domain.meeting import Meeting, User, belongs
from ...ports import Policies
from ..requests import Request


def authorize(
    policies: Policies, request: Request, caller: User | None, meeting: Meeting, user: User
) -> tuple[Authorization, bool]:
    """The decision, and whether the caller acts as a moderator: who may moderate a user does so to themselves as well.
    The clock and Chime are not judged: what they bring is decided already.
    """
    actor, command = request.actor, request.command
    if actor.kind in (ActorKind.CLOCK, ActorKind.CHIME):
        return Authorization(True), True
    actions = command.actions
    if request.undone is not None:
        undo = policies.authorize(question(actor, caller, command.name, meeting))
        if not undo.allowed:
            return undo, False
        actions = request.undone_actions
    decision = all_of(policies.authorize(question(actor, caller, action, meeting, user)) for action in actions)
    is_oneself = actor.is_user(user.id)
    if decision.allowed or command.own_action is None or not is_oneself:
        return decision, decision.allowed and not (command.invoker is Invoker.ONESELF and is_oneself)
    return policies.authorize(question(actor, caller, command.own_action, meeting, user)), False


def all_of(decisions: Iterable[Authorization]) -> Authorization:
    """Each has to be favourable; the first that isn't is the answer."""
    policies: dict[str, None] = {}
    for decision in decisions:
        if not decision.allowed:
            return decision
        policies |= dict.fromkeys(decision.policies)
    return Authorization(True, tuple(policies))


def is_nobody(actor: Actor, caller: User | None, meeting: Meeting) -> bool:
    """Whether the meeting does not know the user: they cause no call to Chime and no line of history."""
    return actor.kind is ActorKind.USER and (caller is None or not belongs(caller, meeting))


def is_banned(caller: User | None) -> bool:
    return caller is not None and caller.rules.ban is not None
