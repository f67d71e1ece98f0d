"""A policy that can't be evaluated denies, whatever else permits."""

from pathlib import Path

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.adapters.cedar.validation import problems
from moderation.domain.actor import Actor, ActorKind, AuthorizationRequest
from moderation.domain.capability import SENDING

from .questions import question, refusal

OVERFLOW = "9223372036854775807 + 1 > 0"
"""Well typed, so that no validation finds it; an error whenever it is evaluated."""


@pytest.mark.parametrize("effect", ["permit", "forbid"])
def test_an_erring_policy_denies_though_another_permits(own: Path, effect: str) -> None:
    broken = f'@id("broken") {effect} (principal, action == Action::"mute", resource) when {{ {OVERFLOW} }};'
    (own / "broken.cedar").write_text(broken, encoding="utf-8")
    policies = CedarPolicies(own)
    assert not problems(own)
    assert refusal(policies, "host", "mute", "participant") == ("broken",)
    assert policies.authorize(question("host", "unmute", "participant")).allowed


def test_an_attribute_that_is_missing_denies(own: Path) -> None:
    broken = '@id("broken") permit (principal, action, resource is User) when { resource.nickname == "x" };'
    (own / "a.cedar").write_text(broken, encoding="utf-8")
    assert refusal(CedarPolicies(own), "admin", "mute", "participant") == ("broken",)


def test_all_erring_policies_are_named_once_and_in_order(own: Path) -> None:
    text = "".join(f'@id("{name}") permit (principal, action, resource) when {{ {OVERFLOW} }};' for name in "zya")
    (own / "broken.cedar").write_text(text, encoding="utf-8")
    assert refusal(CedarPolicies(own), "host", "end", "meeting") == ("a", "y", "z")


def test_an_erring_policy_withholds_its_capabilities_alone(own: Path) -> None:
    broken = f'@id("broken") forbid (principal, action in Action::"send", resource is Mode) when {{ {OVERFLOW} }};'
    (own / "broken.cedar").write_text(broken, encoding="utf-8")
    held = CedarPolicies(own).capabilities_for("host", "open", has_floor=False)
    assert SENDING & held.capabilities == SENDING & ~SENDING
    assert held.withheld_by == dict.fromkeys(SENDING, ("broken",))


def test_an_erring_policy_without_an_id_goes_by_the_one_cedar_gives(tmp_path: Path, own: Path) -> None:
    for file in own.glob("*.cedar"):
        file.unlink()
    (own / "only.cedar").write_text(f"permit (principal, action, resource) when {{ {OVERFLOW} }};", encoding="utf-8")
    assert refusal(CedarPolicies(own), "host", "end", "meeting") == ("policy0",)


@pytest.mark.parametrize("kind", [ActorKind.CLOCK, ActorKind.CHIME])
def test_the_clock_and_chime_are_permitted_nothing(shipped: CedarPolicies, kind: ActorKind) -> None:
    verdict = shipped.authorize(AuthorizationRequest(Actor(kind, "x"), "host", "end", "m-1", "open"))
    assert (verdict.allowed, verdict.policies) == (False, ("no-permit",))


def test_an_id_that_is_no_unicode_is_denied(shipped: CedarPolicies) -> None:
    verdict = shipped.authorize(AuthorizationRequest(Actor(ActorKind.ADMIN, "\ud800"), None, "end", "m-1", "open"))
    assert (verdict.allowed, verdict.policies) == (False, ("evaluation-error",))


def test_a_mode_or_role_that_was_taken_away_locks_nobody_out(shipped: CedarPolicies) -> None:
    host = Actor(ActorKind.USER, "hana")
    assert shipped.authorize(AuthorizationRequest(host, "host", "set-mode", "m-1", "long-gone")).allowed
    assert shipped.authorize(
        AuthorizationRequest(host, "host", "mute", "m-1", "open", user_id="x", user_role="long-gone")
    ).allowed
    assert not shipped.authorize(AuthorizationRequest(host, "long-gone", "view-meeting", "m-1", "open")).allowed


@pytest.mark.parametrize("text", ["permit (principal", "gibberish"])
def test_policies_that_cannot_be_parsed_are_an_error_at_once(own: Path, text: str) -> None:
    (own / "moderation.cedar").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="unexpected"):
        CedarPolicies(own)


def test_a_directory_without_a_schema_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected one `\*\.cedarschema`, found 0"):
        CedarPolicies(tmp_path)
