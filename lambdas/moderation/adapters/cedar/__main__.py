"""`python -m moderation.adapters.cedar DIRECTORY`: checks the shipped policies together with the directory's.

Prints the problems, one a line, and exits with 1; without problems it prints what was checked.
"""

import sys
from pathlib import Path

from .directory import SHIPPED
from .validation import checked, problems


def main(arguments: list[str]) -> int:
    """The command line. Without a directory it checks the shipped policies."""
    if len(arguments) > 1:
        print("usage: `python -m moderation.adapters.cedar [DIRECTORY]`", file=sys.stderr)
        return 2
    directory = Path(arguments[0]) if arguments else SHIPPED
    found = problems(directory)
    print("\n".join(found) if found else checked(directory))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
