"""Commands, in the imperative: the same objects from REST, from the bus and from the clock.

What a command is stands on its class: its names, its target, the Cedar actions that are asked about it, whether it
comes by event, its parameters and its sentence in the history. The event inbox, the triggers, `GET /me`, the JSON
Schemas and the security matrix derive from `COMMANDS`. What a command does is decided in `decisions`.

A new command is a class in one of these modules; no list names it.
"""

# ruff: noqa: F403
from .capabilities import *
from .command import *
from .meetings import *
from .people import *
