"""A storm on the live stack: many hosts at once, Chime in trouble, workers killed, a second writer, people who come and
go, one of them on many seats. When it is over everything has to be as it is said to be.
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
from tests.e2e.scene import ModeratedMeeting, Theatre

HOSTS = ("alice", "anna", "anton")
MEDIA = ("audio", "video", "content")
MODES = ("open", "presentation", "audio-only")
MANY = "bob"
"""Who sits on many seats."""
SEATS = 8
NOT_DECIDED = {"busy", "contended", "too-many"}
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
    """`seed` draws what happens; `answers` holds what hosts were answered: label, which is the reason, and answer."""

    theatre: Theatre
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
        with self.theatre.simulator.without("quota"):
            self.scenes = [self.theatre.scene(roles) for _ in range(self.meetings)]
            for scene in self.scenes:
                scene.seats.update(self.theatre.simulator.join_together(scene.meeting_id, crowd) if crowd else {})
                for _ in range(SEATS - 1):
                    scene.join(MANY)
        self._ends = 0.0

    def rage(self) -> None:
        """Until it is over; then Chime is in no trouble any more, and nobody else writes into it."""
        self._ends = time.monotonic() + self.seconds
        blowing: list[Callable[[], None]] = [partial(self._hand, number) for number in range(self.hands)]
        blowing += [partial(self._chaos, deed, pause) for deed, pause in self._chaotic()]
        with ThreadPoolExecutor(len(blowing)) as pool:
            for each in [pool.submit(blow) for blow in blowing]:
                each.result()
        self.theatre.simulator.control("DELETE", "faults")

    # ---- hosts -----------------------------------------------------------------------------------------------------

    def _hand(self, number: int) -> None:
        draw, count = random.Random(f"{self.seed} hand {number}"), 0
        while time.monotonic() < self._ends:
            count += 1
            label = f"storm {self.seed}, {number}.{count}"
            self.answers.append((label, self._asks(draw, label)))

    def _asks(self, draw: random.Random, label: str) -> httpx.Response | None:
        scene = draw.choice(self.scenes)
        host, media = scene.person(draw.choice(HOSTS)), draw.sample(MEDIA, draw.choice((1, 1, 2)))
        whom = MANY if draw.random() < 0.3 else draw.choice([user for user in scene.seats if user not in HOSTS])
        at = f"/users/{whom}" if draw.random() < 0.5 else scene.at(whom)
        words = {medium: draw.choice(("SendReceive", "Receive")) for medium in media}
        asked: tuple[tuple[str, str, Json], ...] = (
            ("POST", f"{at}/mute", {"media": media}),
            ("POST", f"{at}/mute", {"media": media, "durationSeconds": draw.randint(1, 20)}),
            ("POST", f"{at}/unmute", {"media": media}),
            ("PATCH", f"{at}/capabilities", words),
            ("POST", f"{at}/hold", {}),
            ("POST", f"{at}/release", {}),
            ("POST", f"{at}/floor", {"durationSeconds": draw.randint(1, 20)}),
            ("PUT", f"/users/{whom}/role", {"role": draw.choice(("participant", "presenter", "viewer"))}),
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

    def _chaos(self, deed: Callable[[random.Random, ModeratedMeeting], None], pause: float) -> None:
        draw, at = random.Random(f"{self.seed} {deed.__name__}"), time.monotonic()
        while (at := at + pause * draw.uniform(0.5, 1.5)) < self._ends:
            time.sleep(max(0.0, at - time.monotonic()))
            deed(draw, draw.choice(self.scenes))

    def _fault(self, draw: random.Random, scene: ModeratedMeeting) -> None:
        operation = draw.choice(("UpdateAttendeeCapabilities", "UpdateAttendeeCapabilities", "*"))
        scene.fault(operation=operation, **draw.choice(TROUBLE))
        self.ordered += 1

    def _kill(self, draw: random.Random, _: ModeratedMeeting) -> None:
        self.killed += kill_workers(self.theatre.stack, draw.choice(WORKERS))

    def _write(self, draw: random.Random, scene: ModeratedMeeting) -> None:
        """A second writer, who knows nothing of Gavel."""
        seat = draw.choice(list(scene.seats.values()))
        words = {medium.title(): draw.choice(("SendReceive", "Receive")) for medium in MEDIA}
        if self._of_chime("update_attendee_capabilities", scene, AttendeeId=seat, Capabilities=words):
            self.written += 1

    def _come_and_go(self, draw: random.Random, scene: ModeratedMeeting) -> None:
        user = draw.choice((MANY, f"late-{draw.randrange(4)}"))
        if draw.random() < 0.7:
            self._of_chime("create_attendee", scene, ExternalUserId=user)
            return
        theirs = [seat for seat, whose in self.seated(scene).items() if whose == user and seat != scene.seats[MANY]]
        if theirs:
            self._of_chime("delete_attendee", scene, AttendeeId=draw.choice(theirs))

    def _of_chime(self, operation: str, scene: ModeratedMeeting, **named: Any) -> bool:
        """The customer's own back end is in the same trouble."""
        try:
            getattr(self.theatre.simulator.chime, operation)(MeetingId=scene.meeting_id, **named)
        except (ClientError, HTTPClientError):
            return False
        return True

    def seated(self, scene: ModeratedMeeting) -> dict[str, str]:
        """AttendeeId → ExternalUserId, as Chime has it."""
        attendees = self.theatre.simulator.control("GET", f"meetings/{scene.meeting_id}")["attendees"]
        return {attendee["AttendeeId"]: attendee["ExternalUserId"] for attendee in attendees}


def decided(answer: httpx.Response) -> bool | None:
    """Whether an answer says that a change was committed; None where it says that it doesn't know."""
    if answer.is_success:
        return answer.json()["changeId"] is not None
    if answer.headers.get("Content-Type") != PROBLEM:
        return None  # a worker was killed, or the gateway gave up
    document = answer.json()
    if document["code"] in ("outcome-unknown", "chime-refused"):
        return None if document["code"] == "outcome-unknown" else "changeId" in document
    return False
