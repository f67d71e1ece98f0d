"""A storm on the live stack: many hosts at once, faults of Chime, killed workers, a second writer, attendees who join
and leave, one user with many attendees. Afterwards Chime has to have what the rules say.
"""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
from botocore.exceptions import ClientError, HTTPClientError

from tests.e2e.caller import PROBLEM, Json
from tests.e2e.drill import kill_workers
from tests.e2e.meeting import ModeratedMeeting, ObservedStack

HOSTS = ("alice", "anna", "anton")
MEDIA = ("audio", "video", "content")
MODES = ("open", "presentation", "audio-only")
MANY = "bob"
"""The user with many attendees."""
ATTENDEES = 8
TROUBLE: tuple[Json, ...] = (
    {"status": 429, "count": 4},
    {"status": 503, "count": 2},
    {"dropConnection": "before"},
    {"dropConnection": "after"},
    {"dropConnection": "after", "effectAfterMs": 4_000},
    {"delayMs": 1_500},
    {"delayMs": 5_000},
)
WORKERS = ("host-api", "host-api", "reconciler", "chime-events", "event-publisher")


@dataclass
class Storm:
    """`seed` draws the events; `answers` holds what hosts were answered: label, which is the reason, and answer."""

    local_stack: ObservedStack
    seed: int
    seconds: float
    people: int
    hands: int = 6
    meetings: int = 2
    answers: list[tuple[str, httpx.Response | None]] = field(default_factory=list)
    killed: int = 0
    ordered: int = 0
    written: int = 0

    def __post_init__(self) -> None:
        crowd = [f"p{number:03d}" for number in range(self.people)]
        roles = dict.fromkeys(HOSTS, "host") | {MANY: "participant", "cora": "cohost"}
        with self.local_stack.simulator.without("quota"):
            self.open_meetings = [self.local_stack.meeting(roles) for _ in range(self.meetings)]
            for meeting in self.open_meetings:
                meeting.attendees.update(
                    self.local_stack.simulator.join_together(meeting.meeting_id, crowd) if crowd else {}
                )
                for _ in range(ATTENDEES - 1):
                    meeting.join(MANY)
        self._ends = 0.0

    def rage(self) -> None:
        """Runs the storm to its end. Then Chime has no faults any more, and no other system writes into it."""
        self._ends = time.monotonic() + self.seconds
        blowing: list[Callable[[], None]] = [partial(self._hand, number) for number in range(self.hands)]
        blowing += [partial(self._chaos, chaos, pause) for chaos, pause in self._chaotic()]
        with ThreadPoolExecutor(len(blowing)) as pool:
            for each in [pool.submit(blow) for blow in blowing]:
                each.result()
        self.local_stack.simulator.control("DELETE", "faults")

    # ---- hosts -----------------------------------------------------------------------------------------------------

    def _hand(self, number: int) -> None:
        draw, count = random.Random(f"{self.seed} hand {number}"), 0
        while time.monotonic() < self._ends:
            count += 1
            label = f"storm {self.seed}, {number}.{count}"
            self.answers.append((label, self._asks(draw, label)))

    def _asks(self, draw: random.Random, label: str) -> httpx.Response | None:
        meeting = draw.choice(self.open_meetings)
        host, media = meeting.caller(draw.choice(HOSTS)), draw.sample(MEDIA, draw.choice((1, 1, 2)))
        target = MANY if draw.random() < 0.3 else draw.choice([user for user in meeting.attendees if user not in HOSTS])
        at = f"/users/{target}" if draw.random() < 0.5 else meeting.at(target)
        words = {medium: draw.choice(("SendReceive", "Receive")) for medium in media}
        asked: tuple[tuple[str, str, Json], ...] = (
            ("POST", f"{at}/mute", {"media": media}),
            ("POST", f"{at}/mute", {"media": media, "durationSeconds": draw.randint(1, 20)}),
            ("POST", f"{at}/unmute", {"media": media}),
            ("PATCH", f"{at}/capabilities", words),
            ("POST", f"{at}/hold", {}),
            ("POST", f"{at}/release", {}),
            ("POST", f"{at}/floor", {"durationSeconds": draw.randint(1, 20)}),
            ("PUT", f"/users/{target}/role", {"role": draw.choice(("participant", "presenter", "viewer"))}),
            ("POST", "/mute-all", {"media": media}),
            ("POST", "/unmute-all", {"media": media}),
            ("PATCH", "", {"mode": draw.choice(MODES)}),
        )
        method, path, body = draw.choices(asked, (6, 3, 6, 4, 1, 2, 2, 2, 1, 1, 1))[0]
        try:
            return host.send(method, path, body | {"reason": label})
        except httpx.TransportError:
            return None

    # ---- trouble ---------------------------------------------------------------------------------------------------

    def _chaotic(self) -> Sequence[tuple[Callable[[random.Random, ModeratedMeeting], None], float]]:
        return ((self._fault, 0.4), (self._kill, 4.0), (self._write, 1.5), (self._come_and_go, 1.5))

    def _chaos(self, chaos: Callable[[random.Random, ModeratedMeeting], None], pause: float) -> None:
        draw, at = random.Random(f"{self.seed} {chaos.__name__}"), time.monotonic()
        while (at := at + pause * draw.uniform(0.5, 1.5)) < self._ends:
            time.sleep(max(0.0, at - time.monotonic()))
            chaos(draw, draw.choice(self.open_meetings))

    def _fault(self, draw: random.Random, meeting: ModeratedMeeting) -> None:
        operation = draw.choice(("UpdateAttendeeCapabilities", "UpdateAttendeeCapabilities", "*"))
        meeting.fault(operation=operation, **draw.choice(TROUBLE))
        self.ordered += 1

    def _kill(self, draw: random.Random, _: ModeratedMeeting) -> None:
        self.killed += kill_workers(self.local_stack.stack, draw.choice(WORKERS))

    def _write(self, draw: random.Random, meeting: ModeratedMeeting) -> None:
        """A second writer without Gavel."""
        attendee = draw.choice(list(meeting.attendees.values()))
        words = {medium.title(): draw.choice(("SendReceive", "Receive")) for medium in MEDIA}
        if self._of_chime("update_attendee_capabilities", meeting, AttendeeId=attendee, Capabilities=words):
            self.written += 1

    def _come_and_go(self, draw: random.Random, meeting: ModeratedMeeting) -> None:
        user = draw.choice((MANY, f"late-{draw.randrange(4)}"))
        if draw.random() < 0.7:
            self._of_chime("create_attendee", meeting, ExternalUserId=user)
            return
        theirs = [
            attendee
            for attendee, whose in self.seated(meeting).items()
            if whose == user and attendee != meeting.attendees[MANY]
        ]
        if theirs:
            self._of_chime("delete_attendee", meeting, AttendeeId=draw.choice(theirs))

    def _of_chime(self, operation: str, meeting: ModeratedMeeting, **named: Any) -> bool:
        """The customer's own back end has the same faults."""
        try:
            getattr(self.local_stack.simulator.chime, operation)(MeetingId=meeting.meeting_id, **named)
        except (ClientError, HTTPClientError):
            return False
        return True

    def seated(self, meeting: ModeratedMeeting) -> dict[str, str]:
        """AttendeeId → ExternalUserId, as Chime has them."""
        attendees = self.local_stack.simulator.control("GET", f"meetings/{meeting.meeting_id}")["attendees"]
        return {attendee["AttendeeId"]: attendee["ExternalUserId"] for attendee in attendees}


def decided(answer: httpx.Response) -> bool | None:
    """Whether an answer says that a change was committed. `None` if it says that this is unknown."""
    if answer.is_success:
        return answer.json()["changeId"] is not None
    if answer.headers.get("Content-Type") != PROBLEM:
        return None  # a worker was killed, or the gateway gave up
    document = answer.json()
    if document["code"] in ("outcome-unknown", "chime-refused"):
        return None if document["code"] == "outcome-unknown" else "changeId" in document
    return False
