"""Whether new rules give somebody more than the old, be it only later on: a command that comes too late must not."""

from .decision import Case, expired
from .meeting import UserRules
from .people import falls
from .personal import Ban
from .restriction import binds_less


def loosens(case: Case, rules: UserRules) -> bool:
    """Against what is in force now: what has ended by itself is nobody's gift."""
    was, ban = expired(case), rules.ban
    restrictions = {r.key: r for r in rules.restrictions}
    return (
        any(r.key not in restrictions or binds_less(restrictions[r.key], r) for r in was.restrictions)
        or falls(case.ranking, _role(case, rules), _role(case, was))
        or bool(rules.given & ~was.given)
        or not rules.spares <= was.spares
        or (rules.floor is not None and rules.floor != was.floor)
        or (was.hold is not None and rules.hold is None)
        or (was.waiting is not None and rules.waiting is None and ban is None)
        or (was.ban is not None and (ban is None or _ends_sooner(ban, was.ban)))
    )


def _role(case: Case, rules: UserRules) -> str:
    return rules.role or case.meeting.rules.default_role


def _ends_sooner(new: Ban, old: Ban) -> bool:
    return new.until is not None and (old.until is None or new.until < old.until)
