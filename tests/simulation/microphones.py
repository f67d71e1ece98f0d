"""Where microphones open by consent only: nobody's opens behind his back, whatever opens it.

Watched is what Chime really holds, write by write, not what Gavel believes. A person is silent while no seat of his
sends audio. A write of Gavel's may end his silence only
- if he agreed since it began: he accepted a request, or opened his microphone himself;
- if he agreed a short while ago and nobody has decided since that he be silent: an older order came in between;
- if the call was on its way before he fell silent, or whoever made it saw him send when he last looked: order and
  silence passed each other. If what he fell silent by is the later decision, it is looked at again and stands.
"""

from collections.abc import Callable, Mapping, Sequence

from moderation.domain.capability import Capabilities
from moderation.domain.change import CALL_LIFE, GIVE_UP_AFTER, LEASE
from moderation.domain.entry import UNMUTE_ANSWERED
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import ChangeOpened, Clause, EntryWritten, SeatInChime, UserRevised

from .one_meeting import OneMeeting
from .scheduler import Actor, Scheduler

AUDIO = Capabilities.SEND_AUDIO
WINDOW_MS = round((LEASE + CALL_LIFE).total_seconds() * 1000)
PATIENCE_MS = round(GIVE_UP_AFTER.total_seconds() * 1000)
MOMENT_MS = 2_000
NEWCOMER = ""
"""Whom nobody has heard of."""
ALWAYS = -1
Looks = Mapping[str, tuple[str, int]]
"""Seat → whose it is and when it was last looked at, in milliseconds. Two seats of one person are two looks."""


class Microphones:
    def __init__(
        self,
        store: OneMeeting,
        scheduler: Scheduler,
        violated: Callable[[str, str], None],
        is_free_since: Callable[[str, int], bool],
    ) -> None:
        """`is_free_since`: whether by the rules nothing but consent has kept somebody silent since then."""
        self._is_free_since = is_free_since
        self._store = store
        self._scheduler = scheduler
        self._violated = violated
        self._seats: dict[str, SeatInChime] = {}
        self._silent_since: dict[str, int] = {}
        self._agreed: dict[str, int] = {}
        self._agreements: dict[str, object] = {}
        self._looks: dict[Actor, dict[str, tuple[str, int]]] = {}
        self._required_since: int | None = None
        self._created_with_less: set[str] = set()
        self._interrupted: set[str] = set()

    def required_from(self, since: int) -> None:
        """Whether consent is wanted, as the meeting stands by now."""
        rules = next(iter(self._store.meetings.values())).rules
        if rules.unmute_consent is UnmuteConsent.NONE:
            self._required_since = None
        elif self._required_since is None:
            self._required_since = since

    # ---- what happens in Chime -------------------------------------------------------------------------------------

    def holds(self, seat: SeatInChime) -> None:
        """What a seat holds from now on, whoever made it so."""
        self._seats[seat.attendee_id] = seat
        self._note(seat.user_id)

    def leaves(self, seat: SeatInChime) -> None:
        self._seats.pop(seat.attendee_id, None)
        self._note(seat.user_id)

    def comes(self, seat: SeatInChime) -> None:
        """Whoever is created with less than the rules give a newcomer, and gave a moment ago, may get that from a
        batch before he is known.
        """
        if AUDIO not in seat.capabilities and self._is_free_since(NEWCOMER, self._scheduler.now_ms - MOMENT_MS):
            self._created_with_less.add(seat.attendee_id)
        self.holds(seat)

    def wrote(self, seat: SeatInChime, new: Capabilities, started_ms: int, looks: Looks, *, is_known: bool) -> None:
        """Called before Gavel's write takes effect. `is_known`: the ledger had the seat when the call began."""
        user_id = seat.user_id
        self._is_interrupted(seat, new, is_known=is_known)
        if AUDIO not in new or self._sends(user_id) or not self._is_required(started_ms):
            return
        if (seat.attendee_id in self._created_with_less and not is_known) or user_id in self._interrupted:
            return
        since = self._silent_since.get(user_id, ALWAYS)
        saw_him_send = since >= started_ms or any(whose == user_id and since >= at for whose, at in looks.values())
        if not saw_him_send and not self._has_agreed(user_id, since, started_ms):
            self._violated("no microphone opens without consent", f"{user_id}, silent since {since}")

    def _has_agreed(self, user_id: str, silent_since: int, started_ms: int) -> bool:
        agreed = self._agreed.get(user_id)
        if agreed is None or agreed >= silent_since:
            return agreed is not None
        return started_ms <= agreed + PATIENCE_MS and self._is_free_since(user_id, agreed)

    def _is_interrupted(self, seat: SeatInChime, new: Capabilities, *, is_known: bool) -> None:
        """A batch that takes from a newcomer what he came with is no decision about him: he is given it back."""
        if self._sends(seat.user_id):
            self._interrupted.discard(seat.user_id)
            if AUDIO in seat.capabilities and AUDIO not in new and not is_known:
                self._interrupted.add(seat.user_id)

    def _is_required(self, started_ms: int) -> bool:
        """Long enough for no order to be under way that was derived before."""
        since = self._required_since
        return since is not None and (since == ALWAYS or since + WINDOW_MS <= started_ms)

    def _sends(self, user_id: str) -> bool:
        return any(s.user_id == user_id and AUDIO in s.capabilities for s in self._seats.values())

    def _note(self, user_id: str) -> None:
        if self._sends(user_id):
            self._silent_since.pop(user_id, None)
        else:
            self._silent_since.setdefault(user_id, self._scheduler.now_ms)

    # ---- who looks, who agrees -------------------------------------------------------------------------------------

    def looked(self, seats: Sequence[SeatInChime]) -> None:
        if self._scheduler.current is not None:
            mine = self._looks.setdefault(self._scheduler.current, {})
            mine.update({seat.attendee_id: (seat.user_id, self._scheduler.now_ms) for seat in seats})

    def looks(self) -> Looks:
        """What the one who runs has seen since he began with the change he is at."""
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
                if not _is_his_own(user.id, clauses):
                    self._violated("nobody agrees in another's place", user.id)
            self._agreements[user.id] = agreed


def _is_his_own(user_id: str, clauses: Sequence[Clause]) -> bool:
    for clause in clauses:
        if isinstance(clause, ChangeOpened) and clause.change.actor.is_user(user_id):
            return True
        if isinstance(clause, EntryWritten) and clause.entry.type == UNMUTE_ANSWERED:
            return clause.entry.extra["answer"] == "accepted" and clause.entry.actor.is_user(user_id)
    return False
