"""Gavel, moderation of Amazon Chime SDK meetings, as a construct for AWS CDK apps.

In the package `gavel-cdk` this file is `gavel_cdk/__init__.py`; the modules beside it are the same.
"""

from .config import Config, ConfigError
from .context import read as read_context
from .gavel import CHANGES, Gavel
from .settings.event_sources import EventSource
from .settings.triggers import Trigger
from .version import version

__all__ = ["CHANGES", "Config", "ConfigError", "EventSource", "Gavel", "Trigger", "__version__", "read_context"]
__version__ = version()
