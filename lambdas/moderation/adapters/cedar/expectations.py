"""The permissions of each role: as a table, and compared with expectations.

Only `gavel policies table` and `gavel policies test` import this module.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from moderation.domain.actor import NO_PERMIT, Actor, ActorKind, Authorization, AuthorizationRequest
from moderation.domain.capability import Medium, Word, word

from .directory import Directory
from .policies import CedarPolicies

ACTION = re.compile(r'^action "([^"]+)"[^{;]*appliesTo \{\s*principal: \[User', re.MULTILINE)
"""The actions of authorization requests, in a schema as Cedar renders it."""
MEETING = "00000000-0000-0000-0000-000000000000"
PRINCIPAL, OTHER = "principal", "other"
SERVICE, COMMAND_SOURCE = "service:", "command-source:"
ANY = "any"
SELF, WHOLE, EVERY = "self", "meeting", "meetings"


class Expectation(BaseModel):
    """One expectation: what a role, a service or an admin may do, or what a role holds in a mode."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    who: str = Field(description="a role, `service:<source>`, `command-source:<source>`, or `admin`")
    may: list[str] = []
    may_not: list[str] = []
    target: str | None = Field(
        None, description="a role, `self`, `meeting` or `meetings`; without it any of them will do"
    )
    mode: str = "open"
    frozen: bool = False
    holds: dict[Literal["audio", "video", "content"], Word] = {}
    floor: bool = Field(False, description="whether they have the floor, for `holds`")


def policies_for(files: Directory, expectations: Iterable[Expectation] = ()) -> CedarPolicies:
    """The policies, with the command sources of the expectations. Raises `ValueError`."""
    named = (each.who for each in expectations if each.who.startswith(COMMAND_SOURCE))
    sources = [who.removeprefix(COMMAND_SOURCE) for who in named]
    return CedarPolicies(files, command_sources=[*sources, ANY])


@dataclass(frozen=True)
class Policies:
    """Authorization and capabilities of the users in the expectations."""

    cedar: CedarPolicies

    @property
    def actions(self) -> list[str]:
        """The actions of the schema, in the order of their names."""
        return sorted(ACTION.findall(str(self.cedar.schema)))

    def may(
        self, who: str, action: str, *, on: str | None = None, mode: str = "open", frozen: bool = False
    ) -> Authorization:
        """The authorization of an action on a user with a role, on oneself, on the meeting or on all meetings.

        Without `on`: a permission if the action is permitted on any of these targets.
        """
        targets = ["participant", SELF, WHOLE, EVERY] if on is None else [on]
        authorizations = [self.cedar.authorize(question(who, action, target, mode, frozen)) for target in targets]
        allowed = [authorization for authorization in authorizations if authorization.allowed]
        denied = [authorization for authorization in authorizations if authorization.policies != (NO_PERMIT,)]
        return (allowed or denied or authorizations)[0]

    def holds(self, role: str, mode: str, *, floor: bool = False) -> dict[str, Word]:
        """What a role may send and receive in a mode, in the words of Chime's API."""
        held = self.cedar.capabilities_for(role, mode, floor).capabilities
        return {medium.value: word(held, medium) for medium in Medium}


def question(who: str, action: str, target: str, mode: str, frozen: bool) -> AuthorizationRequest:
    """The request about a target: a role, `self`, `meeting` or `meetings`."""
    principal, role = Actor(ActorKind.USER, PRINCIPAL), who
    if who == "admin":
        principal, role = Actor(ActorKind.ADMIN, PRINCIPAL), ""
    elif who.startswith((SERVICE, COMMAND_SOURCE)):
        principal, role = Actor(ActorKind.SERVICE, who.partition(":")[2]), ""
    user_id = {SELF: PRINCIPAL, WHOLE: None, EVERY: None}.get(target, OTHER)
    user_role = {SELF: role or None, WHOLE: None, EVERY: None}.get(target, target)
    meeting_id = MEETING if target != EVERY else None
    return AuthorizationRequest(
        principal, role or None, action, meeting_id, mode, frozen=frozen, user_id=user_id, user_role=user_role
    )


def table(cedar: CedarPolicies) -> list[list[str]]:
    """Rows with a heading: each action, and whether each role, a command source and an admin may do it."""
    policies = Policies(cedar)
    columns = {role: role for role in cedar.ranking} | {"command source": COMMAND_SOURCE + ANY, "admin": "admin"}
    rows = [
        [action, *("yes" if policies.may(who, action).allowed else "" for who in columns.values())]
        for action in policies.actions
    ]
    return [["action", *columns], *rows]


def capabilities_table(cedar: CedarPolicies) -> list[list[str]]:
    """Rows with a heading: a mode, a role, and its capabilities of each medium."""
    policies = Policies(cedar)
    rows = [
        [mode, role, *policies.holds(role, mode).values()] for mode in sorted(cedar.modes) for role in cedar.ranking
    ]
    return [["mode", "role", *(medium.value for medium in Medium)], *rows]


def failures(cedar: CedarPolicies, expectations: list[Expectation]) -> Iterator[str]:
    """One line for each expectation that the policies do not meet."""
    policies = Policies(cedar)
    for each in expectations:
        for action in (*each.may, *each.may_not):
            if action not in policies.actions:
                yield f"`{action}` is not an action of the schema"
                continue
            authorization = policies.may(each.who, action, on=each.target, mode=each.mode, frozen=each.frozen)
            if authorization.allowed != (action in each.may):
                may = "may" if authorization.allowed else "may not"
                yield f"{each.who} {may} `{action}`{where(each)}: {', '.join(authorization.policies)}"
        yield from wrong_capabilities(each, policies.holds(each.who, each.mode, floor=each.floor))


def wrong_capabilities(each: Expectation, held: Mapping[str, Word]) -> Iterator[str]:
    for medium, wanted in each.holds.items():
        if held[medium] != wanted:
            yield f"{each.who} has {medium} `{held[medium]}`, not `{wanted}`{where(each)}"


def where(each: Expectation) -> str:
    target = f" on {each.target}" if each.target else ""
    return f"{target} in mode `{each.mode}`{', frozen' if each.frozen else ''}"
