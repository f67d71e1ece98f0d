"""Finishes changes that are not applied yet: every minute, and when a wake-up names one."""
