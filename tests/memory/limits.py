"""Checks DynamoDB's limits on the actions that production sends, whatever their conditions.

Sources: "Service, account, and table quotas in Amazon DynamoDB" and the API reference of TransactWriteItems. Emulators
check only the number of actions.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moderation.adapters.dynamodb.clauses import Writer
from moderation.adapters.dynamodb.ledger import MOST_ACTIONS
from moderation.ports import AttendeesNoted, Clause, UserRevised, actions_of

from tests.memory.clock import START

MOST_BYTES = 4 * 1024 * 1024
"""Of all items of one transaction."""
LARGEST_ITEM = 400 * 1024
LONGEST_EXPRESSION = 4 * 1024
LARGEST_PAGE = 1024 * 1024
"""What one Query reads before it returns a page."""
EXPRESSIONS = ("ConditionExpression", "UpdateExpression")
PLAIN = 20
"""Clauses, or attendees of one user, with which no transaction can be too large."""

_WRITER = Writer("ledger", 0, START)


class TooLarge(ValueError):
    """DynamoDB's ValidationException. A retry does not help."""


def check(clauses: Sequence[Clause]) -> None:
    """Raises `TooLarge`. Checks sizes only where they can matter, because simulations write a lot."""
    count = sum(map(actions_of, clauses))
    if not 1 <= count <= MOST_ACTIONS:
        raise TooLarge(f"{count} actions in one transaction")
    if (
        len(clauses) <= PLAIN
        and all(_attendees(clause) <= PLAIN for clause in clauses)
        and _text(clauses) < LARGEST_ITEM
    ):
        return
    bodies: list[dict[str, Any]] = [
        body for clause in clauses for action in _WRITER.actions(clause) for body in action.values()
    ]
    for body in bodies:
        for name in EXPRESSIONS:
            if len(body.get(name, "").encode()) > LONGEST_EXPRESSION:
                raise TooLarge(f"{name} of {len(body[name].encode())} bytes")
        if size(body.get("Item", {})) > LARGEST_ITEM:
            raise TooLarge(f"an item of {size(body['Item'])} bytes")
    whole = sum(size(body.get("Item") or body.get("ExpressionAttributeValues") or {}) for body in bodies)
    if whole > MOST_BYTES:
        raise TooLarge(f"a transaction of {whole} bytes")


def pages(images: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The pages of a Query: a page ends with the item that takes it over 1 MB."""
    found: list[list[Mapping[str, Any]]] = [[]]
    read = 0
    for image in images:
        if read >= LARGEST_PAGE:
            found.append([])
            read = 0
        found[-1].append(image)
        read += size(image)
    return found


def size(image: Mapping[str, Any]) -> int:
    """Bytes, as DynamoDB counts them: names and values, 3 more for lists and maps, and 1 for each of their members."""
    return sum(len(name.encode()) + _size(attribute) for name, attribute in image.items())


def _size(attribute: Mapping[str, Any]) -> int:
    [(kind, value)] = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return len(value) // 2 + 2
        case "M":
            return 3 + len(value) + size(value)
        case "L":
            return 3 + len(value) + sum(_size(each) for each in value)
    return 1


def _attendees(clause: Clause) -> int:
    match clause:
        case AttendeesNoted(attendees=attendees):
            return len(attendees)
        case UserRevised(user=user, new_attendees=new, was=was):
            return len(new) if was else len(user.attendees)
    return 0


def _text(clauses: Sequence[Clause]) -> int:
    return sum(len(repr(clause)) for clause in clauses)
