"""The routes: a `Router` for each group. The endpoint on a command's body makes the command's route."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from . import attendees, commands, history, meetings, service

ROUTERS: tuple[Router, ...] = (service.router, meetings.router, attendees.router, history.router, commands.router)
