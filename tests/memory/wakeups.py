from datetime import timedelta

from moderation.ports import Wakeup


class MemoryWakeups:
    def __init__(self) -> None:
        self.sent: list[tuple[Wakeup, timedelta]] = []

    def schedule(self, reminder: Wakeup, after: timedelta) -> None:
        self.sent.append((reminder, after))
