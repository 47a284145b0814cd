"""Whether a pipe rests: whoever writes to it has nothing more to say just now."""

from __future__ import annotations

import select
from typing import BinaryIO


def pauses(file: BinaryIO) -> bool:
    """Whether reading on would wait for whoever writes; a file never pauses."""
    try:
        return not select.select([file], [], [], 0)[0]
    except (OSError, ValueError):  # no descriptor, or a system that waits for sockets only
        return False
