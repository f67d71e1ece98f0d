"""A ledger in memory that takes no entry of which subscribers are not told what is in it."""

import json
from collections.abc import Sequence

from moderation.core.entry import Entry
from moderation.events import EVENTS
from moderation.ports import Clause, EntryWritten
from pydantic import ValidationError

from tests.memory.ledger import MemoryLedger

DESCRIBED = {model.detail_type: model for model in EVENTS}


class Undescribed(AssertionError):
    """What an entry says and `moderation/events.py` doesn't, or says otherwise."""


class DescribedLedger(MemoryLedger):
    def transact(self, clauses: Sequence[Clause]) -> None:
        for clause in clauses:
            if isinstance(clause, EntryWritten):
                check(clause.entry)
        super().transact(clauses)


def check(entry: Entry) -> None:
    """As it is written. Raises `Undescribed`."""
    if entry.type not in DESCRIBED:
        raise Undescribed(f"no event is called `{entry.type}`")
    try:
        DESCRIBED[entry.type].model_validate_json(json.dumps(entry.detail), strict=True)
    except ValidationError as error:
        raise Undescribed(f"{entry.type}: {error}") from None
