"""What a customer adds in a directory of their own. `docs/policies.md` shows the same texts."""

from dataclasses import replace
from pathlib import Path

from moderation.adapters.cedar import SHIPPED, CedarPolicies
from moderation.adapters.cedar.validation import problems
from moderation.domain.actor import Actor, ActorKind
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


def test_a_mode_of_ones_own(own: Path) -> None:
    change_schema(own, '"audio-only"]', '"audio-only", "interview"]')
    policies = add(own, example("// interview"))
    assert "interview" in policies.modes
    assert list(policies.labels["modes"].items())[-2:] == [("audio-only", "audio-only"), ("interview", "Interview")]
    assert policies.capabilities_for("host", "interview", has_floor=False).capabilities == EVERYTHING
    assert policies.capabilities_for("presenter", "interview", has_floor=False).capabilities == EVERYTHING
    participant = policies.capabilities_for("participant", "interview", has_floor=False)
    assert participant.capabilities == RECEIVING & ~Capabilities.RECEIVE_CONTENT
    assert participant.withheld_by[Capabilities.RECEIVE_CONTENT] == ("interview-slides-are-for-the-panel",)
    assert participant.withheld_by[Capabilities.SEND_AUDIO] == ("no-permit",)


def test_a_role_of_ones_own(own: Path) -> None:
    change_schema(own, '"viewer"]', '"viewer", "interpreter"]')
    policies = add(own, example("// interpreter"))
    assert "interpreter" in policies.roles
    assert policies.labels["roles"]["interpreter"] == "Interpreter"
    held = policies.capabilities_for("interpreter", "audience", has_floor=False)
    assert held.capabilities == RECEIVING | Capabilities.SEND_AUDIO
    asked = replace(question("participant", "view-meeting", "meeting"), role="interpreter")
    assert policies.authorize(asked).allowed


def test_an_event_source_that_own_policies_permit(own: Path) -> None:
    policies = add(own, example("// exam.app"))
    assert allows(policies, "source", "mute", "participant")
    assert allows(policies, "source", "mute-all", "meeting")
    assert refusal(policies, "source", "end", "meeting") == ("no-permit",)
    assert refusal(policies, "source", "mute", "host") == ("non-hosts-may-not-act-on-hosts",)


def test_a_forbid_of_ones_own(own: Path) -> None:
    policies = add(own, example("// Of the people only hosts ban"))
    assert refusal(policies, "cohost", "ban", "participant") == ("only-hosts-ban",)
    assert allows(policies, "host", "ban", "participant")


def test_policies_see_mode_freeze_and_ban(own: Path) -> None:
    text = """
    @id("not-in-audience") forbid (principal, action, resource) when {
      principal is User && context has mode && context.mode == Mode::"audience" };
    @id("not-frozen") forbid (principal is User, action in Action::"moderate-user", resource)
    when { context.frozen };
    @id("not-banned") forbid (principal is User, action == Action::"remove", resource is User)
    when { resource has banned && resource.banned };
    """
    policies = add(own, text)
    asked = question("host", "remove", "participant")
    assert policies.authorize(asked).allowed
    assert policies.authorize(replace(asked, mode="audience")).policies == ("not-in-audience",)
    assert policies.authorize(replace(asked, frozen=True)).policies == ("not-frozen",)
    assert policies.authorize(replace(asked, user_is_banned=True)).policies == ("not-banned",)
    themselves = replace(question("host", "remove", "self"), user_is_banned=True)
    assert policies.authorize(themselves).policies == ("not-banned",)


def test_policies_see_what_the_back_end_calls_the_meeting(own: Path) -> None:
    policies = add(own, example("// Nobody ends a public"))
    asked = replace(question("host", "end", "meeting"), external_meeting_id="public-7")
    assert policies.authorize(asked).policies == ("public-meetings-stay-open",)
    assert policies.authorize(replace(asked, external_meeting_id="staff-7")).allowed


def test_policies_see_the_claims_that_the_configuration_names(own: Path) -> None:
    (own / "own.cedar").write_text(example("// Teachers moderate"), encoding="utf-8")
    assert problems(own) == []
    policies = CedarPolicies(own, claims=["groups", "department"])
    asked = question("viewer", "mute-all", "meeting")
    for groups, allowed in (("[teachers staff]", True), ("teachers", True), ("[students]", False), (None, False)):
        claims = {"other": "x"} | ({"groups": groups} if groups else {})
        principal = Actor(ActorKind.USER, "vera", claims=claims)
        assert policies.authorize(replace(asked, principal=principal)).allowed is allowed
    teacher = Actor(ActorKind.USER, "vera", claims={"groups": "teachers"})
    assert not CedarPolicies(own).authorize(replace(asked, principal=teacher)).allowed, "only claims that are named"
    assert teacher == Actor(ActorKind.USER, "vera"), "who a user is does not depend on their claims"
