"""Commands: the same objects from REST, from the bus and from the clock.

A command's class says what the command is: its names, its target, its Cedar actions, whether it comes by event, its
parameters and its sentence in the history. Commands by event, triggers, `GET /me`, the JSON Schemas and the security
matrix derive from `COMMANDS`. `decisions` has what a command does.

A new command is a class in one of these modules; no list names it.
"""

# ruff: noqa: F403
from .capabilities import *
from .command import *
from .meetings import *
from .users import *
