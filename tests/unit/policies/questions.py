"""Short names for the principals and targets of authorization requests."""

from moderation.adapters.cedar import CedarPolicies
from moderation.domain.actor import Actor, ActorKind, AuthorizationRequest

COMMAND_SOURCE = "school"
"""What the configuration names in `commandSources`."""

PRINCIPALS = {
    "admin": (Actor(ActorKind.ADMIN, "back-end"), None),
    "host": (Actor(ActorKind.USER, "hana"), "host"),
    "cohost": (Actor(ActorKind.USER, "carl"), "cohost"),
    "presenter": (Actor(ActorKind.USER, "pia"), "presenter"),
    "participant": (Actor(ActorKind.USER, "bob"), "participant"),
    "viewer": (Actor(ActorKind.USER, "vera"), "viewer"),
    "nobody": (Actor(ActorKind.USER, "nick"), None),
    "trigger": (Actor(ActorKind.SERVICE, "trigger/exam"), None),
    "source": (Actor(ActorKind.SERVICE, "exam.app"), None),
    "command source": (Actor(ActorKind.SERVICE, COMMAND_SOURCE), None),
}
"""`nobody` is a user without a role in the meeting, for example because they are banned."""

PERSONS = {"participant": ("otto", "participant"), "cohost": ("cleo", "cohost"), "host": ("hugo", "host")}
"""Others, so never the principal of the same role."""


def question(principal: str, action: str, target: str) -> AuthorizationRequest:
    """`target` is `self`, `meeting`, `all meetings`, or one of the persons."""
    actor, role = PRINCIPALS[principal]
    if target in ("meeting", "all meetings"):
        return AuthorizationRequest(actor, role, action, "m-1" if target == "meeting" else None, "open")
    user, user_role = (actor.id, role) if target == "self" else PERSONS[target]
    return AuthorizationRequest(actor, role, action, "m-1", "open", user_id=user, user_role=user_role)


def allows(policies: CedarPolicies, principal: str, action: str, target: str) -> bool:
    return policies.authorize(question(principal, action, target)).allowed


def refusal(policies: CedarPolicies, principal: str, action: str, target: str) -> tuple[str, ...]:
    """The ids that refuse. Fails if nothing does."""
    verdict = policies.authorize(question(principal, action, target))
    assert not verdict.allowed
    return verdict.policies
