"""Any record that its types allow: a field that is added tomorrow is drawn, too. Text breaks what is sewn of text."""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from moderation.domain.capability import Capabilities
from moderation.domain.change import AttendeeChange, Change, MeetingChange
from moderation.domain.entry import Entry, concerning
from moderation.domain.meeting import Attendee, Meeting, User
from moderation.ports import KeyTaken

from tests.integration.ledger.examples import NOW
from tests.property.strategies import capabilities

Strategy = st.SearchStrategy[Any]

each_time_the_same = settings(
    deadline=None,
    derandomize=True,
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],  # to look for a smaller example on a server takes minutes
    # Examples share a table and stay apart by their ids, each of which begins with a new number.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NASTY = [
    "\"'`\\",
    "#",
    "USER#bob",
    "a\t\r\nb ",
    "\x00\x7f",
    "𝄞👩‍👧",
    "e\u0301\u2028\ufeff",
    "null",
    "{}",
    ":s0",
    "a[0].b",
    "NaN",
]
letters = st.characters(exclude_categories=["Cs"])  # half a surrogate pair has no UTF-8
names = st.sampled_from(NASTY) | st.text(letters, min_size=1, max_size=8)
"""What stands in keys, where nothing may be empty."""
texts = st.just("") | names
numbers = st.integers(-(2**53), 2**53)
moments = st.integers(-(10**11), 10**11).map(lambda milliseconds: NOW + timedelta(milliseconds=milliseconds))
json = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
documents = st.dictionaries(texts, json, max_size=3)
PLAIN: dict[Any, Strategy] = {
    str: texts,
    int: numbers,
    bool: st.booleans(),
    type(None): st.none(),
    datetime: moments,
    Capabilities: capabilities,
    Mapping[str, object]: documents,
    Mapping[str, str]: st.dictionaries(names, texts, max_size=3),
    Mapping[str, Capabilities]: st.dictionaries(names, capabilities, max_size=3),
}


def every_field(kind: Callable[..., Any], **known: Strategy) -> Strategy:
    """Objects of a dataclass. `known` is what its types don't say."""
    hints = get_type_hints(kind)
    unknown = {each.name for each in fields(kind)} - known.keys()  # type: ignore[arg-type]
    return st.builds(kind, **{name: of(hints[name]) for name in sorted(unknown)}, **known)


def of(hint: Any) -> Strategy:
    if hint in PLAIN:
        return PLAIN[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of([of(each) for each in arguments])
    if origin is tuple and Ellipsis not in arguments:
        return st.tuples(*map(of, arguments))
    if origin is tuple:
        return st.lists(of(arguments[0]), max_size=3).map(tuple)
    if origin is frozenset:
        return st.frozensets(of(arguments[0]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    return every_field(hint)


def _by_id(attendees: list[Attendee]) -> dict[str, Attendee]:
    return {attendee.attendee_id: attendee for attendee in attendees}


revisions = st.integers(1, 2**40)
seatings = st.lists(every_field(Attendee, attendee_id=names), max_size=3).map(_by_id)
concerned = st.lists(st.builds(concerning, st.none() | names, texts), max_size=3)
additions = st.fixed_dictionaries(
    {}, optional={"attendees": concerned, "parameters": documents, "code": json, "answer": texts}
)
"""What the types of entries add to what every entry says."""

meetings: st.SearchStrategy[Meeting] = every_field(Meeting, id=names, revision=revisions)
users: st.SearchStrategy[User] = every_field(
    User, id=names, revision=revisions, attendees=seatings, notes=st.just(0), hand=st.none()
)
"""Hands are raised by clauses of their own."""
changes: st.SearchStrategy[Change] = st.one_of(
    every_field(AttendeeChange, id=names, meeting_id=names), every_field(MeetingChange, id=names, meeting_id=names)
)
entries: st.SearchStrategy[Entry] = every_field(Entry, id=names, meeting_id=names, extra=additions)
keys: st.SearchStrategy[KeyTaken] = every_field(KeyTaken, id=names)
