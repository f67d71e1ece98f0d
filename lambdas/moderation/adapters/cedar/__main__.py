"""`python -m moderation.adapters.cedar DIRECTORY` prints what is wrong with the policies, one line each; exits 1."""

import sys
from pathlib import Path

from .directory import SHIPPED
from .validation import problems


def main(arguments: list[str]) -> int:
    """Without a directory the shipped policies are looked at."""
    if len(arguments) > 1:
        print("usage: `python -m moderation.adapters.cedar [DIRECTORY]`", file=sys.stderr)
        return 2
    found = problems(Path(arguments[0]) if arguments else SHIPPED)
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
