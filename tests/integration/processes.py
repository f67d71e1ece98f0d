"""What is left of a server after its end."""

import os


def is_running(group: int) -> bool:
    """Whether any process of the group is left, the server's own children among them."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
