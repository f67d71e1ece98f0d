"""Answers from changes: to the first request, and to every repetition of it under the same idempotency key."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from ..core.capability import from_words, in_words
from ..core.change import Change, Status
from ..core.meeting import Meeting, Seat, User
from ..core.view import Document, attendee_document, meeting_document
from ..ports import KeyTaken, World
from .request import BUSY, KEY_REUSED, MEETING_ENDED, Answer, Outcome, Refused, Request

MEETING_OVER: Mapping[str, object] = {"code": MEETING_ENDED.code}
"""The answer that a change keeps which could not be applied because Chime had ended the meeting."""


def seat_of(user: User, attendee_id: str | None) -> Seat | None:
    """The seat that was asked for; for a person, one that is in the meeting rather than one that has left."""
    if attendee_id is not None and attendee_id in user.seats:
        return user.seats[attendee_id]
    return next(iter(user.present), None) or next(iter(user.seats.values()), None)


def attendee(world: World, meeting: Meeting, user: User, attendee_id: str | None) -> Document:
    now = world.surroundings.now()
    return attendee_document(meeting, user, seat_of(user, attendee_id), world.policies.held, now)


def answer_to(change: Change, subject: Document) -> Outcome:
    """`subject` is used while the change holds no answer of its own yet."""
    if change.status is Status.ABANDONED:
        detail = "Chime does not take this: the rules are what they were before"
        return Refused("chime-refused", detail, change_id=change.id)
    answer: Mapping[str, Any] = change.answer
    if answer == MEETING_OVER:
        return replace(MEETING_ENDED, change_id=change.id)
    outcomes = None
    if change.is_of_the_meeting and answer:
        subject, outcomes = answer["meeting"], tuple(answer["outcomes"])
    elif answer:
        subject = dict(answer)
    if change.everybody:
        subject = answer.get("attendee", subject)
    given = Answer(
        status=change.status.value,
        subject=subject,
        outcomes=outcomes,
        change_id=change.id,
        before=change.before,
        after=change.after,
        effects=change.effects,
        closed_by=change.closed_by,
        awaiting="consent" if change.awaits_consent else None,
    )
    asked = cast("Mapping[str, str] | None", subject.get("asked"))
    if change.everybody and change.status is Status.APPLIED and asked is not None:
        # The others' floors have ended; he who has it is silent still.
        return replace(given, status=Status.PENDING.value, awaiting="consent", waiting=asked["changeId"])
    return given


def kept(outcome: Answer | Refused) -> dict[str, object]:
    """An answer that no change holds, in a form that can be kept beside its key."""
    if isinstance(outcome, Refused):
        return {
            "code": outcome.code,
            "detail": outcome.detail,
            "policies": list(outcome.policies),
            "limits": list(outcome.limits),
            "pointer": outcome.pointer,
        }
    words = in_words(outcome.after) if outcome.after is not None else None
    outcomes = list(outcome.outcomes) if outcome.outcomes is not None else None
    return {"status": outcome.status, "subject": outcome.subject, "capabilities": words, "outcomes": outcomes}


def _unkept(answer: Mapping[str, Any]) -> Outcome:
    if "code" in answer:
        return Refused(
            answer["code"],
            answer["detail"],
            tuple(answer["policies"]),
            tuple(answer["limits"]),
            answer["pointer"],
            replayed=True,
        )
    words = cast("Mapping[str, str] | None", answer["capabilities"])
    capabilities = from_words(words) if words else None
    outcomes = tuple(answer["outcomes"]) if answer.get("outcomes") is not None else None
    return Answer(
        answer["status"],
        dict(answer["subject"]),
        before=capabilities,
        after=capabilities,
        outcomes=outcomes,
        replayed=True,
    )


def replayed(world: World, request: Request, key: KeyTaken) -> Outcome:
    """The first answer again; while the change is still pending, that it is."""
    if key.fingerprint != request.fingerprint:
        return KEY_REUSED
    if key.answer is not None:
        return _unkept(key.answer)
    change = world.ledger.change(key.meeting_id, key.change_id or "")
    if change is None:
        return BUSY
    outcome = answer_to(change, _subject(world, change))
    return replace(outcome, replayed=True)


def _subject(world: World, change: Change) -> Document:
    if change.answer:
        return {}
    loaded = world.ledger.load(change.meeting_id, [change.subject] if change.subject else [])
    if loaded.meeting is None:
        return {}
    if change.subject is None:
        return meeting_document(loaded.meeting)
    return attendee(world, loaded.meeting, loaded.users[change.subject], change.attendee_id)
