"""The trigger of the stack's user pool: it copies the user's display name into the access token.

Cognito's access tokens name a user by `sub` and `username` only. In a pool whose users sign in by e-mail address both
are UUIDs. Event and response of this trigger, version 2:
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html

If it fails, nobody can sign in. So it imports nothing, and a user without the attribute gets the token unchanged.
"""

import os
from typing import Any

CLAIM = "GAVEL_DISPLAY_NAME_CLAIM"


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    claim = os.environ[CLAIM]
    name = event["request"]["userAttributes"].get(claim)
    if name:
        added = {"accessTokenGeneration": {"claimsToAddOrOverride": {claim: name}}}
        event["response"] = {"claimsAndScopeOverrideDetails": added}
    return event
