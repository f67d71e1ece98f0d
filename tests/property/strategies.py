"""Hypothesis strategies of meetings, users and commands. Small alphabets make collisions common."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from moderation.domain import commands as command
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.batch_plan import AttendeeState
from moderation.domain.capability import (
    RECEIVE,
    SEND,
    Capabilities,
    LiftableBy,
    Medium,
    MuteAll,
    Origin,
    PolicyCapabilities,
    Restriction,
    Restrictions,
    added,
    coherent,
)
from moderation.domain.commands import Mute, SetCapabilities, Unmute, UserCommand
from moderation.domain.decisions.decision import Case
from moderation.domain.effective import Holds
from moderation.domain.meeting import Attendee, Features, Meeting, MeetingRules, UnmuteConsent, User, UserRules
from moderation.domain.personal_rules import Agreement, Ban, ConsentRequest, Floor, Hold, Waiting

from tests.unit.domain.cases import ALICE, BOB, NOW, meeting

capabilities = st.integers(0, 63).map(Capabilities)
coherents = capabilities.map(coherent)
reasons = st.sampled_from([None, "noise", "exam"])
actors = st.sampled_from([ALICE, BOB, Actor(ActorKind.SERVICE, "proctor"), Actor(ActorKind.USER, "bob", via="phone")])
seconds = st.none() | st.sampled_from([1, 60, 86_400])
media = st.sets(st.sampled_from(Medium), min_size=1).map(lambda some: tuple(sorted(some)))
features = st.builds(Features, st.booleans(), st.booleans(), st.booleans())


@st.composite
def restrictions(draw: st.DrawFn, *, ended: bool = True) -> Restrictions:
    """Restrictions in canonical order. Some have ended, unless `ended` is false."""
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
attendees = st.lists(st.none() | coherents, max_size=2).map(
    lambda known: {f"s{n}": Attendee(f"s{n}", bits) for n, bits in enumerate(known)}
)
users = st.builds(User, id=st.just("bob"), rules=rules, attendees=attendees, revision=st.integers(0, 9))
meetings: st.SearchStrategy[Meeting] = features.map(lambda some: meeting(features=some))


@st.composite
def policies(draw: st.DrawFn) -> Holds:
    """The same capabilities for every role and mode. The policies' own tests check the differences."""
    held = PolicyCapabilities(draw(capabilities), {bit: (f"no-{bit.value}",) for bit in draw(capabilities)})
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
    by_moderator=st.booleans(),
    holds=policies(),
    now=st.just(NOW),
)

few = st.sampled_from([Capabilities(bits) for bits in (0, 1, 2, 62, 63)])
rosters = st.lists(st.tuples(st.none() | few, few, st.integers(0, 5)), max_size=30).map(
    lambda rows: [
        AttendeeState(f"a{n}", actual, None if dice == 0 else wanted) for n, (actual, wanted, dice) in enumerate(rows)
    ]
)
"""About one in six is a media pipeline."""

RANKING = ("host", "cohost", "presenter", "participant", "viewer")
SINCE = NOW - timedelta(seconds=60)
ends = st.sampled_from([NOW + timedelta(seconds=seconds) for seconds in (-5, 0, 1, 60)])
bans = st.builds(Ban, actor=actors, since=st.just(SINCE), reason=reasons, until=st.none() | ends)
holds_on_people = st.builds(Hold, actor=actors, since=st.just(SINCE), reason=reasons)
waitings = st.builds(Waiting, since=st.just(SINCE), declined_at=st.none() | st.just(SINCE), left=st.booleans())
requests = st.builds(
    ConsentRequest, change_id=st.sampled_from(["a", "b"]), actor=actors, since=st.just(SINCE), until=ends
)
agreements = st.builds(Agreement, until=ends, meeting_revision=st.sampled_from([6, 7]))


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    """A floor of the current generation, or of an earlier one."""
    spoken = draw(media)
    turns = tuple(draw(st.sampled_from(["", "other"])) for _ in spoken)
    return Floor(spoken, turns, ALICE, SINCE, draw(ends), draw(reasons))


whole_rules = st.builds(
    UserRules,
    role=st.sampled_from([None, *RANKING]),
    grant=st.none() | capabilities,
    given=capabilities,
    restrictions=restrictions(),
    spares=st.frozensets(st.sampled_from(["c0/audio", "c0/video", "c1/audio"]), max_size=2),
    admitted=st.booleans(),
    hold=st.none() | holds_on_people,
    floor=st.none() | floors(),
    ban=st.none() | bans,
    waiting=st.none() | waitings,
    removed=st.frozensets(st.sampled_from(["s0", "s1"]), max_size=1),
    removed_at=st.none() | st.just(SINCE),
    asked=st.none() | requests,
    agreed=st.none() | agreements,
)
"""All rules that a user may have, whether or not a series of commands could have produced them."""
whole_users = st.builds(User, id=st.just("bob"), rules=whole_rules, attendees=attendees, revision=st.integers(0, 9))


@st.composite
def mute_alls(draw: st.DrawFn) -> tuple[MuteAll, ...]:
    made = []
    for medium in sorted(draw(st.frozensets(st.sampled_from(Medium)))):
        until = draw(st.none() | ends)
        roles = draw(st.frozensets(st.sampled_from(["host", "presenter"])))
        users = draw(st.frozensets(st.just("bob")))
        made.append(MuteAll(f"c0/{medium.value}", medium, LiftableBy.HOST, ALICE, SINCE, None, until, roles, users))
    return tuple(made)


MODES = ("open", "audience", "audio-only")
meeting_rules = st.builds(
    MeetingRules,
    mode=st.sampled_from(MODES),
    unmute_consent=st.sampled_from(UnmuteConsent),
    lobby=st.booleans(),
    mute_alls=mute_alls(),
)
whole_meetings = st.builds(lambda some, rules: replace(meeting(features=some), rules=rules), features, meeting_rules)


@st.composite
def floor_policies(draw: st.DrawFn) -> Holds:
    """Capabilities by mode; with the floor never less than without it."""
    without = {mode: draw(capabilities) for mode in MODES}
    more = draw(capabilities)
    return lambda role, mode, floor: PolicyCapabilities(without[mode] | (more if floor else Capabilities(0)))


user_commands: st.SearchStrategy[UserCommand] = (
    commands
    | st.builds(command.Hold, reason=reasons)
    | st.just(command.Release())
    | st.builds(command.SetRole, role=st.sampled_from(RANKING))
    | st.builds(command.Ban, until=st.none() | st.just(NOW + timedelta(seconds=60)), reason=reasons)
    | st.just(command.Unban())
    | st.builds(command.GrantFloor, seconds=st.sampled_from([1, 60]), media=media)
    | st.just(command.EndFloor())
    | st.builds(command.LetIn, admit=st.booleans())
)
whole_cases = st.builds(
    Case,
    meeting=whole_meetings.map(lambda some: replace(some, hosts=2)),
    user=whole_users,
    actor=actors,
    by_moderator=st.just(True),
    holds=floor_policies(),
    now=st.just(NOW),
    change_id=st.just("new"),
    ranking=st.just(RANKING),
)
