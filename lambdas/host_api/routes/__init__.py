"""The routes. A new one is a line here, a body in `moderation.models` and the command it stands for."""

from ..routing import Route
from . import capabilities, meetings, people, reading

__all__ = ["ROUTES"]

ROUTES: tuple[Route, ...] = (*meetings.ROUTES, *people.ROUTES, *capabilities.ROUTES, *reading.ROUTES)
