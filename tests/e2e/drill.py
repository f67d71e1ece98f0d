"""A drill: one change, and the trouble that Chime makes while it is carried out."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from local.stack import LocalStack
from tests.e2e.caller import Json
from tests.e2e.deadline import until
from tests.e2e.scene import MUTED, ModeratedMeeting
from tests.e2e.tap import CHANGED, DECIDED, kinds

GIVE_UP_AFTER = 75
"""Seconds within which a change that is left pending is carried out."""


@dataclass
class Drill:
    """`answer` is what the host was told at once."""

    name: str
    trouble: tuple[Mapping[str, object], ...]
    scene: ModeratedMeeting
    answer: httpx.Response | None = field(default=None)

    def start(self) -> None:
        """A host mutes bob while Chime is in trouble."""
        for trouble in self.trouble:
            self.scene.fault(**trouble)
        self.answer = self.scene.alice.post(self.scene.at("bob", "/mute"), {"reason": self.name})

    @property
    def told(self) -> Json:
        """The answer, which is one of the two that a decision has."""
        assert self.answer is not None
        document: Json = self.answer.json()
        assert (self.answer.status_code, document.get("status")) in {(200, "applied"), (202, "pending")}, document
        if self.answer.status_code == httpx.codes.ACCEPTED:
            place = f"/meetings/{self.scene.meeting_id}/changes/{document['changeId']}"
            assert self.answer.headers["Location"] == place
        return document

    @property
    def change_id(self) -> str:
        return str(self.told["changeId"])


def ends_applied(scene: ModeratedMeeting, change_id: str, seconds: float = GIVE_UP_AFTER) -> list[str]:
    """Chime and the rules agree, the change is told once, and the history tells its story: returned."""
    until(lambda: scene.change(change_id)["status"] == "applied", seconds, f"change {change_id} is applied")
    assert scene.has("bob") == MUTED == scene.shown("bob")["capabilities"]
    assert scene.shown("bob")["status"] == "applied"
    told = kinds(scene.theatre.tap.until_changed(scene.meeting_id, change_id))
    assert (told.count(DECIDED), told.count(CHANGED)) == (1, 1)
    story = scene.story(change_id)
    assert sorted(story) == sorted(told)
    assert (story[0], story[-1], story.count(CHANGED)) == (DECIDED, CHANGED, 1)
    return story


def kill_workers(stack: LocalStack, function: str) -> int:
    """As Lambda may do at any line: ends every process that runs the function, without a word. Returns how many."""
    emulator = stack.children[0].group
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,ppid=,command="], check=True, capture_output=True, text=True)
    found = 0
    for line in listed.stdout.splitlines():
        pid, parent, command = line.split(maxsplit=2)
        if int(parent) == emulator and f"ministack-lambda-gavel-{function}" in command:
            os.kill(int(pid), signal.SIGKILL)
            found += 1
    return found
