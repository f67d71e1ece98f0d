"""Commands by event that were long on their way, or that come after what was sent later.

EventBridge keeps no order, and its queues keep messages for days. What narrows is carried out late; what widens, and
what can't be taken back, is not.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ...domain.commands import Command
from ...domain.decisions.decision import Accepted, Case, Refusal
from ...domain.decisions.meeting import MeetingCase
from ...domain.decisions.widening import lifted_since, meeting_lifted_since, meeting_widens_access, widens_access
from ...domain.meeting import Meeting, MeetingRules, UserRules, as_agreed
from ..requests import Sent

TOO_LATE = "too-late"
WIDENS_LATE = Refusal(TOO_LATE, "the command expired: it is too old to widen capabilities")
ENDS_LATE = Refusal(TOO_LATE, "the command expired: it is too old to end a meeting, to remove or to ban")
BEFORE_REGISTRATION = Refusal(TOO_LATE, "the command is older than the meeting's registration")
OVERTAKEN = Refusal(TOO_LATE, "the command is older than a rule that it would lift")


def against_registration(sent: Sent | None, meeting: Meeting) -> Refusal | None:
    """A meeting of the same name that was registered later is another meeting."""
    return BEFORE_REGISTRATION if sent is not None and sent.is_before(meeting.registered_at) else None


def untimely(sent: Sent, command: Command, case: Case, accepted: Accepted[UserRules]) -> Refusal | None:
    """What speaks against a decision about one user."""
    gives_more, agreed = accepted.awaits_consent or accepted.after & ~accepted.before, as_agreed(accepted.rules)
    if not (gives_more or widens_access(case, agreed)):
        return _against(sent, command, case.meeting)
    return _against(sent, command, case.meeting) or _against_widening(sent, lifted_since(case, agreed))


def against_meeting(
    sent: Sent, command: Command, case: MeetingCase, accepted: Accepted[MeetingRules]
) -> Refusal | None:
    """What speaks against a decision about the whole meeting."""
    if not meeting_widens_access(case, accepted.rules):
        return _against(sent, command, case.meeting)
    return _against(sent, command, case.meeting) or _against_widening(sent, meeting_lifted_since(case, accepted.rules))


def _against(sent: Sent, command: Command, meeting: Meeting) -> Refusal | None:
    if sent.is_late and command.is_final:
        return ENDS_LATE
    return against_registration(sent, meeting)


def _against_widening(sent: Sent, lifted: Iterable[datetime]) -> Refusal | None:
    if sent.is_late:
        return WIDENS_LATE
    return OVERTAKEN if any(sent.is_before(since) for since in lifted) else None


def dated(rules: UserRules, now: datetime, sent: Sent) -> UserRules:
    """The rules of a command hold since it was sent, so that two commands are compared by when they were sent and not
    by when they were delivered.
    """
    at = min(sent.at, now)

    restrictions = tuple(replace(r, since=at) if r.since == now else r for r in rules.restrictions)
    hold, ban = rules.hold, rules.ban
    return replace(
        rules,
        restrictions=restrictions,
        hold=replace(hold, since=at) if hold is not None and hold.since == now else hold,
        ban=replace(ban, since=at) if ban is not None and ban.since == now else ban,
    )


def meeting_dated(rules: MeetingRules, now: datetime, sent: Sent) -> MeetingRules:
    at = min(sent.at, now)
    mute_alls = tuple(replace(m, since=at) if m.since == now else m for m in rules.mute_alls)
    return replace(rules, mute_alls=mute_alls)


def noted(was: Meeting, rules: MeetingRules, moment: datetime) -> Meeting:
    """The meeting with since when it has its mode, and is frozen."""
    if rules.mode != was.rules.mode:
        was = replace(was, mode_since=moment)
    if (rules.frozen_at is None) != (was.rules.frozen_at is None):
        was = replace(was, frozen_since=moment if rules.frozen_at is not None else None)
    return was
