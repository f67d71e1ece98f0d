"""Undo: the change that a request is about. It never changes any more, so it is read before anything is decided."""

from dataclasses import replace

from ...domain.change import Change
from ...domain.commands import Undo
from ...ports import World
from ..enforcement.retries import read_with_retry
from ..requests import Request


def with_undone(world: World, request: Request, command: Undo) -> Request:
    """The request with the change that it undoes and, if that change is about a user, on that user.

    Raises `LedgerUnavailableError`.
    """
    undone = _change(world, request.meeting_id, command.change_id)
    original = _original(world, request.meeting_id, undone)
    if undone is None or original is None:
        return request
    request = replace(request, undone=undone, original=original)
    return request if undone.is_of_the_meeting else replace(request, attendee_id=None, user_id=undone.subject)


def _original(world: World, meeting_id: str, change: Change | None) -> Change | None:
    """The change that was made at first: to undo an undo is to make that change again, and needs the same permission.
    None if it is not kept any more.
    """
    while change is not None and change.command == Undo.name:
        change = _change(world, meeting_id, str(change.said["changeId"]))
    return change


def _change(world: World, meeting_id: str, change_id: str) -> Change | None:
    return read_with_retry(world, lambda: world.ledger.change(meeting_id, change_id))
