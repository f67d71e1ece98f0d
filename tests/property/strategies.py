"""Meetings, people and commands as Hypothesis draws them. Small alphabets, so that collisions are common."""

from datetime import timedelta

from hypothesis import strategies as st
from moderation.core.actor import Actor, ActorKind, Held, Verdict
from moderation.core.capability import RECEIVE, SEND, Capabilities, Medium, coherent
from moderation.core.command import Mute, SetCapabilities, Unmute, UserCommand
from moderation.core.decision import Case
from moderation.core.effective import Holds
from moderation.core.meeting import Features, Meeting, Seat, User, UserRules
from moderation.core.plan import Standing
from moderation.core.restriction import LiftableBy, Origin, Restriction, Restrictions, added

from tests.unit.core.scenes import ALICE, BOB, NOW, meeting

capabilities = st.integers(0, 63).map(Capabilities)
coherents = capabilities.map(coherent)
reasons = st.sampled_from([None, "noise", "exam"])
actors = st.sampled_from([ALICE, BOB, Actor(ActorKind.SERVICE, "proctor"), Actor(ActorKind.USER, "bob", via="phone")])
seconds = st.none() | st.sampled_from([1, 60, 86_400])
media = st.sets(st.sampled_from(Medium), min_size=1).map(lambda some: tuple(sorted(some)))
features = st.builds(Features, st.booleans(), st.booleans(), st.booleans())


@st.composite
def restrictions(draw: st.DrawFn, *, ended: bool = True) -> Restrictions:
    """Canonical, as rules are written; some have ended unless told otherwise."""
    ends = [None, NOW + timedelta(seconds=5)] + ([NOW, NOW - timedelta(seconds=5)] if ended else [])
    each = st.builds(
        Restriction,
        withholds=st.sampled_from(list(Capabilities)),
        origin=st.sampled_from(Origin),
        liftable_by=st.sampled_from(LiftableBy),
        actor=actors,
        since=st.just(NOW - timedelta(seconds=60)),
        reason=reasons,
        until=st.sampled_from(ends),
    )
    return added((), draw(st.lists(each, max_size=6)))


rules = st.builds(
    UserRules,
    role=st.sampled_from([None, "participant", "viewer"]),
    grant=st.none() | capabilities,
    given=capabilities,
    restrictions=restrictions(),
)
seats = st.lists(st.none() | coherents, max_size=2).map(
    lambda known: {f"s{n}": Seat(f"s{n}", bits) for n, bits in enumerate(known)}
)
users = st.builds(User, id=st.just("bob"), rules=rules, seats=seats, revision=st.integers(0, 9))
meetings: st.SearchStrategy[Meeting] = features.map(lambda some: meeting(features=some))


@st.composite
def policies(draw: st.DrawFn) -> Holds:
    """One answer for everybody: what differs by role and mode is for the policies' own tests."""
    held = Held(draw(capabilities), {bit: (f"no-{bit.value}",) for bit in draw(capabilities)})
    return lambda role, mode, floor: held


words = st.fixed_dictionaries(
    {},
    optional={
        medium: st.sampled_from([Capabilities(0), SEND[medium], RECEIVE[medium], SEND[medium] | RECEIVE[medium]])
        for medium in Medium
    },
)
liftables = st.none() | st.sampled_from(LiftableBy)
mutes = st.builds(Mute, media=media, seconds=seconds, reason=reasons, liftable_by=liftables)
unmutes = st.builds(Unmute, media=media, reason=reasons)
settings_of_capabilities = st.builds(SetCapabilities, wanted=words, reason=reasons)
commands: st.SearchStrategy[UserCommand] = mutes | unmutes | settings_of_capabilities

cases = st.builds(
    Case,
    meeting=meetings,
    user=users,
    actor=actors,
    verdict=st.just(Verdict(True, ("hosts-moderate",))),
    by_moderator=st.booleans(),
    holds=policies(),
    now=st.just(NOW),
)

few = st.sampled_from([Capabilities(bits) for bits in (0, 1, 2, 62, 63)])
rosters = st.lists(st.tuples(st.none() | few, few, st.integers(0, 5)), max_size=30).map(
    lambda rows: [
        Standing(f"a{n}", actual, None if dice == 0 else wanted) for n, (actual, wanted, dice) in enumerate(rows)
    ]
)
"""About one in six is a media pipeline."""
