"""Every authorization request has an answer: ids and words may contain any characters."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st
from moderation.adapters.cedar import CedarPolicies
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
    meeting_id=st.none() | words,
    mode=modes,
    frozen=st.booleans(),
    user_id=st.none() | words,
    user_role=roles,
    user_is_banned=st.booleans(),
)


@settings(deadline=None)
@given(questions)
def test_every_question_has_a_verdict_with_policies(question: AuthorizationRequest) -> None:
    verdict = SHIPPED_POLICIES.authorize(question)
    assert verdict.policies
    assert verdict == SHIPPED_POLICIES.authorize(question)


@settings(deadline=None)
@given(words.filter(lambda word: "\ud800" not in word and word.isprintable()), words)
def test_ids_are_compared_as_they_are(one: str, other: str) -> None:
    """Users may act on themselves, and on no user with another id."""
    asked = AuthorizationRequest(
        Actor(ActorKind.USER, one), "viewer", "mute-self", "m-1", "open", user_id=one, user_role="viewer"
    )
    assert SHIPPED_POLICIES.authorize(asked).allowed
    asked = AuthorizationRequest(Actor(ActorKind.USER, one), "viewer", "mute-self", "m-1", "open", user_id=other)
    assert SHIPPED_POLICIES.authorize(asked).allowed == (one == other)


@settings(deadline=None)
@given(roles, modes, st.booleans())
def test_every_bit_is_held_or_withheld_by_a_policy(role: str | None, mode: str, has_floor: bool) -> None:
    held = SHIPPED_POLICIES.capabilities_for(role, mode, has_floor)
    withheld = Capabilities(0)
    for bit, policies in held.withheld_by.items():
        assert policies
        withheld |= bit
    assert held.capabilities == EVERYTHING & ~withheld
