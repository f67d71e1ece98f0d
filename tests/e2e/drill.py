"""A drill: one change, and the faults of Chime while it is applied."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from local.stack import LocalStack
from tests.e2e.bus_events import CHANGED, DECIDED, kinds
from tests.e2e.caller import Json
from tests.e2e.deadline import until
from tests.e2e.meeting import MUTED, ModeratedMeeting

GIVE_UP_AFTER = 75
"""Seconds within which a pending change is applied."""


@dataclass
class Drill:
    """`answer` is the first answer to the host."""

    name: str
    trouble: tuple[Mapping[str, object], ...]
    meeting: ModeratedMeeting
    answer: httpx.Response | None = field(default=None)

    def start(self) -> None:
        """A host mutes bob while Chime has faults."""
        for trouble in self.trouble:
            self.meeting.fault(**trouble)
        self.answer = self.meeting.alice.post(self.meeting.at("bob", "/mute"), {"reason": self.name})

    @property
    def told(self) -> Json:
        """The answer, which has one of the two statuses of a decision."""
        assert self.answer is not None
        document: Json = self.answer.json()
        assert (self.answer.status_code, document.get("status")) in {(200, "applied"), (202, "pending")}, document
        if self.answer.status_code == httpx.codes.ACCEPTED:
            place = f"/meetings/{self.meeting.meeting_id}/changes/{document['changeId']}"
            assert self.answer.headers["Location"] == place
        return document

    @property
    def change_id(self) -> str:
        return str(self.told["changeId"])


def ends_applied(meeting: ModeratedMeeting, change_id: str, seconds: float = GIVE_UP_AFTER) -> list[str]:
    """Checks that Chime and the rules agree and that the change is reported once. Returns its story in the history."""
    until(lambda: meeting.change(change_id)["status"] == "applied", seconds, f"change {change_id} is applied")
    assert meeting.has("bob") == MUTED == meeting.shown("bob")["capabilities"]
    assert meeting.shown("bob")["status"] == "applied"
    told = kinds(meeting.local_stack.bus_events.until_changed(meeting.meeting_id, change_id))
    assert (told.count(DECIDED), told.count(CHANGED)) == (1, 1)
    story = meeting.story(change_id)
    assert sorted(story) == sorted(told)
    assert (story[0], story[-1], story.count(CHANGED)) == (DECIDED, CHANGED, 1)
    return story


def kill_workers(stack: LocalStack, function: str) -> int:
    """Ends every process of the function without notice, as Lambda may at any line. Returns how many."""
    emulator = stack.children[0].group
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,ppid=,command="], check=True, capture_output=True, text=True)
    found = 0
    for line in listed.stdout.splitlines():
        pid, parent, command = line.split(maxsplit=2)
        if int(parent) == emulator and f"ministack-lambda-gavel-{function}" in command:
            os.kill(int(pid), signal.SIGKILL)
            found += 1
    return found
