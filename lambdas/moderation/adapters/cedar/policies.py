"""Asks Cedar for authorization and for capabilities.

Requests and entities are not validated against the schema at each decision. Validation would refuse every request about
a meeting whose mode an update of the policies has removed, even the host's request to choose another mode. This module
makes the one check of the schema that matters: an unknown action, or an action on the wrong kind of resource, is
denied.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cedarpy import (
    AuthzResult,
    Decision,
    Entities,
    PolicySet,
    Schema,
    is_authorized,
    is_authorized_batch,
    policies_to_json_str,
)

from moderation.domain.actor import NO_PERMIT, Actor, ActorKind, Authorization, AuthorizationRequest
from moderation.domain.capability import NOTHING, Capabilities, PolicyCapabilities

from .directory import SHIPPED, Directory, annotated_id, enumerated, labelled

EVALUATION_ERROR = "evaluation-error"
"""The policy id of a denial because Cedar could not read the request, for example an id that is not Unicode."""

DEPLOYMENT = "gavel"
"""The one entity that stands for all meetings."""

PRINCIPAL_TYPES = {ActorKind.USER: "User", ActorKind.SERVICE: "Service", ActorKind.ADMIN: "Admin"}
"""The Cedar types of principals. The clock and Chime have none: they apply what was decided."""

ERRING = re.compile(r"error while evaluating policy `([^`]+)`")

Uid = dict[str, str]
Entity = dict[str, Any]


def _user_state(question: AuthorizationRequest) -> dict[str, bool]:
    """The attributes of the user acted on, besides their role."""
    return {"banned": question.user_is_banned, "waiting": question.user_waits}


def action_of(capability: Capabilities) -> str:
    """`sendAudio` for `SEND_AUDIO`."""
    direction, medium = str(capability.name).lower().split("_")
    return direction + medium.capitalize()


CAPABILITY_ACTIONS = MappingProxyType({bit: action_of(bit) for bit in Capabilities})


class CedarPolicies:
    """The policies of one directory, parsed once; safe to share between threads.

    Raises `ValueError` if Cedar can't parse them: `problems` tells where.
    """

    def __init__(
        self,
        directory: Path | Directory = SHIPPED,
        *,
        claims: Collection[str] = (),
        command_sources: Collection[str] = (),
    ) -> None:
        """`claims` are the claims of a user's token that policies may use; `command_sources` are the sources in that
        group.
        """
        files = directory if isinstance(directory, Directory) else Directory.read(directory)
        self._claims = tuple(claims)
        self._command_sources = frozenset(command_sources)
        self.schema = Schema.from_str(files.schema_text)
        document = policies_to_json_str(files.policy_text)
        self._policies: PolicySet = PolicySet.from_json_str(document)
        policies = json.loads(document)["staticPolicies"]
        self._ids = {name: annotated_id(policy) or name for name, policy in policies.items()}
        self._actions: Entities = Entities.from_json_str("[]", self.schema)
        rendered = str(self.schema)
        self._ranking = enumerated(rendered, "Role")
        self._roles = frozenset(self._ranking)
        modes = enumerated(rendered, "Mode")
        self._modes = frozenset(modes)
        self._labels = {
            "modes": labelled(policies.values(), "mode", modes),
            "roles": labelled(policies.values(), "role", self._ranking),
        }
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

    @property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        return self._labels

    def authorize(self, question: AuthorizationRequest) -> Authorization:
        """The authorization. It is a denial if no policy permits, if one forbids, and if one cannot be evaluated."""
        principal_type = PRINCIPAL_TYPES.get(question.principal.kind)
        resource_type, resource = resource_of(question)
        try:
            if principal_type is None or not self._applies(principal_type, question.action, resource_type):
                return Authorization(allowed=False, policies=(NO_PERMIT,))
            return self._authorization(self._ask(question, principal_type, uid(resource_type, resource)))
        except ValueError:
            return Authorization(allowed=False, policies=(EVALUATION_ERROR,))

    def capabilities_for(self, role: str | None, mode: str, has_floor: bool) -> PolicyCapabilities:
        """The capabilities of a role in a mode: none if the schema does not have the role or the mode."""
        if role is None or role not in self._roles or mode not in self._modes:
            return HOLDS_NOTHING
        key = (role, mode, has_floor)
        known = self._held.get(key)
        if known is None:
            known = self._held[key] = self._weigh(role, mode, has_floor)
        return known

    def _ask(self, question: AuthorizationRequest, principal_type: str, resource: Uid) -> AuthzResult:
        request = {
            "principal": uid(principal_type, question.principal.id),
            "action": uid("Action", question.action),
            "resource": resource,
            "context": circumstances(question.mode, question.external_meeting_id, frozen=question.frozen),
        }
        entities = self._actions.with_added_json_str(json.dumps(self._entities(question)))
        return is_authorized(request, self._policies, entities)

    def _entities(self, question: AuthorizationRequest) -> list[Entity]:
        """The entities of the principal and of the user acted on. If both are one user, one entity has the attributes
        of both.
        """
        principal, user_id = question.principal, question.user_id
        found = []
        if principal.kind is ActorKind.USER:
            found.append(self._user(principal.id, question.role) | {"tags": self._tags(principal)})
        elif principal.kind is ActorKind.SERVICE:
            found.append(service(principal, is_command_source=principal.id in self._command_sources))
        if user_id is not None and principal.is_user(user_id):
            found[0]["attrs"] |= _user_state(question)
        elif user_id is not None:
            found.append(self._user(user_id, question.user_role))
            found[-1]["attrs"] |= _user_state(question)
        return found

    def _tags(self, principal: Actor) -> dict[str, list[str]]:
        return {name: values_of(principal.claims[name]) for name in self._claims if name in principal.claims}

    def _user(self, user_id: str, role: str | None) -> Entity:
        """The user's entity. A role that the schema does not have counts as none."""
        if role is None or role not in self._roles:
            return {"uid": uid("User", user_id), "attrs": {}, "parents": []}
        return {
            "uid": uid("User", user_id),
            "attrs": {"role": {"__entity": uid("Role", role)}},
            "parents": [uid("Role", role)],
        }

    def _authorization(self, result: "AuthzResult") -> Authorization:
        """The authorization in Cedar's result.

        Cedar skips a policy that it cannot evaluate, even a `forbid`. Here such an error denies.
        """
        erring = [found[1] for error in result.diagnostics.errors if (found := ERRING.match(error))]
        if result.diagnostics.errors:
            return Authorization(allowed=False, policies=self._named(erring) or (EVALUATION_ERROR,))
        if result.allowed:
            return Authorization(allowed=True, policies=self._named(result.diagnostics.reasons))
        return Authorization(allowed=False, policies=self._named(result.diagnostics.reasons) or (NO_PERMIT,))

    def _named(self, policies: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({self._ids.get(policy, policy) for policy in policies}))

    def _weigh(self, role: str, mode: str, has_floor: bool) -> PolicyCapabilities:
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
        authorizations = dict(zip(CAPABILITY_ACTIONS, map(self._authorization, results), strict=True))
        held = NOTHING
        for bit, authorization in authorizations.items():
            held |= bit if authorization.allowed else NOTHING
        withheld_by = {
            bit: authorization.policies for bit, authorization in authorizations.items() if not authorization.allowed
        }
        return PolicyCapabilities(held, MappingProxyType(withheld_by))

    def _applies(self, principal_type: str, action: str, resource_type: str) -> bool:
        """Whether the schema has this action for these types. The question to Cedar has no policies, so it is cheap."""
        key = (principal_type, action, resource_type)
        if key in self._applicable:
            return True
        request = {
            "principal": uid(principal_type, ""),
            "action": uid("Action", action),
            "resource": uid(resource_type, ""),
            "context": circumstances(min(self._modes, default=""), "", frozen=False),
        }
        applies = bool(is_authorized(request, "", "[]", self.schema).decision is not Decision.NoDecision)
        if applies:
            self._applicable.add(key)
        return applies


HOLDS_NOTHING = PolicyCapabilities(NOTHING, MappingProxyType(dict.fromkeys(Capabilities, (NO_PERMIT,))))


def uid(entity_type: str, entity_id: str) -> Uid:
    """The id of an entity in its structured form, in which it may hold any characters."""
    return {"type": entity_type, "id": entity_id}


def resource_of(question: AuthorizationRequest) -> tuple[str, str]:
    """Type and id of what the principal would act on."""
    if question.user_id is not None:
        return "User", question.user_id
    return ("Meeting", question.meeting_id) if question.meeting_id is not None else ("Deployment", DEPLOYMENT)


def service(actor: Actor, *, is_command_source: bool) -> Entity:
    parents = [uid("ServiceGroup", "command-sources")] if is_command_source else []
    return {"uid": uid("Service", actor.id), "attrs": {"name": actor.id}, "parents": parents}


def values_of(claim: str) -> list[str]:
    """The values of a list claim, which API Gateway writes as the text `[a b]`."""
    return claim[1:-1].split() if claim.startswith("[") and claim.endswith("]") else [claim]


def circumstances(mode: str, external_meeting_id: str, *, frozen: bool) -> dict[str, object]:
    return {"mode": {"__entity": uid("Mode", mode)}, "frozen": frozen, "externalMeetingId": external_meeting_id}
