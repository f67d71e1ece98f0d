"""What is to be written, cut into transactions that DynamoDB takes: 100 actions, 4 MB, expressions of 4 KB.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from ...ports import Clause, SeatsNoted, UserRevised, actions_of

MOST_ACTIONS = 100
MOST_BYTES = 3 * 1024 * 1024
SEATS_TOGETHER = 40
"""Seats of one user in one clause: each adds some 40 characters to the expression."""

Item = TypeVar("Item")


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def packed(
    groups: Iterable[Sequence[Clause]], beside: Sequence[Clause] = (), most: int = MOST_ACTIONS
) -> Iterator[list[Sequence[Clause]]]:
    """The groups in their order, as many as go into one transaction with the clauses that each has `beside` them. A
    group is never torn apart, and no two of one transaction write the same user.
    """
    room, space = most - sum(map(actions_of, beside)), MOST_BYTES - sum(map(size, beside))
    together: list[Sequence[Clause]] = []
    users: set[str] = set()
    count = length = 0
    for group in groups:
        added, written, actions = sum(map(size, group)), _users(group), sum(map(actions_of, group))
        if together and (count + actions > room or length + added > space or users & written):
            yield together
            together, users, count, length = [], set(), 0, 0
        together.append(group)
        users |= written
        count += actions
        length += added
    if together:
        yield together


def size(clause: Clause) -> int:
    """In bytes, as it is printed: more than it takes in the table."""
    return len(repr(clause).encode("utf-8", "replace"))


def _users(group: Sequence[Clause]) -> set[str]:
    revised = {clause.user.id for clause in group if isinstance(clause, UserRevised)}
    return revised | {clause.user_id for clause in group if isinstance(clause, SeatsNoted)}
