"""The store protocol: what the scorer asks of history, whoever keeps it."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Literal, NamedTuple, Protocol

from authrisk.event import LoginEvent

SourceKind = Literal["address", "prefix", "asn"]


class Standing(enum.IntEnum):
    """What a remembered login counts for.

    FAMILIAR makes its values familiar. EVIDENCE (failed, denied, abandoned) raises risk and never
    makes anything familiar. UNCONFIRMED waits for its outcome. DISOWNED was taken back by a
    verdict: it counts for nothing.
    """

    UNCONFIRMED = 0
    FAMILIAR = 1
    EVIDENCE = 2
    DISOWNED = 3


class StoredLogin(NamedTuple):
    """A remembered login with its place in the order of arrival."""

    sequence: int
    event: LoginEvent
    standing: Standing
    answer: bytes | None
    """What was answered when it was scored (JSON), so that a retry gets the same answer."""
    verdict: str | None
    """A person's judgement: `legitimate` or `compromised`."""
    outcome: str | None = None
    """What the caller reported after it was scored, the last report; None when nothing was."""


class Attempt(NamedTuple):
    """One login attempt as its source sees it."""

    timestamp_ns: int
    user_id: str | None
    failed: bool


class HistoryStore(Protocol):
    """Past logins by user, by source and by arrival. Safe to call from several threads.

    "Before" is by time, not by arrival: `timestamp_ns <= before_ns`. Two logins of one user in
    the same instant both count for whatever arrives after them. Order within one time is the
    order of arrival. A login is found by its (user, time, arrival) whatever order it arrived in.
    """

    def append(
        self, event: LoginEvent, standing: Standing, answer: bytes | None = None
    ) -> StoredLogin | None:
        """Remember an event. None when its `event_id` is already there (nothing changes then).

        Raises StoreError when it cannot be made durable.
        """

    def get(self, event_id: str) -> StoredLogin | None:
        """The login with that id."""

    def resolve(
        self,
        event_id: str,
        standing: Standing,
        verdict: str | None = None,
        outcome: str | None = None,
    ) -> StoredLogin | None:
        """Give a login its new standing (and verdict or reported outcome, where one is given);
        answers the login as it is afterwards, None when there is none."""

    def disown_since(self, user_id: str, since_ns: int) -> int:
        """Make every login of the user from that time on DISOWNED; answers how many."""

    def recent(
        self, user_id: str, before_ns: int, limit: int, standing: Standing = Standing.FAMILIAR
    ) -> list[LoginEvent]:
        """The user's last `limit` logins of that standing with time <= before_ns, oldest first."""

    def recent_from(
        self, kind: SourceKind, value: str, since_ns: int, before_ns: int, limit: int
    ) -> list[Attempt]:
        """The last `limit` attempts from one source with since_ns < time <= before_ns, oldest
        first. DISOWNED ones count too: they came from there. `failed` is standing EVIDENCE.

        kind `address`: `src_ip` or, without one, `src_host`. kind `prefix`: the text of
        `authrisk.enrich.address.prefix_of(src_ip)`. kind `asn`: str(`src_asn`).
        """

    def logins(self, user_id: str, limit: int = 1000) -> list[StoredLogin]:
        """What is kept of the user, newest last."""

    def since(self, sequence: int) -> Iterator[StoredLogin]:
        """Every login that arrived after that sequence number, in order of arrival."""

    def forget(self, user_id: str) -> int:
        """Erase everything of the user; answers how many logins that were."""

    def forget_before(self, before_ns: int) -> int:
        """Erase every login with time < before_ns, whoever's; answers how many that were. Writers
        go on meanwhile."""

    def save_state(self, name: str, state: bytes) -> None:
        """Keep a snapshot (population counts) beside the logins, durable and replaced whole."""

    def load_state(self, name: str) -> bytes | None:
        """The snapshot of that name."""

    def close(self) -> None:
        """Flush and release; the store answers no calls afterwards."""
