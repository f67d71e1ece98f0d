"""What the ledger is asked for when time has passed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A change to be finished or looked at again, or a user or (with neither) a meeting where something ends by itself
    or that is to be compared with Chime.
    """

    at: datetime
    meeting_id: str
    change_id: str | None = None
    user_id: str | None = None
