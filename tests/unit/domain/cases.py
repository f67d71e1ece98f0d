"""Cases for tests of decisions: one meeting with the host alice and the attendee bob."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product

from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import (
    EVERYTHING,
    NOTHING,
    RECEIVE,
    SEND,
    Capabilities,
    LiftableBy,
    Medium,
    Origin,
    PolicyCapabilities,
    Restriction,
    Restrictions,
    added,
)
from moderation.domain.commands import UserCommand
from moderation.domain.decisions.decide import decide
from moderation.domain.decisions.decision import Accepted, Case, Refusal, Unchanged
from moderation.domain.effective import Holds, effective
from moderation.domain.meeting import Attendee, Features, Meeting, MeetingRules, User, UserRules

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
ALICE = Actor(ActorKind.USER, "alice")
BOB = Actor(ActorKind.USER, "bob")
ATTENDEE = "11111111-2222-3333-4444-555555555555"

ALL_STATES = [Capabilities(bits) for bits in range(64)]
MEDIA_SETS = [some for n in (1, 2, 3) for some in combinations(Medium, n)]
ALL_FEATURES = [Features(*switches) for switches in product((True, False), repeat=3)]


ALL_ON = Features()


def meeting(features: Features = ALL_ON, ended_at: datetime | None = None) -> Meeting:
    return Meeting("m", "standup", MeetingRules(), features, revision=7, registration="", hosts=1, ended_at=ended_at)


def holding(capabilities: Capabilities, *policies: str) -> Holds:
    """Policies that give every role these capabilities. The policies with these ids withhold the rest."""
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
    """One restriction for each capability, since a minute ago."""
    since = NOW - timedelta(minutes=1)
    return added((), (Restriction(bit, origin, liftable_by, by, since, reason, until) for bit in bits))


def own(bits: Capabilities, by: Actor = BOB) -> Restrictions:
    return withholding(bits, by, Origin.SELF, LiftableBy.SELF)


def a_user(restrictions: Restrictions = (), grant: Capabilities | None = None, given: Capabilities = NOTHING) -> User:
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
    return Case(meeting(features), user or a_user(), actor, by_moderator, holds, now)


def on_oneself(user: User | None = None, holds: Holds = ANYTHING) -> Case:
    return case(user, BOB, by_moderator=False, holds=holds)


def has(situation: Case) -> Capabilities:
    return effective(situation.meeting, situation.user, situation.holds, situation.now)


def seated(situation: Case, known: Capabilities | None) -> Case:
    """The case with an attendee whose capabilities in Chime are known."""
    return replace(situation, user=replace(situation.user, attendees={ATTENDEE: Attendee(ATTENDEE, known)}))


def settled(situation: Case) -> Case:
    """The case with Chime having what the rules say."""
    return seated(situation, has(situation))


def following(situation: Case, decided: Accepted[UserRules]) -> Case:
    """The case after the decision was committed, before a call to Chime."""
    return replace(situation, user=replace(situation.user, rules=decided.rules))


def decided(situation: Case, command: UserCommand) -> Accepted[UserRules]:
    answer = decide(situation, command)
    assert isinstance(answer, Accepted), answer
    return answer


def refused(situation: Case, command: UserCommand) -> Refusal:
    answer = decide(situation, command)
    assert isinstance(answer, Refusal), answer
    return answer


def unchanged(situation: Case, command: UserCommand) -> Unchanged:
    answer = decide(situation, command)
    assert isinstance(answer, Unchanged), answer
    return answer


def words_of(medium: Medium) -> list[Capabilities]:
    """The capabilities that the four words of Chime's API mean for one medium."""
    return [NOTHING, SEND[medium], RECEIVE[medium], SEND[medium] | RECEIVE[medium]]


def requests() -> Iterator[dict[Medium, Capabilities]]:
    """Every complete request of three words."""
    for bits in product(*(words_of(medium) for medium in Medium)):
        yield dict(zip(Medium, bits, strict=True))
