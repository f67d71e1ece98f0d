"""Users of the stack's own pool have names: their access tokens hold the attribute that the configuration names."""

from collections.abc import Callable
from typing import Any

import pytest
from pool_tokens.handler import CLAIM, handler

from tests.infra.resources import function, of_type, role_of, statements

Template = dict[str, Any]
HANDLER = "pool_tokens.handler.handler"
OWN = {"jwtIssuer": "https://login.example.com", "jwtAudience": ["meetings"]}


def event(**attributes: str) -> dict[str, Any]:
    """What Cognito sends: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html"""
    return {
        "version": "2",
        "triggerSource": "TokenGeneration_HostedAuth",
        "userName": "6a1b7c3e-0000-4000-8000-000000000000",
        "request": {
            "userAttributes": {"sub": "6a1b7c3e-0000-4000-8000-000000000000", "email": "zoe@example.com", **attributes},
            "groupConfiguration": {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None},
            "scopes": ["openid"],
        },
        "response": {"claimsAndScopeOverrideDetails": None},
    }


def test_the_attribute_becomes_a_claim_of_the_access_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CLAIM, "name")
    answer = handler(event(name="Zoë 山田"), None)
    added = {"accessTokenGeneration": {"claimsToAddOrOverride": {"name": "Zoë 山田"}}}
    assert answer == event(name="Zoë 山田") | {"response": {"claimsAndScopeOverrideDetails": added}}


def test_without_the_attribute_the_token_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CLAIM, "name")
    assert handler(event(), None) == event()


def test_the_pool_asks_it_for_access_tokens(default: Template) -> None:
    (pool,) = of_type(default, "AWS::Cognito::UserPool")
    trigger = pool["LambdaConfig"]["PreTokenGenerationConfig"]
    assert trigger["LambdaVersion"] == "V2_0"
    assert default["Resources"][trigger["LambdaArn"]["Fn::GetAtt"][0]]["Properties"]["Handler"] == HANDLER
    assert pool["UserPoolTier"] == "ESSENTIALS"
    assert function(default, HANDLER)["Environment"]["Variables"][CLAIM] == "name"


def test_the_pool_alone_may_call_it_and_it_may_do_nothing(default: Template) -> None:
    permissions = of_type(default, "AWS::Lambda::Permission")
    [permission] = [each for each in permissions if each["Principal"] == "cognito-idp.amazonaws.com"]
    pool, attribute = permission["SourceArn"]["Fn::GetAtt"]
    assert (default["Resources"][pool]["Type"], attribute) == ("AWS::Cognito::UserPool", "Arn")
    actions = {action for each in statements(role_of(default, HANDLER)) for action in each["Action"]}
    assert {action.partition(":")[0] for action in actions} == {"logs", "xray"}


@pytest.mark.parametrize("context", [OWN, {"displayNameClaim": ""}, {"displayNameClaim": "username"}])
def test_where_it_has_nothing_to_do_there_is_none(synthesize: Callable[..., Template], context: Template) -> None:
    assert HANDLER not in {each["Handler"] for each in of_type(synthesize(**context), "AWS::Lambda::Function")}
