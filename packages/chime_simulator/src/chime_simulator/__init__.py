"""A simulator of Amazon Chime SDK meetings: AWS's own clients call it over HTTP.

Routes, shapes and constraints come from botocore's service model; the documented rules, quotas and events are added.
`ChimeSimulator` runs it inside a test, `python -m chime_simulator` beside other programs, and `SimulatorClient`
controls both. With pytest, the fixture `chime` does all of it.
"""

from chime_simulator.client import SimulatorClient, SimulatorError
from chime_simulator.quota import QuotaReading
from chime_simulator.rules import CreateAttendee, VideoNone
from chime_simulator.server import ChimeSimulator
from chime_simulator.settings import Settings

__all__ = [
    "ChimeSimulator",
    "CreateAttendee",
    "QuotaReading",
    "Settings",
    "SimulatorClient",
    "SimulatorError",
    "VideoNone",
]
