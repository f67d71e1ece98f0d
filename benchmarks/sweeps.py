"""How long a meeting waits for its next comparison with Chime, with 1, 20 and 250 meetings registered.

Time is virtual, so an hour of it takes seconds; everything follows from the seed.
"""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from moderation.adapters.dynamodb.token_bucket import A_SECOND
from moderation.application.requests import Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Register
from moderation.domain.schedule import CHECKED_EVERY
from moderation.ports import Budget, ChimeAttendee

from benchmarks.account import TICK_SECONDS, Account
from benchmarks.report import Report, Summary

SEED = 20261129
MEETINGS = (1, 20, 250)
USERS = 5
APART = 0.1
"""Seconds between two registrations."""
MINUTES = 60
COLUMNS = ("meetings", "never compared", "comparisons of each", "longest wait", "by the quota of reads")
SETTING = f"""\
For {MINUTES} minutes this many meetings of up to 100 attendees are registered. Each is one page of the roster. The
reconciler runs once a minute. A read of the ledger takes 5 ms, a transaction 10 ms, a call to Chime 50 ms. By the
quota of reads: the time that the comparisons' budget of {A_SECOND[Budget.COMPARISONS]} pages a second needs for all of
them, and at least the {CHECKED_EVERY.seconds} s after which a meeting is due."""
REMARKS = (
    "The next run finds a meeting that is due, up to a minute later.",
    "The clock is virtual, and every run follows from a seed. So these figures are the same on every machine.",
)


class WatchedAccount(Account):
    """Notes when each meeting's roster was read."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, None)
        self.read_at: dict[str, list[float]] = {}
        roster = self.chime.roster

        def noted(meeting_id: str) -> Sequence[ChimeAttendee]:
            self.read_at.setdefault(meeting_id, []).append(self.time.seconds)
            return roster(meeting_id)

        self.chime.roster = noted  # type: ignore[method-assign]


def run() -> Report:
    rows = []
    longest = {}
    for count in MEETINGS:
        waits = measured(count)
        times = [len(each) - 1 for each in waits]
        longest[count] = max(max(each) for each in waits)
        limit = max(CHECKED_EVERY.total_seconds(), count / A_SECOND[Budget.COMPARISONS])
        never = sum(each == 0 for each in times)
        told = f"{min(times)} to {max(times)}"
        rows.append([str(count), str(never), told, f"{longest[count]:.0f} s", f"{limit:.0f} s"])
    most = MEETINGS[-1]
    return Report(
        name="sweeps",
        title="How long meetings wait for a comparison with Chime",
        setting=SETTING,
        columns=COLUMNS,
        rows=rows,
        remarks=REMARKS,
        summaries=[
            Summary(
                f"the longest wait for a comparison, {most} meetings",
                f"{longest[MEETINGS[0]]:.0f} s with one",
                f"{longest[most]:.0f} s",
                f"{longest[most] / longest[MEETINGS[0]]:.1f} : 1",
                "due after 120 s, plus up to a minute",
            )
        ],
    )


def measured(count: int) -> list[list[float]]:
    """For each meeting how long it waited for each comparison since its registration, which reads the roster as well;
    last, how long it has waited when the hour is over.
    """
    account = WatchedAccount(SEED)
    for number in range(count):
        meeting = f"meeting-{number}"
        account.chime.open(meeting, {f"{meeting}/{n}": f"user-{n}" for n in range(USERS)})
        request = Request(meeting, Actor(ActorKind.ADMIN, "back-end"), Register(roles={"user-0": "host"}))
        account.time.spawn(partial(account.perform, request), APART * number)
    account.tick_until(lambda: False, MINUTES)
    account.time.run()
    read_at = [account.read_at[f"meeting-{number}"] for number in range(count)]
    return [[later - sooner for sooner, later in pairwise([*moments, MINUTES * TICK_SECONDS])] for moments in read_at]
