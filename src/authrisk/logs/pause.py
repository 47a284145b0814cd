"""Whether a pipe rests: whoever writes to it has nothing more to say just now."""

from __future__ import annotations

import select
from typing import BinaryIO

REST_S = 0.05
"""So long nothing comes when a writer rests. Shorter gaps are those of a program that is slower
than the reader, or of an attempt that is told in several lines: to take them for rests would cut
attempts and blocks into pieces."""


LONGEST_S = 1.0
"""So long what a pipe gave waits at most for more of it, where the writer never rests."""


def pauses(file: BinaryIO) -> bool:
    """Whether whoever writes rests; waits for `REST_S` to know it. A file never pauses."""
    try:
        return not select.select([file], [], [], REST_S)[0]
    except (OSError, ValueError):  # no descriptor, or a system that waits for sockets only
        return False
