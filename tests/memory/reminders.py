from datetime import timedelta


class MemoryReminders:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str, timedelta]] = []

    def remind(self, meeting_id: str, change_id: str, after: timedelta) -> None:
        self.sent.append((meeting_id, change_id, after))
