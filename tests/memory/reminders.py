from datetime import timedelta

from moderation.ports import Reminder


class MemoryReminders:
    def __init__(self) -> None:
        self.sent: list[tuple[Reminder, timedelta]] = []

    def remind(self, reminder: Reminder, after: timedelta) -> None:
        self.sent.append((reminder, after))
