"""What a customer adds in a directory of his own. `docs/policies.md` shows the same texts."""

from dataclasses import replace
from pathlib import Path

from moderation.adapters.cedar import SHIPPED, CedarPolicies
from moderation.adapters.cedar.validation import problems
from moderation.domain.capability import EVERYTHING, RECEIVING, Capabilities

from .questions import allows, question, refusal

DOCS = (SHIPPED.parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")


def example(beginning: str) -> str:
    """The code block of the documentation that begins like this."""
    return next(block for block in DOCS.split("```") if block.startswith(f"cedar\n{beginning}")).removeprefix("cedar\n")


def add(own: Path, text: str) -> CedarPolicies:
    (own / "own.cedar").write_text(text, encoding="utf-8")
    assert problems(own) == []
    return CedarPolicies(own)


def change_schema(own: Path, old: str, new: str) -> None:
    schema = own / "gavel.cedarschema"
    text = schema.read_text(encoding="utf-8")
    assert old in text
    schema.write_text(text.replace(old, new), encoding="utf-8")


def test_a_mode_of_his_own(own: Path) -> None:
    change_schema(own, '"audio-only"]', '"audio-only", "interview"]')
    policies = add(own, example("// interview"))
    assert "interview" in policies.modes
    assert policies.capabilities_for("host", "interview", has_floor=False).capabilities == EVERYTHING
    assert policies.capabilities_for("presenter", "interview", has_floor=False).capabilities == EVERYTHING
    participant = policies.capabilities_for("participant", "interview", has_floor=False)
    assert participant.capabilities == RECEIVING & ~Capabilities.RECEIVE_CONTENT
    assert participant.withheld_by[Capabilities.RECEIVE_CONTENT] == ("interview-slides-are-for-the-panel",)
    assert participant.withheld_by[Capabilities.SEND_AUDIO] == ("no-permit",)


def test_a_role_of_his_own(own: Path) -> None:
    change_schema(own, '"viewer"]', '"viewer", "interpreter"]')
    policies = add(own, example("// interpreter"))
    assert "interpreter" in policies.roles
    held = policies.capabilities_for("interpreter", "audience", has_floor=False)
    assert held.capabilities == RECEIVING | Capabilities.SEND_AUDIO
    asked = replace(question("participant", "view-meeting", "meeting"), role="interpreter")
    assert policies.authorize(asked).allowed


def test_an_event_source_that_he_permits(own: Path) -> None:
    policies = add(own, example("// exam.app"))
    assert allows(policies, "source", "mute", "participant")
    assert allows(policies, "source", "mute-all", "meeting")
    assert refusal(policies, "source", "end", "meeting") == ("no-permit",)
    assert refusal(policies, "source", "mute", "host") == ("non-hosts-may-not-act-on-hosts",)


def test_a_rule_of_his_own_against_a_deed(own: Path) -> None:
    policies = add(own, example("// Of the people only hosts ban"))
    assert refusal(policies, "cohost", "ban", "participant") == ("only-hosts-ban",)
    assert allows(policies, "host", "ban", "participant")


def test_policies_see_mode_freeze_and_ban(own: Path) -> None:
    text = """
    @id("not-in-audience") forbid (principal, action, resource) when {
      principal is User && context has mode && context.mode == Mode::"audience" };
    @id("not-frozen") forbid (principal is User, action in Action::"moderate-person", resource)
    when { context.frozen };
    @id("not-banned") forbid (principal is User, action == Action::"remove", resource is User)
    when { resource has banned && resource.banned };
    """
    policies = add(own, text)
    asked = question("host", "remove", "participant")
    assert policies.authorize(asked).allowed
    assert policies.authorize(replace(asked, mode="audience")).policies == ("not-in-audience",)
    assert policies.authorize(replace(asked, frozen=True)).policies == ("not-frozen",)
    assert policies.authorize(replace(asked, person_is_banned=True)).policies == ("not-banned",)
    himself = replace(question("host", "remove", "self"), person_is_banned=True)
    assert policies.authorize(himself).policies == ("not-banned",)
