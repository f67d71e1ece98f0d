"""Records that are due."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A record that the reconciler has to check.

    It names a change to finish or verify, or a user with a timed rule that ends. If it names neither, it is the
    meeting: a mute-all ends, or the meeting is due for a comparison with Chime.
    """

    at: datetime
    meeting_id: str
    change_id: str | None = None
    user_id: str | None = None
