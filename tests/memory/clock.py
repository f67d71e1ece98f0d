"""A clock that tests turn."""

from datetime import UTC, datetime, timedelta

from moderation.domain.entry import CROCKFORD, first_id_at

START = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


class Clock:
    """Sleeping moves the time; ids count up."""

    def __init__(self) -> None:
        self.time = START
        self.count = 0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.time = self.time.replace(microsecond=self.time.microsecond // 1000 * 1000)

    def jitter(self) -> float:
        return 0.5

    def new_id(self) -> str:
        self.count += 1
        digits = "".join(CROCKFORD[self.count >> shift & 31] for shift in range(75, -1, -5))
        return first_id_at(self.time)[:10] + digits
