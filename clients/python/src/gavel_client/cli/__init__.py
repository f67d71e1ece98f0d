"""The command line, `gavel`: `pip install "gavel-client[cli]"`."""

import sys


def main() -> None:
    """Exits 0 if the command was carried out; `exits.py` has the other codes."""
    try:
        from .app import run
    except ModuleNotFoundError as error:
        if error.name not in ("rich", "typer"):
            raise
        sys.exit(f"`{error.name}` is missing: pip install 'gavel-client[cli]'")
    sys.exit(run())
