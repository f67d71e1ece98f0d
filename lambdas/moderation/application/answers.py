"""Answers from changes: to the first request, and to every repetition of it under the same idempotency key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from ..domain.capability import Capabilities, from_words, in_words
from ..domain.change import Change, Status
from ..domain.documents import Document, attendee_document, meeting_document
from ..domain.effects import NOBODY_PRESENT, SeatChange, together
from ..domain.meeting import Meeting, Seat, User
from ..ports import KeyTaken, World
from .requests import BUSY, KEY_REUSED, MEETING_ENDED, Answer, Outcome, Refused, Request

MEETING_OVER: Mapping[str, object] = {"code": MEETING_ENDED.code}
"""The answer that a change keeps which could not be applied because Chime had ended the meeting."""

STORED = "stored"
"""Applied to nobody yet: the rule is kept for when the user joins."""


def seat_of(user: User, attendee_id: str | None) -> Seat | None:
    """The attendee that was asked for. For a user: one in the meeting, or else the one that has left last."""
    if attendee_id is not None and attendee_id in user.seats:
        return user.seats[attendee_id]
    seats = user.present or sorted(user.seats.values(), key=_left_at, reverse=True)
    return next(iter(seats), None)


def _left_at(seat: Seat) -> datetime:
    return seat.noted_at or datetime.min.replace(tzinfo=UTC)


def spoken_of(user: User, attendee_id: str | None) -> Seat | None:
    """The attendee that an answer is about: the one asked for, or, if that has left, another one in the meeting."""
    seat = seat_of(user, attendee_id)
    return next(iter(user.present), seat) if seat is not None and seat.gone else seat


def attendee(world: World, meeting: Meeting, user: User, attendee_id: str | None) -> Document:
    now = world.surroundings.now()
    return attendee_document(meeting, user, spoken_of(user, attendee_id), world.policies.capabilities_for, now)


def as_held(change: Change, user: User, made: Sequence[SeatChange]) -> Change:
    """The change with what it did, by what Chime held and holds; while it waits for consent, it may do more."""
    if change.awaits_consent or not made:
        return change
    seat = spoken_of(user, change.attendee_id)
    shown = next((m for m in made if seat is not None and m.attendee_id == seat.attendee_id), made[0])
    return replace(
        change,
        before=shown.before,
        after=shown.after,
        effects=together(m.effects for m in made),
        widens=not change.narrows,
    )


def held_on(user: User, attendee_id: str | None, otherwise: Capabilities) -> Capabilities:
    """What Chime is known to hold for the attendee in the answer; `otherwise` if that is not known."""
    seat = spoken_of(user, attendee_id)
    return otherwise if seat is None or seat.gone or seat.not_taken or seat.known is None else seat.known


def answer_to(change: Change, present: Callable[[], Document]) -> Outcome:
    """`present` makes the document of the attendee or the meeting, while the change holds no answer of its own yet."""
    if change.status is Status.ABANDONED:
        detail = "Chime does not take this: the rules are what they were before"
        return Refused("chime-refused", detail, change_id=change.id)
    answer: Mapping[str, Any] = change.answer
    if answer == MEETING_OVER:
        return replace(MEETING_ENDED, change_id=change.id)
    outcomes = tuple(answer["outcomes"]) if change.is_of_the_meeting and answer else None
    subject = _subject(change) or present()
    is_kept_for_later = change.status is Status.APPLIED and NOBODY_PRESENT in change.effects
    given = Answer(
        status=STORED if is_kept_for_later else change.status.value,
        subject=subject,
        outcomes=outcomes,
        unknown=change.unknown,
        change_id=change.id,
        before=change.before,
        after=change.after,
        effects=change.effects,
        closed_by=change.closed_by,
        awaiting="consent" if change.awaits_consent else None,
    )
    request = _waits_for(change, subject)
    if request is not None:
        return replace(given, status=Status.PENDING.value, awaiting="consent", waiting=request)
    return given


def _waits_for(change: Change, subject: Document) -> str | None:
    """The change whose request the user answers before they are heard, if all else is applied."""
    asked = cast("Mapping[str, str] | None", subject.get("asked"))
    if asked is None or change.status is not Status.APPLIED:
        return None
    # An exclusive floor asks by a change of its own once the others' have ended.
    return asked["changeId"] if change.everybody or asked["changeId"] == change.waits_for else None


def kept(outcome: Answer | Refused) -> dict[str, object]:
    """An outcome that no change holds, in a form that can be stored under its idempotency key."""
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
    return {
        "status": outcome.status,
        "subject": outcome.subject,
        "capabilities": words,
        "outcomes": outcomes,
        "changeId": outcome.change_id,
        "awaiting": outcome.awaiting,
    }


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
        change_id=answer.get("changeId"),
        awaiting=answer.get("awaiting"),
        before=capabilities,
        after=capabilities,
        outcomes=outcomes,
        replayed=True,
    )


def replayed(world: World, request: Request, key: KeyTaken) -> Outcome:
    """The first answer again; while the change is pending, that it is."""
    if key.fingerprint != request.fingerprint:
        return KEY_REUSED
    if key.answer is not None:
        return _unkept(key.answer)
    change = world.ledger.change(key.meeting_id, key.change_id or "")
    if change is None:
        return BUSY
    outcome = answer_to(change, lambda: _present(world, change))
    return replace(outcome, replayed=True)


def _subject(change: Change) -> Document:
    """The document that the change holds: the attendee, the meeting, or the one who was given an exclusive floor."""
    answer: Mapping[str, Any] = change.answer
    if change.is_of_the_meeting:
        answer = (answer.get("attendee") if change.everybody else None) or answer.get("meeting", {})
    return dict(answer)


def _present(world: World, change: Change) -> Document:
    loaded = world.ledger.load(change.meeting_id, [change.subject] if change.subject else [])
    if loaded.meeting is None:
        return {}
    if change.subject is None:
        return meeting_document(loaded.meeting)
    return attendee(world, loaded.meeting, loaded.users[change.subject], change.attendee_id)
