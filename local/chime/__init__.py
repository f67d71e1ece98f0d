"""A simulator of Amazon Chime SDK meetings at the wire: the real boto3 client talks to it.

No emulator offers this API. Routes, shapes and constraints come from botocore's service model; the documented rules,
quotas and events stand on top. `ChimeSimulator` runs it inside a test, `python -m local.chime` beside a local stack.
"""

from local.chime.quota import QuotaReading
from local.chime.rules import VideoNone
from local.chime.server import ChimeSimulator
from local.chime.settings import Settings

__all__ = ["ChimeSimulator", "QuotaReading", "Settings", "VideoNone"]
