"""The customer's policies, written in Cedar."""

from .directory import SHIPPED
from .policies import CedarPolicies

__all__ = ["SHIPPED", "CedarPolicies"]
