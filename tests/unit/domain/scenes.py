"""The stage on which decisions are tested: one meeting, alice its host, bob somebody in it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product

from moderation.domain.actor import Actor, ActorKind, PolicyCapabilities
from moderation.domain.capability import EVERYTHING, NOTHING, RECEIVE, SEND, Capabilities, Medium
from moderation.domain.commands import UserCommand
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Case, Refusal, Unchanged
from moderation.domain.effective import Holds, effective
from moderation.domain.meeting import Features, Meeting, MeetingRules, Seat, User, UserRules
from moderation.domain.restriction import LiftableBy, Origin, Restriction, Restrictions, added

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
ALICE = Actor(ActorKind.USER, "alice")
BOB = Actor(ActorKind.USER, "bob")
SEAT = "11111111-2222-3333-4444-555555555555"

ALL_STATES = [Capabilities(bits) for bits in range(64)]
MEDIA_SETS = [some for n in (1, 2, 3) for some in combinations(Medium, n)]
ALL_FEATURES = [Features(*switches) for switches in product((True, False), repeat=3)]


ALL_ON = Features()


def meeting(features: Features = ALL_ON, ended_at: datetime | None = None) -> Meeting:
    return Meeting("m", "standup", MeetingRules(), features, revision=7, registration="", hosts=1, ended_at=ended_at)


def holding(capabilities: Capabilities, *policies: str) -> Holds:
    """Policies that let everybody hold this much; the ids named withhold the rest."""
    held = PolicyCapabilities(capabilities, dict.fromkeys(EVERYTHING & ~capabilities, policies))
    return lambda role, mode, floor: held


ANYTHING = holding(EVERYTHING)


def withholding(
    bits: Capabilities,
    by: Actor = ALICE,
    origin: Origin = Origin.HOST,
    liftable_by: LiftableBy = LiftableBy.HOST,
    reason: str | None = None,
    until: datetime | None = None,
) -> Restrictions:
    """One restriction a bit, since a minute ago."""
    since = NOW - timedelta(minutes=1)
    return added((), (Restriction(bit, origin, liftable_by, by, since, reason, until) for bit in bits))


def own(bits: Capabilities, by: Actor = BOB) -> Restrictions:
    return withholding(bits, by, Origin.SELF, LiftableBy.SELF)


def person(restrictions: Restrictions = (), grant: Capabilities | None = None, given: Capabilities = NOTHING) -> User:
    return User("bob", UserRules("participant", grant, given, restrictions), {}, revision=3)


def case(
    user: User | None = None,
    actor: Actor = ALICE,
    *,
    by_moderator: bool = True,
    holds: Holds = ANYTHING,
    features: Features = ALL_ON,
    now: datetime = NOW,
) -> Case:
    return Case(meeting(features), user or person(), actor, by_moderator, holds, now)


def by_himself(user: User | None = None, holds: Holds = ANYTHING) -> Case:
    return case(user, BOB, by_moderator=False, holds=holds)


def has(scene: Case) -> Capabilities:
    return effective(scene.meeting, scene.user, scene.holds, scene.now)


def seated(scene: Case, known: Capabilities | None) -> Case:
    """The same, with a seat of which Chime is known to hold this."""
    return replace(scene, user=replace(scene.user, seats={SEAT: Seat(SEAT, known)}))


def settled(scene: Case) -> Case:
    """The same, and Chime is known to have what the rules say."""
    return seated(scene, has(scene))


def following(scene: Case, decided: Accepted[UserRules]) -> Case:
    """The same after the decision was committed, before Chime has heard of it."""
    return replace(scene, user=replace(scene.user, rules=decided.rules))


def decided(scene: Case, command: UserCommand) -> Accepted[UserRules]:
    answer = decide(scene, command)
    assert isinstance(answer, Accepted), answer
    return answer


def refused(scene: Case, command: UserCommand) -> Refusal:
    answer = decide(scene, command)
    assert isinstance(answer, Refusal), answer
    return answer


def unchanged(scene: Case, command: UserCommand) -> Unchanged:
    answer = decide(scene, command)
    assert isinstance(answer, Unchanged), answer
    return answer


def words_of(medium: Medium) -> list[Capabilities]:
    """What Amazon's four words mean for one medium."""
    return [NOTHING, SEND[medium], RECEIVE[medium], SEND[medium] | RECEIVE[medium]]


def requests() -> Iterator[dict[Medium, Capabilities]]:
    """Every whole triple that can be asked for."""
    for bits in product(*(words_of(medium) for medium in Medium)):
        yield dict(zip(Medium, bits, strict=True))
