"""A model of Chime for plans: what the two capability calls do to the attendees present."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from moderation.domain.batch_plan import AttendeeState, BatchExcept, Call, Update
from moderation.domain.capability import Capabilities

NEWCOMER = "newcomer"
PolicyCapabilities = Mapping[str, Capabilities | None]
State = tuple[Capabilities | None, ...]


def after(held: PolicyCapabilities, call: Call) -> dict[str, Capabilities | None]:
    """The effect of a call. A batch overwrites all attendees that are not excluded, also unknown ones."""
    match call:
        case Update(attendee_id, capabilities):
            assert attendee_id in held, "404"
            return {**held, attendee_id: capabilities}
        case BatchExcept(excluded, capabilities):
            assert 1 <= len(excluded) <= 250, "400"
            assert len(set(excluded)) == len(excluded)
            assert set(excluded) <= set(held)
            return {a: old if a in excluded else capabilities for a, old in held.items()}


def moments(
    roster: Sequence[AttendeeState], calls: Iterable[Call], newcomer: Capabilities
) -> Iterator[PolicyCapabilities]:
    """The capabilities before, between and after the calls. One more attendee joined after the roster was read."""
    held: PolicyCapabilities = {**{s.attendee_id: s.actual for s in roster}, NEWCOMER: newcomer}
    yield held
    for call in calls:
        held = after(held, call)
        yield held


def vocabulary(
    ids: Sequence[str], pipelines: frozenset[str], newcomer: Capabilities, words: Iterable[Capabilities]
) -> list[Call]:
    """Every possible call: never on a media pipeline, no batch wider than a newcomer may have."""
    moderated = [a for a in ids if a not in pipelines]
    excluded = [e for n in range(1, len(ids) + 1) for e in combinations(ids, n) if pipelines <= set(e)]
    calls: list[Call] = []
    for word in words:
        calls += [Update(a, word) for a in moderated]
        if word in newcomer:
            calls += [BatchExcept(e, word) for e in excluded]
    return calls


def fewest(start: State, ids: Sequence[str], calls: Sequence[Call]) -> dict[State, int]:
    """The least number of calls to every reachable state."""
    found = {start: 0}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        for call in calls:
            held = after(dict(zip(ids, state, strict=True)), call)
            then = tuple(held[a] for a in ids)
            if then not in found:
                found[then] = found[state] + 1
                waiting.append(then)
    return found
