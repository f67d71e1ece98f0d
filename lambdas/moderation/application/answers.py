"""Answers made from changes: to the first request, and to its repetitions under the same idempotency key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from ..domain.capability import from_words, in_words
from ..domain.change import Change, MeetingChange, Status
from ..domain.documents import Document, attendee_document, meeting_document, name_of
from ..domain.effective import NOBODY_PRESENT, CapabilityChange, subject_of, together
from ..domain.meeting import Meeting, User
from ..ports import Clock, KeyTaken, Ledger, Policies
from .requests import BUSY, KEY_REUSED, MEETING_ENDED, Answer, Outcome, Refused, Request

MEETING_OVER: Mapping[str, object] = {"code": MEETING_ENDED.code}
"""The answer of a change that could not be applied because Chime had ended the meeting."""

ChangeType = TypeVar("ChangeType", bound=Change)

STORED = "stored"
"""The rule is stored, and there is no attendee yet to apply it to."""


def attendee_answer(
    policies: Policies, clock: Clock, meeting: Meeting, user: User, attendee_id: str | None
) -> Document:
    now = clock.now()
    return attendee_document(meeting, user, subject_of(user, attendee_id), policies.capabilities_for, now)


def nameless(document: Document) -> Document:
    """The document as it may be stored: a display name is stored with the user alone."""
    return {key: value for key, value in document.items() if key != "displayName"}


def named(outcome: Outcome, user: User) -> Outcome:
    """The outcome with the user's display name in the document about them."""
    if isinstance(outcome, Refused) or outcome.subject.get("externalUserId") != user.id:
        return outcome
    return replace(outcome, subject={**nameless(outcome.subject), **name_of(user)})


def as_held(change: ChangeType, user: User, made: Sequence[CapabilityChange]) -> ChangeType:
    """The change with the effects of its capability changes. A change that awaits consent keeps the effects that it may
    still have.
    """
    if change.awaits_consent or not made:
        return change
    attendee = subject_of(user, change.attendee_id)
    shown = next((m for m in made if attendee is not None and m.attendee_id == attendee.attendee_id), made[0])
    return replace(
        change,
        before=shown.before,
        after=shown.after,
        effects=together(m.effects for m in made),
        widens=not change.narrows,
    )


def answer_to(change: Change, present: Callable[[], Document]) -> Outcome:
    """Makes the answer from a change. `present` builds the document of the attendee or the meeting; it is called only
    if the change does not hold an answer yet.
    """
    if change.status is Status.ABANDONED:
        detail = "Chime rejected the change. Gavel restored the previous rules."
        return Refused("chime-refused", detail, change_id=change.id)
    answer: Mapping[str, Any] = change.answer
    if answer == MEETING_OVER:
        return replace(MEETING_ENDED, change_id=change.id)
    outcomes = tuple(answer["outcomes"]) if change.is_meeting_wide and answer else None
    subject = _subject(change) or present()
    is_kept_for_later = change.status is Status.APPLIED and NOBODY_PRESENT in change.effects
    given = Answer(
        status=STORED if is_kept_for_later else change.status.value,
        subject=subject,
        outcomes=outcomes,
        unknown=change.unknown if isinstance(change, MeetingChange) else (),
        change_id=change.id,
        before=change.before,
        after=change.after,
        effects=change.effects,
        closed_by=change.superseded_by,
        awaiting="consent" if change.awaits_consent else None,
    )
    request = _waits_for(change, subject)
    if request is not None:
        return replace(given, status=Status.PENDING.value, awaiting="consent", waiting=request)
    return given


def _waits_for(change: Change, subject: Document) -> str | None:
    """The change whose request the user has to answer before they are heard, if all else is applied."""
    asked = cast("Mapping[str, str] | None", subject.get("asked"))
    if asked is None or change.status is not Status.APPLIED:
        return None
    # An exclusive floor requests consent by a change of its own, after the other floors have ended.
    is_beside_others = change.is_meeting_wide and change.user_id is not None
    return asked["changeId"] if is_beside_others or asked["changeId"] == change.waits_for else None


def kept(outcome: Answer | Refused) -> dict[str, object]:
    """An outcome without a change, in the form that is stored under its idempotency key."""
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
        "subject": nameless(outcome.subject),
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


def replayed(ledger: Ledger, policies: Policies, clock: Clock, request: Request, key: KeyTaken) -> Outcome:
    """Repeats the first answer. A change that is still pending is answered with its current state."""
    if key.fingerprint != request.fingerprint:
        return KEY_REUSED
    if key.answer is not None:
        return _named_now(ledger, key.meeting_id, _unkept(key.answer))
    change = ledger.change(key.meeting_id, key.change_id or "")
    if change is None:
        return BUSY
    outcome = answer_to(change, lambda: _present(ledger, policies, clock, change))
    return replace(_named_now(ledger, key.meeting_id, outcome), replayed=True)


def _named_now(ledger: Ledger, meeting_id: str, outcome: Outcome) -> Outcome:
    """The outcome with the user's present display name: stored answers have none."""
    user_id = outcome.subject.get("externalUserId") if isinstance(outcome, Answer) else None
    if not isinstance(user_id, str):
        return outcome
    return named(outcome, ledger.load(meeting_id, [user_id]).users[user_id])


def _subject(change: Change) -> Document:
    """The document in the change's answer: the attendee, the meeting, or the user who was given an exclusive floor."""
    answer: Mapping[str, Any] = change.answer
    if change.is_meeting_wide:
        answer = (answer.get("attendee") if change.user_id is not None else None) or answer.get("meeting", {})
    return dict(answer)


def _present(ledger: Ledger, policies: Policies, clock: Clock, change: Change) -> Document:
    loaded = ledger.load(change.meeting_id, [change.user_id] if change.user_id else [])
    if loaded.meeting is None:
        return {}
    if change.user_id is None:
        return meeting_document(loaded.meeting)
    return attendee_answer(policies, clock, loaded.meeting, loaded.users[change.user_id], change.attendee_id)
