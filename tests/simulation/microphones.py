"""Where microphones open by consent only: no microphone opens without its user's agreement, whatever opens it.

The monitor watches what Chime holds, write by write, not what Gavel believes. A user is silent while none of their
attendees sends audio. A write of Gavel's may end this silence only
- if the user has agreed since it began: they accepted a request, or opened the microphone themselves;
- if they agreed a short while ago and no decision silenced them until the call began, or until the read that it rests
  on, which is less than a second older: an older call came in between, or the later decision is applied once more;
- if the call was on its way before the silence began, or its process saw the user send at its last read: call and
  silence passed each other. If the silence comes from the later decision, it is verified afterwards and stands.
"""

from collections.abc import Callable, Mapping, Sequence

from moderation.application.enforcement.chime_calls import RULES_ARE_FRESH_FOR
from moderation.domain.capability import Capabilities
from moderation.domain.change import CALL_LIFE, CALL_TIMEOUT, GIVE_UP_AFTER, LEASE
from moderation.domain.entry import UNMUTE_ANSWERED
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import ChangeOpened, ChimeAttendee, Clause, EntryWritten, UserRevised

from .excuses import Excuse, Excused
from .one_meeting import OneMeeting
from .scheduler import Actor, Scheduler

AUDIO = Capabilities.SEND_AUDIO
WINDOW_MS = round((LEASE + CALL_LIFE).total_seconds() * 1000)
PATIENCE_MS = round(GIVE_UP_AFTER.total_seconds() * 1000)
TIMEOUT_MS = round(CALL_TIMEOUT.total_seconds() * 1000)
FRESH_MS = round(RULES_ARE_FRESH_FOR.total_seconds() * 1000)
MOMENT_MS = 2_000
NEWCOMER = ""
"""A user with nothing stored."""
ALWAYS = -1
Looks = Mapping[str, tuple[str, int]]
"""Attendee → its user, and when it was last read, in milliseconds. Two attendees of one user are two reads."""


class Microphones:
    def __init__(
        self,
        store: OneMeeting,
        scheduler: Scheduler,
        violated: Callable[[str, str], None],
        excused: Excused,
        is_free: Callable[[str, int, int], bool],
    ) -> None:
        """`is_free`: whether consent alone has kept a user silent between two times."""
        self._is_free = is_free
        self._store = store
        self._scheduler = scheduler
        self._violated = violated
        self._excused = excused
        self._attendees: dict[str, ChimeAttendee] = {}
        self._silent_since: dict[str, int] = {}
        self._agreed: dict[str, int] = {}
        self._agreements: dict[str, object] = {}
        self._looks: dict[Actor, dict[str, tuple[str, int]]] = {}
        self._required_since: int | None = None
        self._created_with_less: set[str] = set()

    def required_from(self, since: int) -> None:
        """Notes whether the meeting requires consent."""
        rules = next(iter(self._store.meetings.values())).rules
        if rules.unmute_consent is UnmuteConsent.NONE:
            self._required_since = None
        elif self._required_since is None:
            self._required_since = since

    # ---- what happens in Chime -------------------------------------------------------------------------------------

    def holds(self, attendee: ChimeAttendee) -> None:
        """Notes what an attendee holds from now on, whatever wrote it."""
        self._attendees[attendee.attendee_id] = attendee
        self._note(attendee.user_id)

    def leaves(self, attendee: ChimeAttendee) -> None:
        self._attendees.pop(attendee.attendee_id, None)
        self._note(attendee.user_id)

    def comes(self, attendee: ChimeAttendee) -> None:
        """An attendee that was created with less than the rules give a newcomer may get the rest from a batch before
        Gavel knows them.
        """
        now = self._scheduler.now_ms
        if AUDIO not in attendee.capabilities and self._is_free(NEWCOMER, now - MOMENT_MS, now):
            self._created_with_less.add(attendee.attendee_id)
        self.holds(attendee)

    def wrote(
        self,
        attendee: ChimeAttendee,
        new: Capabilities,
        started_ms: int,
        looks: Looks,
        *,
        is_known: bool,
        is_bound_since: bool,
        looked_ms: int,
    ) -> None:
        """Called before Gavel's write takes effect. `is_known`: the ledger had the attendee when the call began.
        `looked_ms`: when the rules were read that the call rests on; a decision in the same millisecond came after it.
        `is_bound_since`: the ledger has the attendee since this read.
        """
        user_id = attendee.user_id
        if AUDIO not in new or self._sends(user_id) or not self._is_required(started_ms):
            return
        since = self._silent_since.get(user_id, ALWAYS)
        if self._has_agreed(user_id, since, started_ms):
            return
        if since >= started_ms:
            self._excused(Excuse.BEGUN_BEFORE)
        elif self._is_muted_since_the_read(user_id, since, started_ms, looked_ms, looks):
            self._excused(Excuse.MUTED_SINCE_THE_READ)
        elif is_bound_since:
            self._excused(Excuse.BOUND_AFTER_THE_READ)
        elif attendee.attendee_id in self._created_with_less and not is_known:
            self._excused(Excuse.CREATED_WITH_LESS)
        else:
            self._violated("no microphone opens without consent", f"{user_id}, silent since {since}")

    def _is_muted_since_the_read(self, user_id: str, since: int, started_ms: int, looked_ms: int, looks: Looks) -> bool:
        if any(whose == user_id and since >= at for whose, at in looks.values()):
            return True
        return looked_ms > started_ms - FRESH_MS and self._has_agreed(user_id, since, looked_ms - 1)

    def _has_agreed(self, user_id: str, silent_since: int, decided_ms: int) -> bool:
        agreed = self._agreed.get(user_id)
        if agreed is None or agreed >= silent_since:
            return agreed is not None
        return decided_ms <= agreed + PATIENCE_MS and self._is_free(user_id, agreed, decided_ms)

    def _is_required(self, started_ms: int) -> bool:
        """Whether consent has been required for so long that no older call is under way."""
        since = self._required_since
        return since is not None and (since == ALWAYS or since + WINDOW_MS <= started_ms)

    def _sends(self, user_id: str) -> bool:
        return any(s.user_id == user_id and AUDIO in s.capabilities for s in self._attendees.values())

    def _note(self, user_id: str) -> None:
        if self._sends(user_id):
            self._silent_since.pop(user_id, None)
        else:
            self._silent_since.setdefault(user_id, self._scheduler.now_ms)

    # ---- who looks, who agrees -------------------------------------------------------------------------------------

    def looked(self, attendees: Sequence[ChimeAttendee]) -> None:
        if self._scheduler.current is not None:
            mine = self._looks.setdefault(self._scheduler.current, {})
            mine.update({attendee.attendee_id: (attendee.user_id, self._scheduler.now_ms) for attendee in attendees})

    def looks(self) -> Looks:
        """What the running process has read since it began its current change."""
        current = self._scheduler.current
        return dict(self._looks.get(current, {})) if current is not None else {}

    def begins_anew(self) -> None:
        if self._scheduler.current is not None:
            self._looks.pop(self._scheduler.current, None)

    def committed(self, clauses: Sequence[Clause]) -> None:
        self.required_from(self._scheduler.now_ms)
        for clause in clauses:
            if not isinstance(clause, UserRevised):
                continue
            user, agreed = clause.user, clause.user.rules.agreed
            if agreed is not None and agreed != self._agreements.get(user.id):
                self._agreed[user.id] = self._scheduler.now_ms
                if not _is_own_change(user.id, clauses):
                    self._violated("nobody agrees in another's place", user.id)
            self._agreements[user.id] = agreed


def _is_own_change(user_id: str, clauses: Sequence[Clause]) -> bool:
    for clause in clauses:
        if isinstance(clause, ChangeOpened) and clause.change.actor.is_user(user_id):
            return True
        if isinstance(clause, EntryWritten) and clause.entry.type == UNMUTE_ANSWERED:
            return clause.entry.extra["answer"] == "accepted" and clause.entry.actor.is_user(user_id)
    return False
