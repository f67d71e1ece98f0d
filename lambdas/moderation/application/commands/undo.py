"""Undo: the rules that a change replaced, restored by a change like any other."""

from dataclasses import replace

from ...domain.change import Change
from ...domain.commands import Undo
from ...ports import InfrastructureError, World
from ..enforcement.retries import read_with_retry
from ..requests import BUSY, Outcome, Request
from .attendee_commands import AttendeeCommandHandler
from .meeting_commands import MeetingCommandHandler


class UndoHandler:
    """What is undone never changes any more, so it may be read before anything is decided."""

    def __init__(self, world: World, moderator: AttendeeCommandHandler, governor: MeetingCommandHandler) -> None:
        self._world = world
        self._moderator = moderator
        self._governor = governor

    def perform(self, request: Request, command: Undo) -> Outcome:
        try:
            change = self._change(request.meeting_id, command.change_id)
            operation = self._deed(request.meeting_id, change)
        except InfrastructureError:
            return BUSY
        if operation is None:
            change = None
        request = replace(request, undone=change, deed=operation)
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
