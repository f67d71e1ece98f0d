"""When the reconciler has to check a user or a meeting, because the time of a rule ends."""

from datetime import datetime, timedelta

from .meeting import Meeting, MeetingRules, UserRules

CHECKED_EVERY = timedelta(minutes=2)
"""How often the reconciler compares Chime with a meeting's rules, unless something is due sooner."""


def next_check_at(meeting: Meeting, rules: MeetingRules) -> datetime | None:
    """When the reconciler next has to check the meeting, if these become its rules."""
    return min((at for at in (meeting.check_at, next_end(rules)) if at is not None), default=None)


def next_end(rules: UserRules | MeetingRules) -> datetime | None:
    """The earliest end of a timed rule of the user or the meeting."""
    return min(_ends(rules), default=None)


def ends_between(rules: UserRules | MeetingRules, since: datetime, until: datetime) -> bool:
    """Whether a timed rule has ended after `since` and not after `until`."""
    return any(since < end <= until for end in _ends(rules))


def _ends(rules: UserRules | MeetingRules) -> list[datetime]:
    if isinstance(rules, MeetingRules):
        ends = [m.until for m in rules.mute_alls]
    else:
        ends = [r.until for r in rules.restrictions]
        ends += [timed.until for timed in (rules.floor, rules.ban) if timed is not None]
    return [end for end in ends if end is not None]
