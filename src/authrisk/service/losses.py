"""Logins that were answered and could not be kept: each is counted, and they are told of."""

from __future__ import annotations

import asyncio
import logging

from prometheus_client import Counter

EVERY_S = 1.0
"""A line a second at most: thousands at once would hold up the answers of others."""

_LOG = logging.getLogger(__name__)


class Losses:
    """Called in one event loop. The first loss is told of at once, those after it together."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._untold = 0
        self._last: BaseException | str = ""
        self._timer: asyncio.TimerHandle | None = None

    def add(self, cause: BaseException | str) -> None:
        """One login is lost."""
        self._counter.inc()
        self._untold += 1
        self._last = cause
        if self._timer is None:
            self._tell()

    def close(self) -> None:
        """Tell of what was not told yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._untold:
            self._log()

    def _tell(self) -> None:
        self._timer = None
        if self._untold:
            self._log()
            self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._tell)

    def _log(self) -> None:
        text = "%d logins that were answered could not be kept, the last: %s"
        _LOG.error(text, self._untold, self._last)
        self._untold = 0
