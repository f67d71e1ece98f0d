"""Keeps meetings in a file, which is written after each change and read at the start."""

import json
from dataclasses import asdict
from pathlib import Path

from chime_simulator.errors import Json
from chime_simulator.meetings import Attendee, Meeting, World
from chime_simulator.rules import VideoNone


class StateFile:
    """The world of one simulator as JSON. Faults, calls, events and settings are not kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = ""

    def load(self, world: World) -> None:
        """Fills an empty world, if there is a file. Raises `ValueError` if `save` did not write it."""
        if not self._path.exists():
            return
        try:
            state = json.loads(self._path.read_text(encoding="utf-8"))
            world.meetings = {each["id"]: _meeting(each) for each in state["meetings"]}
            world.answers_by_token = state["answersByToken"]
        except (KeyError, TypeError, ValueError) as problem:
            raise ValueError(f"`{self._path}` is no state of this simulator: {problem}") from problem

    def save(self, world: World) -> None:
        """Writes the file in one step, if the world has changed."""
        meetings = [asdict(meeting) for meeting in world.meetings.values()]
        text = json.dumps({"meetings": meetings, "answersByToken": world.answers_by_token})
        if text == self._written:
            return
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._path)
        self._written = text


def _meeting(saved: Json) -> Meeting:
    reading = saved["video_none_reading"]
    attendees = {name: Attendee(**attendee) for name, attendee in saved["attendees"].items()}
    return Meeting(
        **{**saved, "attendees": attendees, "video_none_reading": VideoNone(reading) if reading is not None else None}
    )
