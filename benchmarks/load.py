"""A sustained load on the local stack: hosts mute and unmute through API Gateway, tokens and all."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from statistics import quantiles

import httpx

from benchmarks.report import Report, Summary
from local.stack import LocalStack
from tests.e2e.simulator import Simulator

A_SECOND = 2
"""On two cores, with the emulator and its event publisher beside."""
SECONDS = 20
USERS = 20
TOGETHER = 8
FORERUNNERS = 4
"""Requests sent at once to start as many functions; they are not counted."""
COLUMNS = ("", "asked", "answered 200", "answered 202", "p50 ms", "p95 ms", "p99 ms")
SETTING = f"""\
A host sends {A_SECOND} commands a second over HTTP for {SECONDS} seconds, on {USERS} users in one meeting. API
Gateway, token, function, ledger, Chime with its default quota, and the event publisher all run on one machine. A
late command does not delay the next one."""
REMARKS = (
    "The emulator starts a process for each call that arrives while others run, so the slow answers are cold starts.",
    "Nothing is lost: each answer is 200, or 202 if Chime's quota was used up and the reconciler continues.",
)


def run() -> Report:
    with LocalStack() as stack, closing(Simulator(stack.chime_url)) as simulator:
        with simulator.without("quota"):
            meeting_id = simulator.create_meeting("load")
            attendees = simulator.join_together(meeting_id, ["alice", *(f"person-{n:02d}" for n in range(USERS))])
            admin = {"Authorization": f"Bearer {stack.token('back-end', scope='gavel/admin')}"}
            base = f"{stack.api_url}/meetings/{meeting_id}"
            with httpx.Client(timeout=60, trust_env=False) as back_end:
                back_end.put(base, json={"roles": {"alice": "host"}}, headers=admin).raise_for_status()
                for attendee in attendees.values():
                    back_end.put(f"{base}/attendees/{attendee}", headers=admin).raise_for_status()
        statuses, took = _loaded(base, [attendees[user] for user in attendees if user != "alice"], stack.token("alice"))
    cuts = quantiles(took, n=100)
    asked = A_SECOND * SECONDS
    percentiles = [f"{cuts[at - 1]:.0f}" for at in (50, 95, 99)]
    return Report(
        name="load",
        title="A sustained load on the local stack",
        setting=SETTING,
        columns=COLUMNS,
        rows=[["Gavel", str(asked), str(statuses.count(200)), str(statuses.count(202)), *percentiles]],
        remarks=REMARKS,
        summaries=[
            Summary(
                f"load, {A_SECOND} a second: p50, p95, p99", "", f"{', '.join(percentiles)} ms", "", "all 200 or 202"
            )
        ],
    )


def _loaded(base: str, attendees: list[str], token: str) -> tuple[list[int], list[float]]:
    """Statuses, and milliseconds from the moment at which each call was due."""
    with (
        httpx.Client(timeout=60, trust_env=False, headers={"Authorization": f"Bearer {token}"}) as host,
        ThreadPoolExecutor(TOGETHER) as pool,
    ):

        def call(number: int, due: float) -> tuple[int, float]:
            what = "unmute" if number // len(attendees) % 2 else "mute"
            answer = host.post(f"{base}/attendees/{attendees[number % len(attendees)]}/{what}", json={"reason": "load"})
            return answer.status_code, (time.monotonic() - due) * 1000

        for each in [pool.submit(call, number, time.monotonic()) for number in range(FORERUNNERS)]:
            each.result()
        asked = [pool.submit(call, number, due) for number, due in _moments()]
        answers = [each.result() for each in asked]
    if unexpected := {status for status, _ in answers} - {200, 202}:
        raise RuntimeError(f"answered {unexpected}")
    return [status for status, _ in answers], [took for _, took in answers]


def _moments() -> Iterator[tuple[int, float]]:
    started = time.monotonic()
    for number in range(A_SECOND * SECONDS):
        due = started + number / A_SECOND
        time.sleep(max(0.0, due - time.monotonic()))
        yield FORERUNNERS + number, due
