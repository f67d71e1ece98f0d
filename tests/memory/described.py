"""An in-memory ledger that checks each entry against the published schema, and that no revision is used twice."""

import json
from collections.abc import Sequence

from moderation.domain.entry import Entry
from moderation.ports import Clause, EntryWritten, MeetingRevised, UserRevised
from pydantic import ValidationError

from contracts.event_models import EVENTS
from tests.memory.ledger import MemoryLedger

DESCRIBED = {model.detail_type: model for model in EVENTS}


class Undescribed(AssertionError):
    """An entry differs from its model in `contracts/event_models.py`."""


class DescribedLedger(MemoryLedger):
    def transact(self, clauses: Sequence[Clause]) -> None:
        for clause in clauses:
            if isinstance(clause, EntryWritten):
                check(clause.entry)
            if isinstance(clause, MeetingRevised):
                assert clause.meeting.revision == clause.was + 1, clause
            if isinstance(clause, UserRevised):
                assert clause.user.revision == clause.was + 1, clause
        super().transact(clauses)


def check(entry: Entry) -> None:
    """Checks the entry as it is written. Raises `Undescribed`."""
    if entry.type not in DESCRIBED:
        raise Undescribed(f"no event is called `{entry.type}`")
    try:
        DESCRIBED[entry.type].model_validate_json(json.dumps(entry.detail), strict=True)
    except ValidationError as error:
        raise Undescribed(f"{entry.type}: {error}") from None
