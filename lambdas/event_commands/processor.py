"""Processes messages: each is a command in one or more meetings, with a result in each."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Protocol

from moderation.application.background.unexpected_errors import where
from moderation.application.commands.event_support import Rejected
from moderation.application.commands.pipeline import RECORDED
from moderation.application.requests import MEETING_NOT_FOUND, WORTH_REPEATING, Outcome, Refused, Request, Sent
from moderation.domain.actor import NO_PERMIT
from moderation.domain.decisions.decision import LONGEST_REASON
from moderation.domain.ids import digest
from moderation.validation import Invalid

from .command_specs import AddressedCommand, addressed_command, meeting_address, name_of
from .message import Message

CHIME_REFUSED = "chime-refused"
UNCHANGED = "unchanged"
BAD_TIME = "bad-time"
IN_HISTORY = RECORDED | {CHIME_REFUSED, BAD_TIME}
"""Refusals that the pipeline has recorded in the history."""
NO_TRIGGER = Refused("not-permitted", "A source cannot begin with `trigger/`: only triggers do.", (NO_PERMIT,))
MOST_AHEAD = timedelta(seconds=60)
"""The most that a sender's clock may be ahead."""
MOST_FAULTS = 5
LONGEST_DETAIL = 500
LONGEST_REQUESTED = 128
ADDRESS = ("command", "meetingId", "externalMeetingId", "attendeeId", "externalUserId")
"""The fields of a command that name the command and its target."""


class Gavel(Protocol):
    """The methods of `moderation.bootstrap.Gavel` that are used here."""

    def perform(self, request: Request) -> Outcome: ...
    def meetings_named(self, external_id: str) -> Sequence[str]: ...
    def refuse(self, rejected: Rejected) -> bool: ...


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a command in one meeting. `retry`: the command may work later."""

    meeting_id: str | None
    outcome: str
    change_id: str | None = None
    replayed: bool = False
    retry: bool = False
    failure: str | None = None
    refused: bool = False
    took: float = 0.0
    """The duration in milliseconds."""

    @property
    def verdict(self) -> str:
        """The verdict in the words that the logs of all functions use."""
        if self.retry or self.outcome == CHIME_REFUSED:
            return "failed"
        if self.refused:
            return "refused"
        return UNCHANGED if self.outcome == UNCHANGED else "accepted"


class CommandProcessor:
    """Processes the command of a message in each of its meetings."""

    def __init__(self, gavel: Gavel, now: Callable[[], datetime], max_age: timedelta) -> None:
        self._gavel = gavel
        self._now = now
        self._max_age = max_age

    def process(self, message: Message) -> list[Result]:
        """Performs the command in each meeting. Raises `InfrastructureError` if the meetings of a name cannot be looked
        up.
        """
        try:
            meeting = meeting_address(message.detail)
        except Invalid as invalid:
            refusal = _invalid(Invalid(*message.faults) if message.faults else invalid)
            return [self._in_one(message, refusal, None)]
        meetings: Sequence[str | None] = (
            [meeting.meeting_id]
            if meeting.meeting_id
            else self._gavel.meetings_named(meeting.external_meeting_id or "")
        )
        addressed = _understood(message)
        if not isinstance(addressed, Refused):
            addressed = self._untimely(message) or addressed
        return [self._in_one(message, addressed, meeting_id) for meeting_id in meetings or [None]]

    def _in_one(self, message: Message, addressed: AddressedCommand | Refused, meeting_id: str | None) -> Result:
        """Performs the command in one meeting. A failure does not affect the other meetings."""
        started = perf_counter()
        try:
            result = self._processed(message, addressed, meeting_id)
        except Exception as error:
            result = Result(meeting_id, "internal-error", retry=True, failure=where(error))
        return replace(result, took=round((perf_counter() - started) * 1000, 1))

    def _processed(self, message: Message, addressed: AddressedCommand | Refused, meeting_id: str | None) -> Result:
        if isinstance(addressed, Refused) or meeting_id is None:
            refusal = addressed if isinstance(addressed, Refused) else MEETING_NOT_FOUND
            is_new = self._gavel.refuse(_rejected(message, None, meeting_id, refusal))
            return Result(meeting_id, refusal.code, replayed=not is_new, refused=True)
        outcome = self._gavel.perform(self._request(message, addressed, meeting_id))
        if not isinstance(outcome, Refused):
            return Result(meeting_id, outcome.status, outcome.change_id, outcome.replayed)
        retry, is_new = outcome.code in WORTH_REPEATING, not outcome.replayed
        if outcome.code not in WORTH_REPEATING | IN_HISTORY:
            is_new = self._gavel.refuse(_rejected(message, addressed, meeting_id, outcome))
        return Result(meeting_id, outcome.code, outcome.change_id, not is_new, retry, refused=True)

    def _untimely(self, message: Message) -> Refused | None:
        """The refusal of a command whose age is unknown: its time cannot be read, or its sender's clock is ahead."""
        if message.at is None:
            return Refused(BAD_TIME, "The event's `time` cannot be read.")
        if message.at - self._now() > MOST_AHEAD:
            ahead = round(MOST_AHEAD.total_seconds())
            return Refused(BAD_TIME, f"The event's time is more than {ahead} s ahead. Correct the sender's clock.")
        return None

    def _request(self, message: Message, addressed: AddressedCommand, meeting_id: str) -> Request:
        now = self._now()
        at = message.at or now
        return Request(
            meeting_id=meeting_id,
            actor=message.actor,
            command=addressed.command,
            attendee_id=addressed.attendee_id,
            user_id=addressed.user_id,
            key=_key(message, meeting_id, "event"),
            fingerprint=_fingerprint(message),
            sent=Sent(at, is_late=now - at > self._max_age),
        )


def _understood(message: Message) -> AddressedCommand | Refused:
    if message.is_spoofed:
        return NO_TRIGGER
    if message.faults:
        return _invalid(Invalid(*message.faults))
    try:
        return addressed_command(message.detail)
    except Invalid as invalid:
        return _invalid(invalid)


def _invalid(invalid: Invalid) -> Refused:
    faults = [f"`{fault.pointer}`: {fault.detail}" if fault.pointer else fault.detail for fault in invalid.faults]
    return Refused("invalid-request", _as_unicode("; ".join(faults[:MOST_FAULTS])[:LONGEST_DETAIL]))


def _rejected(
    message: Message, addressed: AddressedCommand | None, meeting_id: str | None, refused: Refused
) -> Rejected:
    reason = message.detail.get("reason")
    rejected = Rejected(
        meeting_id=meeting_id,
        actor=message.actor,
        command=name_of(message.detail) or "unknown",
        refused=refused,
        # A refusal without a command stays one, under the event's key. The pipeline's refusals have a key of their own.
        key=_key(message, meeting_id, "event" if addressed is None else "refused"),
        fingerprint=_fingerprint(message),
        requested=_requested(message.detail),
        reason=reason
        if isinstance(reason, str) and len(reason) <= LONGEST_REASON and _as_unicode(reason) == reason
        else None,
    )
    if addressed is None:
        return rejected
    return replace(rejected, user_id=addressed.user_id, parameters=addressed.command.parameters())


def _requested(detail: Mapping[str, Any]) -> dict[str, str]:
    """The command's name and its target, as the sender wrote them."""
    sent = {key: detail[key] for key in ADDRESS if key in detail}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in sent.items()}
    return {key: _as_unicode(text[:LONGEST_REQUESTED]) for key, text in texts.items()}


def _key(message: Message, meeting_id: str | None, what: str) -> str:
    """The idempotency key. One event may be a command in several meetings, and several triggers may match it."""
    parts = (what, message.actor.id, message.event_id, meeting_id or "")
    return digest(part.encode("utf-8", "surrogatepass") for part in parts)


def _fingerprint(message: Message) -> str:
    return digest([json.dumps(message.detail, sort_keys=True).encode()])


def _as_unicode(text: str) -> str:
    """The text with lone surrogates replaced: JSON may hold them, and no ledger stores them."""
    return text.encode("utf-8", "replace").decode()


def user_named_in(message: Message) -> dict[str, Any]:
    """The attendee, the user and the meeting's name, for `personal` in the log: the meeting's name may be a user's."""
    named = {key: message.detail.get(key) for key in ("attendeeId", "externalUserId", "externalMeetingId")}
    return {key: value[:LONGEST_DETAIL] for key, value in named.items() if isinstance(value, str)}
