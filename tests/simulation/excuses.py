"""What the monitor excuses. `docs/simulation.md` gives the reasons, `small_excuses.py` shows that each does no harm."""

from collections.abc import Callable
from enum import StrEnum


class Excuse(StrEnum):
    BOUND_AFTER_THE_READ = "a batch reaches an attendee that was bound after the read it rests on"
    BEGUN_BEFORE = "a call that began before a decision opens a microphone after it"
    MUTED_SINCE_THE_READ = "a call opens a microphone of a user who was muted since the read it rests on"
    CREATED_WITH_LESS = "a batch gives an unknown attendee the audio that it was created without"
    BLIND = "a call narrows by older rules while the ledger cannot be read"
    GIVEN_UP_WHILE_FROZEN = "a user gains in a frozen meeting because a change is given up"
    NOT_RECORDED = "a user is granted what a batch left, and the batch could not be recorded"
    OLDER_CHANGE = "a drift is told of what a call of an older change did"
    VERSIONS = "an event tells what the other version of the policies has changed"
    MORE_THAN_WITHHELD = "an attendee that was silent already loses what the command does not withhold"
    OVERTAKEN = "an older call undoes what is told before it is told"
    LATE_EFFECT = "a call without an answer undoes what is answered before it is answered"
    TAKEN_OVER = (
        "an attendee is unchanged in the answer of the function that takes over, and its notes were told before"
    )
    HELD_UP = "a reader has passed the entry of a function that was held up"


Excused = Callable[[Excuse], None]
