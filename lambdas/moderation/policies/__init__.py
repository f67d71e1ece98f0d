"""The customer's policies: written in Cedar, asked by the moderator."""

from .cedar import CedarPolicies
from .directory import SHIPPED

__all__ = ["SHIPPED", "CedarPolicies"]
