"""Sends state changes to the bus: best effort, on a thread of their own, so that no call waits for them."""

import json
import logging
import os
import queue
import threading
from collections import deque
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from chime_simulator.clock import timestamp
from chime_simulator.errors import Json

DETAIL_TYPE = "Chime Meeting State Change"
ENTRIES_A_CALL = 10  # the most that PutEvents takes
REMEMBERED = 1000

log = logging.getLogger(__name__)


class EventFeed:
    """Remembers the latest events and, if there is an endpoint, puts them on its bus.

    AWS and its emulators refuse sources that begin with `aws.`, so the events go out under a source of their own.
    """

    def __init__(self, endpoint: str | None, source: str, bus: str, region: str) -> None:
        self._endpoint = endpoint
        self._source = source
        self._bus = bus
        self._region = region
        self._latest: deque[Json] = deque(maxlen=REMEMBERED)
        self._waiting: queue.SimpleQueue[Json | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._endpoint:
            self._thread = threading.Thread(target=self._deliver, name="chime-events", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stops the thread after a moment in which waiting events may be sent."""
        if self._thread:
            self._waiting.put(None)
            self._thread.join(timeout=5)
            self._thread = None

    def publish(self, details: list[Json], *, lost: bool) -> None:
        """Records the events, and sends them unless they are `lost`."""
        for detail in details:
            time = timestamp(detail["timestamp"] / 1000)
            event = {"source": self._source, "detail-type": DETAIL_TYPE, "time": time, "detail": detail, "lost": lost}
            self._latest.append(event)
            if self._thread and not lost:
                self._waiting.put(event)

    def latest(self) -> list[Json]:
        return list(self._latest)

    def clear(self) -> None:
        self._latest.clear()

    def _deliver(self) -> None:
        client = self._client()
        try:
            while entries := self._next_entries():
                self._put(client, entries)
        finally:
            client.close()

    def _next_entries(self) -> list[Json]:
        """The events that wait, as many as one call takes; none once the feed is stopped."""
        entries = []
        event = self._waiting.get()
        while event is not None:
            entries.append(self._entry(event))
            if len(entries) == ENTRIES_A_CALL:
                return entries
            try:
                event = self._waiting.get_nowait()
            except queue.Empty:
                return entries
        if entries:
            self._waiting.put(None)
        return entries

    def _entry(self, event: Json) -> Json:
        return {
            "Time": datetime.fromtimestamp(event["detail"]["timestamp"] / 1000, UTC),
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"], ensure_ascii=False),
            "EventBusName": self._bus,
        }

    def _put(self, client: Any, entries: list[Json]) -> None:
        try:
            failed = client.put_events(Entries=entries)["FailedEntryCount"]
        except Exception as problem:  # best effort, as on AWS: after any failure the next events are sent
            log.warning("%d events lost: %s", len(entries), str(problem).replace("\n", " "))
        else:
            if failed:
                log.warning("%d of %d events refused by the bus", failed, len(entries))

    def _client(self) -> Any:
        return get_session().create_client(
            "events",
            region_name=self._region,
            endpoint_url=self._endpoint,
            aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "simulator"),
            aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "simulator"),
            aws_session_token=os.environ.get("AWS_SESSION_TOKEN"),
            config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}),
        )
