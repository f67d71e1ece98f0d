"""Undo: the rules that a change replaced, restored by a change like any other."""

from dataclasses import replace

from ..core.command import Undo
from ..ports import MachineFailure, World
from .governor import Governor
from .moderator import Moderator
from .request import BUSY, Outcome, Request


class Undoing:
    """What is undone never changes any more, so it may be read before anything is decided."""

    def __init__(self, world: World, moderator: Moderator, governor: Governor) -> None:
        self._world = world
        self._moderator = moderator
        self._governor = governor

    def perform(self, request: Request, command: Undo) -> Outcome:
        try:
            change = self._world.ledger.change(request.meeting_id, command.change_id)
        except MachineFailure:
            return BUSY
        request = replace(request, undone=change)
        if change is None or change.is_of_the_meeting:
            return self._governor.perform(request, command)
        about = replace(request, attendee_id=None, user_id=change.subject)
        return self._moderator.perform(about, command)
