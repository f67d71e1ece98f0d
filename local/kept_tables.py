"""Keeps the items of the emulator's tables in a file for the next run of the local stack.

Restored items cause no records in their table's stream: nothing is published a second time.
"""

import asyncio
import atexit
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from ministack.services import dynamodb

from local.files import write_whole

SECONDS = 0.5
_handle_request = dynamodb.handle_request
Tables = dict[str, dict[str, dict[str, Any]]]
"""Table → partition key → sort key → item."""


class KeptTables:
    """Writes the file soon after each change and when the emulator ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left: Tables = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self._written = 0
        self._is_due = False

    def install(self) -> None:
        """Attaches itself to the emulator's DynamoDB in this process."""
        dynamodb.handle_request = self._handle_request
        atexit.register(self.save)

    def restore(self, name: str) -> None:
        """Fills a table that was just created with the items that the last run kept of the table with that name."""
        if name in self._left:
            table = dynamodb._tables[name]
            table["items"] = defaultdict(dict, self._left.pop(name))
            table["ItemCount"] = sum(map(len, table["items"].values()))

    def save(self) -> None:
        """Writes the file. Tables of the last run that were not created again stay in it."""
        self._is_due = False
        count = dynamodb._stream_seq_counter
        if count == self._written:
            return
        tables = {str(table["TableName"]): table["items"] for table in dynamodb._tables.all_values()}
        write_whole(self._path, json.dumps(self._left | tables))
        self._written = count

    async def _handle_request(self, *request: Any) -> Any:
        """Handles requests on the thread that changes items, so that no transaction is split."""
        answer = await _handle_request(*request)
        if dynamodb._stream_seq_counter != self._written and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(SECONDS, self.save)
        return answer
