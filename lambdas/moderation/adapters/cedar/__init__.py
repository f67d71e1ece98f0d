"""The customer's policies: written in Cedar, asked by the moderator."""

from .directory import SHIPPED
from .policies import CedarPolicies

__all__ = ["SHIPPED", "CedarPolicies"]
