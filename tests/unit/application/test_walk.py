"""The files that a command enters, and how often the same thing is derived."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from moderation.application.requests import Answer
from moderation.domain.commands import Mute

from tests.memory.moderated_meeting import ModeratedMeeting
from tests.security.api import MeetingsApi
from tests.unit.application.commanded_meeting import MUTE_ALL, CommandedMeeting

ROOT = Path(__file__).resolve().parents[3]
LAMBDAS, MEMORY = f"{ROOT / 'lambdas'}/", f"{ROOT / 'tests' / 'memory'}/"
NOT_OURS_TO_COUNT = ("moderation/adapters/", "moderation/ports/")
DERIVED = ("moderation/domain/effective.py:limits", "moderation/domain/documents.py:attendee_document")
MOST_FILES = 20
"""The most files of Gavel that a mute enters before its commit, and other commands before they reach the ledger."""

KINDS_COMPARED = 36
"""How often `gained` derives capabilities: for every kind of user, by the old rules and by the new ones."""


class Walk:
    """Files in the order in which they are entered, until the ledger or Chime is reached; calls until the end."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}
        self.after: dict[str, None] = {}
        self.calls: Counter[str] = Counter()
        self.has_arrived = False

    def times(self, function: str) -> int:
        return sum(count for name, count in self.calls.items() if name.endswith(function))

    def enters(self, frame: FrameType, event: str, _: object) -> None:
        path, caller = frame.f_code.co_filename, frame.f_back
        if event != "call":
            return
        if path.startswith(MEMORY):
            self.has_arrived |= path.endswith(("ledger.py", "chime.py"))
            return
        name = path.removeprefix(LAMBDAS)
        is_from_a_fake = caller is not None and caller.f_code.co_filename.startswith(MEMORY)
        is_part_of_another = frame.f_code.co_name.startswith("<")
        if name == path or name.startswith(NOT_OURS_TO_COUNT) or is_from_a_fake or is_part_of_another:
            return
        self.calls[f"{name}:{frame.f_code.co_qualname}"] += 1
        (self.after if self.has_arrived else self.files).setdefault(name)

    def show(self, title: str) -> None:
        later = [file for file in self.after if file not in self.files]
        print(f"\n{title}: {len(self.files)} files before the ledger, {len(later)} more until the answer")
        print("  " + "\n  ".join(self.files))
        print("  -- then --\n  " + "\n  ".join(later))
        for name in DERIVED:
            print(f"  {name}: {self.times(name)} times")


@contextmanager
def walking() -> Iterator[Walk]:
    walk = Walk()
    sys.setprofile(walk.enters)
    try:
        yield walk
    finally:
        sys.setprofile(None)


def test_a_mute_over_http() -> None:
    api = MeetingsApi()
    api("alice", "POST", "/users/bob/unmute")  # warm, as most are
    with walking() as walk:
        reply = api("alice", "POST", "/users/bob/mute")
    assert reply.document["status"] == "applied"
    walk.show("a mute over HTTP")
    assert len(walk.files) <= MOST_FILES
    assert walk.times("documents.py:attendee_document") == 1
    assert walk.times("effective.py:limits") <= 4


def test_a_mute_all() -> None:
    """The capabilities of all attendees are derived, but no attendee's document is built."""
    meeting = CommandedMeeting()
    with walking() as walk:
        outcome = meeting.say("alice", MUTE_ALL)
    assert isinstance(outcome, Answer)
    walk.show(f"a mute-all of {len(meeting.roles)} users")
    assert len(walk.files) <= MOST_FILES
    assert walk.times("documents.py:attendee_document") == 0
    assert walk.times("meeting.py:MeetingCase.gained_by") >= 1
    assert walk.times("meeting.py:gained") == 1
    assert walk.times("effective.py:effective") - KINDS_COMPARED <= 2 * len(meeting.roles) + 1


def test_the_end_of_a_timed_mute() -> None:
    meeting = ModeratedMeeting()
    meeting.answered("alice", Mute(seconds=60), "bob")
    meeting.clock.pass_by(61)
    reconciler = meeting.another_process().reconciler
    deadline = meeting.clock.now().replace(year=2027)
    with walking() as walk:
        reconciler.run(deadline)
    assert meeting.held("bob")["audio"] == "SendReceive"
    walk.show("the end of a timed mute")
    assert len(walk.files) <= MOST_FILES
    assert walk.times("documents.py:attendee_document") == 1
    assert walk.times("effective.py:limits") <= 4
