"""Permissions: asks the emulator's IAM, as Chime asks AWS's.

Temporary keys belong to the roles that they were announced with (`PUT /_simulator/principals`); a key that was not
announced may do nothing. Any other key is the account's own, which may do everything.
"""

from typing import Any

from botocore.config import Config
from botocore.session import get_session

from chime_simulator.errors import Refusal
from chime_simulator.model import Route

TEMPORARY = "ASIA"
"""The prefix of temporary access keys.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""


class Permissions:
    """Checks calls. Without an `endpoint` every caller may do everything."""

    def __init__(self, endpoint: str | None, region: str, account: str) -> None:
        self._region, self._account = region, account
        self._roles: dict[str, str] = {}
        self._iam = _client(endpoint, region) if endpoint else None

    def announce(self, roles: dict[str, str]) -> None:
        """Adds access key → ARN of its role."""
        for key, role in roles.items():
            if not (key.startswith(TEMPORARY) and isinstance(role, str) and ":role/" in role):
                raise ValueError(f"expected temporary access keys and ARNs of roles, got `{key}`")
        self._roles |= roles

    def check(self, access_key: str, route: Route) -> None:
        """Raises Chime's refusal if IAM denies the call."""
        if self._iam is None or not access_key.startswith(TEMPORARY):
            return
        role = self._roles.get(access_key)
        if role is None or not self._may(role, route):
            action = f"chime:{route.operation.name}"
            raise Refusal("ForbiddenException", f"AWS authorization failed: `{action}` is not granted to {role}")

    def _may(self, role: str, route: Route) -> bool:
        """Whether IAM permits the action. AWS documents ARNs of meetings with a Region and without one: a grant has to
        match both.
        """
        meeting = route.at("MeetingId")
        arns = [f"arn:aws:chime:{region}:{self._account}:meeting/{meeting}" for region in (self._region, "")]
        return all(self._is_granted(role, route.operation.name, arn) for arn in (arns if meeting else ["*"]))

    def _is_granted(self, role: str, operation: str, resource: str) -> bool:
        answer = self._iam.simulate_principal_policy(  # type: ignore[union-attr] # asked only where there is one
            PolicySourceArn=role, ActionNames=[f"chime:{operation}"], ResourceArns=[resource]
        )
        return [result["EvalDecision"] for result in answer["EvaluationResults"]] == ["allowed"]


def _client(endpoint: str, region: str) -> Any:
    return get_session().create_client(
        "iam", endpoint_url=endpoint, region_name=region, config=Config(proxies={}, max_pool_connections=50)
    )
