"""Files that other processes or the next run read."""

from pathlib import Path


def write_whole(path: Path, text: str, mode: int = 0o666) -> None:
    """Writes the file in one step: no reader sees a part of it. `mode` is the file's, before the process's mask."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(mode)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
