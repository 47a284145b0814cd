"""History in memory: for tests, replay and short-lived processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count

from authrisk.errors import StoreError
from authrisk.event import LoginEvent
from authrisk.history.sources import sources_of
from authrisk.history.store import Attempt, SourceKind, Standing, StoredLogin
from authrisk.history.timeline import Key, Timeline

KEPT_PER_STANDING = 1000
"""Logins kept of one user in each standing: failures never push out what is familiar."""


class MemoryStore:
    """A `HistoryStore` that lives and dies with the process.

    `kept` bounds each user's logins per standing; past it the oldest by time goes, out of the
    source views too. `recent` takes about a microsecond and returns the very objects appended.

    >>> store = MemoryStore()
    >>> login = LoginEvent(event_id="1", timestamp_ns=5, user_id="7")
    >>> store.append(login, Standing.FAMILIAR).sequence
    1
    >>> store.recent("7", before_ns=5, limit=10)[0] is login
    True
    """

    def __init__(self, *, kept: int = KEPT_PER_STANDING) -> None:
        if kept < 1:
            raise ValueError(f"kept must be at least 1, not {kept}")
        self._kept = kept
        self._lock = threading.RLock()
        self._open = True
        self._sequences = count(1)
        self._logins: dict[str, StoredLogin] = {}
        self._arrivals: dict[int, str] = {}
        self._users: dict[str | None, dict[Standing, Timeline[LoginEvent]]] = {}
        self._sources: dict[tuple[str, str], Timeline[Attempt]] = {}
        self._states: dict[str, bytes] = {}

    def append(
        self, event: LoginEvent, standing: Standing, answer: bytes | None = None
    ) -> StoredLogin | None:
        """See `HistoryStore.append`."""
        with self._opened():
            if event.event_id in self._logins:
                return None
            login = StoredLogin(next(self._sequences), event, Standing(standing), answer, None)
            self._logins[event.event_id] = login
            self._arrivals[login.sequence] = event.event_id
            self._place(login)
            for source in _source_names(event):
                self._sources.setdefault(source, Timeline()).put(_key(login), _attempt(login))
            self._trim(event.user_id, login.standing)
            return login

    def get(self, event_id: str) -> StoredLogin | None:
        """See `HistoryStore.get`."""
        with self._opened():
            return self._logins.get(event_id)

    def resolve(
        self,
        event_id: str,
        standing: Standing,
        verdict: str | None = None,
        outcome: str | None = None,
    ) -> StoredLogin | None:
        """See `HistoryStore.resolve`."""
        with self._opened():
            login = self._logins.get(event_id)
            if login is None:
                return None
            if outcome is not None:
                login = login._replace(outcome=outcome)
            login = self._restand(login, Standing(standing), verdict)
            self._trim(login.event.user_id, login.standing)
            return login

    def disown_since(self, user_id: str, since_ns: int) -> int:
        """See `HistoryStore.disown_since`."""
        with self._opened():
            changed = [
                login
                for login in self.logins(user_id, limit=len(self._logins))
                if login.event.timestamp_ns >= since_ns and login.standing != Standing.DISOWNED
            ]
            for login in changed:
                self._restand(login, Standing.DISOWNED, None)
            self._trim(user_id, Standing.DISOWNED)
            return len(changed)

    def recent(
        self, user_id: str, before_ns: int, limit: int, standing: Standing = Standing.FAMILIAR
    ) -> list[LoginEvent]:
        """See `HistoryStore.recent`."""
        with self._opened():
            lines = self._users.get(user_id)
            line = lines.get(standing) if lines else None
            return line.until(before_ns, limit) if line else []

    def recent_from(
        self, kind: SourceKind, value: str, since_ns: int, before_ns: int, limit: int
    ) -> list[Attempt]:
        """See `HistoryStore.recent_from`."""
        with self._opened():
            line = self._sources.get((kind, value))
            return line.between(since_ns, before_ns, limit) if line else []

    def logins(self, user_id: str, limit: int = 1000) -> list[StoredLogin]:
        """See `HistoryStore.logins`."""
        with self._opened():
            found = [
                (key, self._logins[event.event_id])
                for line in self._users.get(user_id, {}).values()
                for key, event in zip(line.keys, line.items, strict=True)
            ]
            found.sort(key=lambda pair: pair[0])
            return [login for _, login in found[max(0, len(found) - limit) :]]

    def since(self, sequence: int) -> Iterator[StoredLogin]:
        """See `HistoryStore.since`. Sees what is there at the first step."""
        with self._opened():
            ids = [event_id for n, event_id in self._arrivals.items() if n > sequence]
        for event_id in ids:
            login = self.get(event_id)
            if login is not None:
                yield login

    def forget(self, user_id: str) -> int:
        """See `HistoryStore.forget`."""
        with self._opened():
            gone = self.logins(user_id, limit=len(self._logins))
            for login in gone:
                self._erase(login)
            return len(gone)

    def forget_before(self, before_ns: int) -> int:
        """See `HistoryStore.forget_before`."""
        with self._opened():
            gone = [x for x in self.since(0) if x.event.timestamp_ns < before_ns]
            for login in gone:
                self._erase(login)
            return len(gone)

    def save_state(self, name: str, state: bytes) -> None:
        """See `HistoryStore.save_state`."""
        with self._opened():
            self._states[name] = bytes(state)

    def load_state(self, name: str) -> bytes | None:
        """See `HistoryStore.load_state`."""
        with self._opened():
            return self._states.get(name)

    def close(self) -> None:
        """See `HistoryStore.close`. Closing twice is harmless."""
        with self._lock:
            self._open = False

    def _opened(self) -> threading.RLock:
        if not self._open:
            raise StoreError("the history store is closed")
        return self._lock

    def _place(self, login: StoredLogin) -> None:
        lines = self._users.setdefault(login.event.user_id, {})
        lines.setdefault(login.standing, Timeline()).put(_key(login), login.event)

    def _displace(self, login: StoredLogin) -> None:
        lines = self._users[login.event.user_id]
        lines[login.standing].drop(_key(login))
        if not lines[login.standing].keys:
            del lines[login.standing]
        if not lines:
            del self._users[login.event.user_id]

    def _restand(self, login: StoredLogin, standing: Standing, verdict: str | None) -> StoredLogin:
        kept_verdict = login.verdict if verdict is None else verdict
        changed = login._replace(standing=standing, verdict=kept_verdict)
        self._logins[login.event.event_id] = changed
        if standing != login.standing:
            self._displace(login)
            self._place(changed)
            for source in _source_names(login.event):
                self._sources[source].replace(_key(login), _attempt(changed))
        return changed

    def _trim(self, user_id: str | None, standing: Standing) -> None:
        line = self._users.get(user_id, {}).get(standing)
        while line is not None and len(line.items) > self._kept:
            self._erase(self._logins[line.items[0].event_id])

    def _erase(self, login: StoredLogin) -> None:
        del self._logins[login.event.event_id]
        del self._arrivals[login.sequence]
        self._displace(login)
        for source in _source_names(login.event):
            self._sources[source].drop(_key(login))
            if not self._sources[source].keys:
                del self._sources[source]


def _key(login: StoredLogin) -> Key:
    return login.event.timestamp_ns, login.sequence


def _attempt(login: StoredLogin) -> Attempt:
    event = login.event
    return Attempt(event.timestamp_ns, event.user_id, login.standing == Standing.EVIDENCE)


def _source_names(event: LoginEvent) -> list[tuple[str, str]]:
    named = zip(("address", "prefix", "asn"), sources_of(event), strict=True)
    return [(kind, value) for kind, value in named if value is not None]
