"""The outcome of a change of one user: how it is closed, and the entries that report it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from ...domain.capability import NOTHING, Capabilities, Medium
from ...domain.change import CLOCKS_DIFFER_BY, AttendeeChange, Change, Closure, Status
from ...domain.commands import GrantFloor, SetCapabilities, Unmute
from ...domain.effective import NOBODY_PRESENT, CapabilityChange, as_agreed
from ...domain.entry import CAPABILITIES_CHANGED, SUPERSEDED, changed
from ...domain.meeting import Attendee, Meeting, User, binding_mute_alls
from ...domain.rule_changes import is_bound_again, is_in_effect
from ...ports import Clause, Clock, EntryWritten
from .change_in_progress import ChangeInProgress, ChangeType, about, change_entry
from .chime_calls import ChimeCalls

OPENS_AUDIO = (Unmute.name, GrantFloor.name, SetCapabilities.name)
"""Commands that open the microphone, if audio is among what they give."""


def attendee_change(in_progress: ChangeInProgress) -> AttendeeChange:
    if not isinstance(in_progress.change, AttendeeChange):
        raise TypeError(type(in_progress.change).__name__)
    return in_progress.change


def waiting(change: ChangeType, user: User, calls: ChimeCalls, now: datetime) -> ChangeType:
    """The change after everything that needs no consent is done. The rest waits for the user's answer, or ends without
    one.
    """
    asked = user.rules.asked
    ends_at = asked.until if asked is not None and asked.change_id == change.id else now
    unsure = calls.uncertain_until if calls.uncertain_until is not None and calls.uncertain_until > now else None
    return replace(
        change, lease=calls.lease.released(now), next_attempt_at=min(ends_at, unsure or ends_at), uncertain_until=unsure
    )


def closure_of(
    change: AttendeeChange, meeting: Meeting, user: User, attendees: Sequence[Attendee], now: datetime
) -> Closure:
    if change.lapsed is not None:
        return Closure(change.lapsed)
    is_overruled = not is_in_effect(change, user.rules, meeting.rules.moment(now)) or is_bound_again(
        change, meeting.rules
    )
    is_silent = _is_unheard(change, meeting, user) or _waits_in_vain(change, meeting, user, now)
    if is_overruled or is_silent or _is_asked_first(change, user, now):
        return Closure(Status.SUPERSEDED)
    return Closure(Status.GONE if _has_left(change, user, attendees) else Status.APPLIED)


def _has_left(change: AttendeeChange, user: User, attendees: Sequence[Attendee]) -> bool:
    """Whether the user has left with all attendees: the calls of the change found them gone, or another process has
    noted it since. Attendees that the change removes, or an earlier one, do not count.
    """
    if NOBODY_PRESENT in change.effects:
        return False
    left = {attendee.attendee_id for attendee in attendees if attendee.gone}
    left |= set(_noted_as_gone(user, change.committed_at - CLOCKS_DIFFER_BY))
    return bool(left) and not user.present and not any(is_taken_out(change, user, key) for key in left)


def noted_without_report(user: User, since: datetime, removing: Collection[str]) -> list[str]:
    """Those that a change is `removing` and another process has noted as gone without reporting a removal: that was so
    long after the ban that the process could not know the reason.
    """
    noted = _noted_as_gone(user, since)
    return [key for key in noted if key in removing and not user.attendees[key].removal_reported]


def _noted_as_gone(user: User, since: datetime) -> list[str]:
    return [
        key
        for key, attendee in user.attendees.items()
        if attendee.gone and attendee.noted_at is not None and attendee.noted_at > since
    ]


def is_taken_out(change: AttendeeChange, user: User, attendee_id: str) -> bool:
    """Whether the rules before or after the change remove the attendee. A ban may have ended since the call."""
    rules = (change.rules_before, change.rules_after)
    return any(replace(user, rules=each).is_out(attendee_id) for each in rules if each is not None)


def _is_unheard(change: Change, meeting: Meeting, user: User) -> bool:
    """Whether the user agreed and is not heard, because the meeting was changed between the answer and the call."""
    agreed = user.rules.agreed
    if change.agreed_at is None or change.after is None or Capabilities.SEND_AUDIO not in change.after:
        return False
    return (agreed is None or agreed.meeting_revision != meeting.revision) and _is_silent(user)


def _waits_in_vain(change: AttendeeChange, meeting: Meeting, user: User, now: datetime) -> bool:
    """Whether the request that the change waits for is over, and the user is not heard or, if they were not there when
    the change was made, has not agreed.
    """
    asked = user.rules.asked
    if change.waits_for is None or (asked is not None and asked.change_id == change.waits_for):
        return False
    if NOBODY_PRESENT in change.effects and not user.present:
        return not _has_what_was_requested(change, meeting, user, now)
    return _is_silent(user)


def _has_what_was_requested(change: AttendeeChange, meeting: Meeting, user: User, now: datetime) -> bool:
    """Whether the rules are as if the user had agreed to the request that the change waits for."""
    request, rules = change.rules_after.asked if change.rules_after is not None else None, user.rules
    if request is None:
        return True
    agreed = as_agreed(replace(rules, asked=request))
    is_bound = any(each.id in request.spares for each in binding_mute_alls(user, meeting, now))
    return not is_bound and (agreed.restrictions, agreed.given) == (rules.restrictions, rules.given)


def _is_silent(user: User) -> bool:
    """Whether the user is in the meeting, and Chime has none of their attendees sending audio."""
    return bool(user.present) and not any(attendee.is_heard for attendee in user.present)


def _is_asked_first(change: AttendeeChange, user: User, now: datetime) -> bool:
    """Whether the command was to open the microphone, and a change made since asks the user first."""
    asked, own = user.rules.asked, change.rules_after.asked if change.rules_after is not None else None
    if asked is None or asked.change_id == change.id or not asked.is_open(now):
        return False
    is_older = own is not None and own.change_id == asked.change_id
    gives_audio = change.command in OPENS_AUDIO and Capabilities.SEND_AUDIO in (change.after or NOTHING)
    return gives_audio and _names(change, Medium.AUDIO) and not is_older


def _names(change: Change, medium: Medium) -> bool:
    media = cast("Sequence[str]", change.parameters.get("media", ()))
    return medium.value in media or medium.value in change.parameters


def removed_attendees(
    change: AttendeeChange, user: User, attendees: Sequence[Attendee], removing: Collection[str], now: datetime
) -> list[str]:
    """The attendees to report as removed, whatever becomes of the change: those that it notes as gone, and those that
    another process has noted without knowing why. `removing`: those that it removes, as stored with it.
    """
    gone = [attendee.attendee_id for attendee in attendees if attendee.gone]
    left = [key for key in gone if key in removing or user.may_go(key, now)]
    return left + noted_without_report(user, change.committed_at, removing)


def outcome_entries(
    clock: Clock, settled: ChangeInProgress, user: User, made: tuple[CapabilityChange, ...], *, was_open: bool
) -> list[Clause]:
    """The entries with what the change made Chime hold, compared with what Chime held before. A change that was
    overruled or settled before is reported as well: by the current rules, it may have applied another change.
    """
    change = settled.change
    entries: list[Clause] = []
    if was_open and change.status is Status.SUPERSEDED and change.lapsed is None:
        adds = {"supersededBy": change.superseded_by, **about(change)}
        entries.append(EntryWritten(change_entry(clock, settled, SUPERSEDED, adds)))
    is_whole = was_open and change.status is Status.APPLIED
    attendees = [
        changed(attendee.attendee_id, user.id, attendee.before, attendee.after, attendee.effects)
        for attendee in made
        if is_whole or attendee.before != attendee.after
    ]
    if attendees:
        entries.append(EntryWritten(change_entry(clock, settled, CAPABILITIES_CHANGED, {"attendees": attendees})))
    return entries
