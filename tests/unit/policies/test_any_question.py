"""Whatever is asked, there is an answer: ids and words may hold any characters."""

import string
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
from moderation.adapters.cedar import SHIPPED, CedarPolicies
from moderation.domain.actor import Actor, ActorKind, AuthorizationRequest
from moderation.domain.capability import EVERYTHING, Capabilities

SHIPPED_POLICIES = CedarPolicies()
NASTY = [
    "",
    '"',
    "\\",
    "\n",
    "\x00",
    "`policy0`",
    'User::"a"',
    "::",
    "*",
    "\u202e",
    "🎤",
    "\ud800",
    "~",
    "__entity",
    "a" * 5000,
]

words = st.one_of(st.sampled_from(NASTY), st.text(), st.text(alphabet=string.printable))
roles = st.one_of(st.none(), st.sampled_from(sorted(SHIPPED_POLICIES.roles)), words)
modes = st.one_of(st.sampled_from(sorted(SHIPPED_POLICIES.modes)), words)
actions = st.one_of(st.sampled_from(["mute", "unban", "consent", "view-meeting", "end", "self", "sendAudio"]), words)
questions = st.builds(
    AuthorizationRequest,
    principal=st.builds(Actor, kind=st.sampled_from(ActorKind), id=words, via=st.none() | words),
    role=roles,
    action=actions,
    meeting_id=words,
    mode=modes,
    frozen=st.booleans(),
    person=st.none() | words,
    person_role=roles,
    person_is_banned=st.booleans(),
)


@given(questions)
def test_every_question_has_a_verdict_with_policies(question: AuthorizationRequest) -> None:
    verdict = SHIPPED_POLICIES.authorize(question)
    assert verdict.policies
    assert verdict == SHIPPED_POLICIES.authorize(question)


@given(words.filter(lambda word: "\ud800" not in word and word.isprintable()), words)
def test_ids_are_compared_as_they_are(one: str, other: str) -> None:
    """Everybody acts for himself, and for nobody whose id is another string."""
    asked = AuthorizationRequest(
        Actor(ActorKind.USER, one), "viewer", "mute-self", "m-1", "open", person=one, person_role="viewer"
    )
    assert SHIPPED_POLICIES.authorize(asked).allowed
    asked = AuthorizationRequest(Actor(ActorKind.USER, one), "viewer", "mute-self", "m-1", "open", person=other)
    assert SHIPPED_POLICIES.authorize(asked).allowed == (one == other)


@given(roles, modes, st.booleans())
def test_every_bit_is_held_or_withheld_by_a_policy(role: str | None, mode: str, has_floor: bool) -> None:
    held = SHIPPED_POLICIES.capabilities_for(role, mode, has_floor)
    withheld = Capabilities(0)
    for bit, policies in held.withheld_by.items():
        assert policies
        withheld |= bit
    assert held.capabilities == EVERYTHING & ~withheld


def test_importing_the_adapter_does_not_import_cedar() -> None:
    """A cold start pays for Cedar where the first question is asked."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import moderation.adapters.cedar"
    code += "; sys.exit('cedarpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(SHIPPED.parents[2])], check=True)
