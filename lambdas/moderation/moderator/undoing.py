"""Undo: the rules that a change replaced, restored by a change like any other."""

from dataclasses import replace

from ..core.change import Change
from ..core.command import Undo
from ..ports import MachineFailure, World
from .governor import Governor
from .moderator import Moderator
from .persistence import read_with_retry
from .request import BUSY, Outcome, Request


class Undoing:
    """What is undone never changes any more, so it may be read before anything is decided."""

    def __init__(self, world: World, moderator: Moderator, governor: Governor) -> None:
        self._world = world
        self._moderator = moderator
        self._governor = governor

    def perform(self, request: Request, command: Undo) -> Outcome:
        try:
            change = self._change(request.meeting_id, command.change_id)
            deed = self._deed(request.meeting_id, change)
        except MachineFailure:
            return BUSY
        if deed is None:
            change = None
        request = replace(request, undone=change, deed=deed)
        if change is None or change.is_of_the_meeting:
            return self._governor.perform(request, command)
        about = replace(request, attendee_id=None, user_id=change.subject)
        return self._moderator.perform(about, command)

    def _deed(self, meeting_id: str, change: Change | None) -> Change | None:
        """What was done at first. Who undoes an undo does it again, so he needs to be allowed just that; None if it
        is not kept any more.
        """
        while change is not None and change.command == Undo.name:
            change = self._change(meeting_id, str(change.said["changeId"]))
        return change

    def _change(self, meeting_id: str, change_id: str) -> Change | None:
        return read_with_retry(self._world, lambda: self._world.ledger.change(meeting_id, change_id))
