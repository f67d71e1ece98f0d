"""Commands by event that arrive late or out of order.

EventBridge keeps no order, and its queues keep messages for days. A late command is applied if it narrows. It is
refused if it widens or cannot be undone.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ...domain.commands import Command
from ...domain.decisions.decide import lifted_since, widens_access
from ...domain.decisions.decision import Accepted, Case, Refusal
from ...domain.decisions.meeting import MeetingCase, meeting_lifted_since, meeting_widens_access
from ...domain.effective import as_agreed
from ...domain.meeting import Meeting, MeetingRules, UserRules
from ..requests import Sent

TOO_LATE = "too-late"
WIDENS_LATE = Refusal(TOO_LATE, "The command expired: it is too old to widen capabilities.")
ENDS_LATE = Refusal(TOO_LATE, "The command expired: it is too old to end a meeting, to remove or to ban.")
BEFORE_REGISTRATION = Refusal(TOO_LATE, "The command is older than the meeting's registration.")
OVERTAKEN = Refusal(TOO_LATE, "The command is older than a rule that it would lift.")


def against_registration(sent: Sent | None, meeting: Meeting) -> Refusal | None:
    """A refusal if the command was sent before the meeting was registered: it was meant for another meeting with the
    same name.
    """
    return BEFORE_REGISTRATION if sent is not None and sent.is_before(meeting.registered_at) else None


def untimely(sent: Sent, command: Command, case: Case, accepted: Accepted[UserRules]) -> Refusal | None:
    """A refusal of a late decision about one user."""
    gives_more, agreed = accepted.awaits_consent or accepted.after & ~accepted.before, as_agreed(accepted.rules)
    if not (gives_more or widens_access(case, agreed)):
        return _against(sent, command, case.meeting)
    return _against(sent, command, case.meeting) or _against_widening(sent, lifted_since(case, agreed))


def against_meeting(
    sent: Sent, command: Command, case: MeetingCase, accepted: Accepted[MeetingRules]
) -> Refusal | None:
    """A refusal of a late decision about the whole meeting."""
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
    """The rules with the time when the command was sent, so that two commands are compared by their times of sending,
    not of delivery.
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
    """The meeting with the times at which its mode was set and it was frozen."""
    if rules.mode != was.rules.mode:
        was = replace(was, mode_since=moment)
    if (rules.frozen_at is None) != (was.rules.frozen_at is None):
        was = replace(was, frozen_since=moment if rules.frozen_at is not None else None)
    return was
