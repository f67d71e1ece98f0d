"""Puts the moderator's two questions to Cedar.

Requests and entities are not validated against the schema at each decision. That would refuse every question about a
meeting whose mode an update of the policies has taken away, even the one whether its host may choose another mode. Of
the schema's checks the one that matters is made here: a deed that it doesn't know, or not on such a resource, is
denied.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from moderation.domain.actor import NO_PERMIT, Actor, ActorKind, Authorization, AuthorizationRequest, PolicyCapabilities
from moderation.domain.capability import NOTHING, Capabilities

from .directory import SHIPPED, Directory, annotated_id, enumerated

if TYPE_CHECKING:
    from cedarpy import AuthzResult

EVALUATION_ERROR = "evaluation-error"
"""The policy id of a denial where the question itself was more than Cedar could read, say an id that isn't Unicode."""

PRINCIPAL_TYPES = {ActorKind.USER: "User", ActorKind.SERVICE: "Service", ActorKind.ADMIN: "Admin"}
"""The clock and Chime ask for nothing: they carry out what was decided."""

ERRING = re.compile(r"error while evaluating policy `([^`]+)`")

Uid = dict[str, str]
Entity = dict[str, Any]


def _standing(question: AuthorizationRequest) -> dict[str, bool]:
    """What policies may know of the person concerned besides their role."""
    return {"banned": question.person_is_banned, "waiting": question.person_waits}


def action_of(capability: Capabilities) -> str:
    """`sendAudio` for `SEND_AUDIO`."""
    direction, medium = str(capability.name).lower().split("_")
    return direction + medium.capitalize()


CAPABILITY_ACTIONS = MappingProxyType({bit: action_of(bit) for bit in Capabilities})


class CedarPolicies:
    """The policies of one directory, parsed once; safe to share between threads.

    Raises `ValueError` if Cedar can't parse them: `problems` tells where.
    """

    def __init__(self, directory: Path = SHIPPED) -> None:
        from cedarpy import Entities, PolicySet, Schema, policies_to_json_str

        files = Directory.read(directory)
        self.schema = Schema.from_str(files.schema_text)
        document = policies_to_json_str(files.policy_text)
        self._policies: PolicySet = PolicySet.from_json_str(document)
        self._ids = {
            name: annotated_id(policy) or name for name, policy in json.loads(document)["staticPolicies"].items()
        }
        self._actions: Entities = Entities.from_json_str("[]", self.schema)
        rendered = str(self.schema)
        self._ranking = enumerated(rendered, "Role")
        self._roles = frozenset(self._ranking)
        self._modes = frozenset(enumerated(rendered, "Mode"))
        self._applicable: set[tuple[str, str, str]] = set()
        self._held: dict[tuple[str, str, bool], PolicyCapabilities] = {}

    @property
    def roles(self) -> frozenset[str]:
        return self._roles

    @property
    def ranking(self) -> tuple[str, ...]:
        return self._ranking

    @property
    def modes(self) -> frozenset[str]:
        return self._modes

    def authorize(self, question: AuthorizationRequest) -> Authorization:
        """Denies where nothing permits, where a policy forbids, and where a policy can't be evaluated."""
        principal_type = PRINCIPAL_TYPES.get(question.principal.kind)
        resource_type = "Meeting" if question.person is None else "User"
        try:
            if principal_type is None or not self._applies(principal_type, question.action, resource_type):
                return Authorization(allowed=False, policies=(NO_PERMIT,))
            return self._verdict(self._ask(question, principal_type, resource_type))
        except ValueError:
            return Authorization(allowed=False, policies=(EVALUATION_ERROR,))

    def capabilities_for(self, role: str | None, mode: str, has_floor: bool) -> PolicyCapabilities:
        """A role or mode that the schema doesn't know holds nothing."""
        if role is None or role not in self._roles or mode not in self._modes:
            return HOLDS_NOTHING
        key = (role, mode, has_floor)
        known = self._held.get(key)
        if known is None:
            known = self._held[key] = self._weigh(role, mode, has_floor)
        return known

    def _ask(self, question: AuthorizationRequest, principal_type: str, resource_type: str) -> "AuthzResult":
        from cedarpy import is_authorized

        request = {
            "principal": uid(principal_type, question.principal.id),
            "action": uid("Action", question.action),
            "resource": uid(resource_type, question.meeting_id if question.person is None else question.person),
            "context": circumstances(question.mode, frozen=question.frozen),
        }
        entities = self._actions.with_added_json_str(json.dumps(self._people(question)))
        return is_authorized(request, self._policies, entities)

    def _people(self, question: AuthorizationRequest) -> list[Entity]:
        """Who is spoken of. One who acts on himself is one entity, with the role that he acts in."""
        principal, person = question.principal, question.person
        found = []
        if principal.kind is ActorKind.USER:
            found.append(self._user(principal.id, question.role))
        elif principal.kind is ActorKind.SERVICE:
            found.append(service(principal))
        if person is not None and principal.is_user(person):
            found[0]["attrs"] |= _standing(question)
        elif person is not None:
            found.append(self._user(person, question.person_role))
            found[-1]["attrs"] |= _standing(question)
        return found

    def _user(self, user_id: str, role: str | None) -> Entity:
        """A role that the schema doesn't know, or knows no more, is none."""
        if role is None or role not in self._roles:
            return {"uid": uid("User", user_id), "attrs": {}, "parents": []}
        return {
            "uid": uid("User", user_id),
            "attrs": {"role": {"__entity": uid("Role", role)}},
            "parents": [uid("Role", role)],
        }

    def _verdict(self, result: "AuthzResult") -> Authorization:
        """Cedar skips a policy that it can't evaluate, be it a `forbid`. Here an error denies, whatever permits."""
        erring = [found[1] for error in result.diagnostics.errors if (found := ERRING.match(error))]
        if result.diagnostics.errors:
            return Authorization(allowed=False, policies=self._named(erring) or (EVALUATION_ERROR,))
        if result.allowed:
            return Authorization(allowed=True, policies=self._named(result.diagnostics.reasons))
        return Authorization(allowed=False, policies=self._named(result.diagnostics.reasons) or (NO_PERMIT,))

    def _named(self, policies: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({self._ids.get(policy, policy) for policy in policies}))

    def _weigh(self, role: str, mode: str, has_floor: bool) -> PolicyCapabilities:
        from cedarpy import is_authorized_batch

        requests = [
            {
                "principal": uid("Role", role),
                "action": uid("Action", action),
                "resource": uid("Mode", mode),
                "context": {"floor": has_floor},
            }
            for action in CAPABILITY_ACTIONS.values()
        ]
        results = is_authorized_batch(requests, self._policies, self._actions)
        verdicts = dict(zip(CAPABILITY_ACTIONS, map(self._verdict, results), strict=True))
        held = NOTHING
        for bit, verdict in verdicts.items():
            held |= bit if verdict.allowed else NOTHING
        withheld_by = {bit: verdict.policies for bit, verdict in verdicts.items() if not verdict.allowed}
        return PolicyCapabilities(held, MappingProxyType(withheld_by))

    def _applies(self, principal_type: str, action: str, resource_type: str) -> bool:
        """Whether the schema has this action for these types. It is asked once with no policies, hence cheaply."""
        key = (principal_type, action, resource_type)
        if key in self._applicable:
            return True
        from cedarpy import Decision, is_authorized

        request = {
            "principal": uid(principal_type, ""),
            "action": uid("Action", action),
            "resource": uid(resource_type, ""),
            "context": circumstances(min(self._modes, default=""), frozen=False),
        }
        applies = bool(is_authorized(request, "", "[]", self.schema).decision is not Decision.NoDecision)
        if applies:
            self._applicable.add(key)
        return applies


HOLDS_NOTHING = PolicyCapabilities(NOTHING, MappingProxyType(dict.fromkeys(Capabilities, (NO_PERMIT,))))


def uid(entity_type: str, entity_id: str) -> Uid:
    """The structured form: in it an id may hold any characters."""
    return {"type": entity_type, "id": entity_id}


def service(actor: Actor) -> Entity:
    return {"uid": uid("Service", actor.id), "attrs": {"name": actor.id}, "parents": []}


def circumstances(mode: str, *, frozen: bool) -> dict[str, object]:
    return {"mode": {"__entity": uid("Mode", mode)}, "frozen": frozen}
