"""Three hosts send commands about one attendee at once: in the end Chime holds what the rules say."""

import random
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.e2e.bus_events import DECIDED
from tests.e2e.caller import TIMEOUT, Caller, Json, done
from tests.e2e.deadline import SLOWER, until
from tests.e2e.meeting import ModeratedMeeting, ObservedStack

HOSTS = ("alice", "anna", "anton")
HANDS = 20
SECONDS = 10
MEDIA = ("audio", "video", "content")
NOT_NOW = {"busy", "contended"}


@pytest.fixture
def without_quota(local_stack: ObservedStack) -> Iterator[None]:
    """The race is between hosts; Chime's own limits are another test's."""
    local_stack.simulator.control("PUT", "settings", {"quota": False})
    yield
    local_stack.simulator.control("PUT", "settings", {"quota": True})


def _code(answer: httpx.Response) -> Any:
    return answer.json().get("code", answer.text) if answer.content else answer.status_code


def one_hand(start: Barrier, host: Caller, target: str, medium: str, seed: int) -> list[httpx.Response]:
    """Mutes, unmutes and sets one medium, as fast as the answers come. Cold starts are over when the race begins."""
    choose = random.Random(seed)
    answers = []
    done(host.get("/me"))
    start.wait(TIMEOUT * SLOWER)
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        command = choose.choice(("mute", "unmute", "capabilities"))
        method, body = "POST", {"media": [medium], "reason": f"hand {seed}"}
        if command == "capabilities":
            word = choose.choice(("SendReceive", "Receive"))
            method, body = "PATCH", {medium: word, "reason": f"hand {seed}"}
        answers.append(_sent_until_known(host, method, f"{target}/{command}", body))
    return answers


def _sent_until_known(host: Caller, method: str, path: str, body: Json) -> httpx.Response:
    """On a busy machine the ledger may not say in time whether it stored a command. The same key finds that out."""
    key = str(uuid.uuid4())
    answer = host.send(method, path, body, idempotency_key=key)
    ends = time.monotonic() + TIMEOUT
    while _code(answer) == "outcome-unknown" and time.monotonic() < ends:
        answer = host.send(method, path, body, idempotency_key=key)
    return answer


def whole_history(meeting: ModeratedMeeting) -> list[Json]:
    """Page by page; the cursor stays some seconds behind, so the newest are read again until there is a last page."""
    found: dict[str, Json] = {}
    cursor = ""

    def is_last() -> bool:
        nonlocal cursor
        page = done(meeting.alice.get("/history?limit=100" + (f"&after={cursor}" if cursor else "")))
        cursor = page["cursor"]
        found.update({item["entryId"]: item for item in page["items"]})
        return len(page["items"]) < 100

    until(is_last, 60, "the last page of the history")
    return list(found.values())


@pytest.mark.usefixtures("without_quota")
def test_many_hands_on_one_attendee(local_stack: ObservedStack) -> None:
    meeting = local_stack.meeting({**dict.fromkeys(HOSTS, "host"), "bob": "participant"})
    start = Barrier(HANDS)
    with ThreadPoolExecutor(HANDS) as hands:
        working = [
            hands.submit(one_hand, start, meeting.caller(HOSTS[n % 3]), meeting.at("bob"), MEDIA[n // 3 % 3], n)
            for n in range(HANDS)
        ]
        answers = [answer for hand in working for answer in hand.result()]
    failures = [answer for answer in answers if answer.status_code not in (200, 202)]
    assert {_code(answer) for answer in failures} <= NOT_NOW
    made = [answer.json()["changeId"] for answer in answers if answer.is_success and answer.json()["changeId"]]
    assert len(made) > HANDS // 2
    assert len(set(made)) == len(made)
    _settles(meeting)
    accepted = [
        entry["changeId"]
        for entry in whole_history(meeting)
        if entry["type"] == DECIDED and entry["verdict"] == "accepted" and entry["command"] != "register"
    ]
    assert sorted(accepted) == sorted(made)


def _settles(meeting: ModeratedMeeting) -> None:
    """What was left pending in the crowd is carried out, too."""
    until(lambda: meeting.shown("bob")["status"] == "applied", 75, "nothing is pending any more")
    assert meeting.has("bob") == meeting.shown("bob")["capabilities"]
