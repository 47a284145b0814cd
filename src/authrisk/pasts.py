"""What history tells of a login before it: the windows that the model is asked about."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from authrisk.enrich.address import prefix_of
from authrisk.event import LoginEvent
from authrisk.features.catalogue import FAILURE_LIMIT, HISTORY_LIMIT, SOURCE_LIMIT
from authrisk.features.coded import Ints, code_event, code_of, coded_from
from authrisk.features.established import PROBATION_NS, PROBATIONS, established, served
from authrisk.features.population import Population
from authrisk.features.sequences import CodedRow, Preparation, live_window
from authrisk.features.source import HORIZON_NS
from authrisk.features.timeline import Rows
from authrisk.history.store import HistoryStore, SourceKind, Standing, StoredLogin

_CACHE = 65_536


class Asked(NamedTuple):
    """A login as the model is asked about it: W windows (W, T, F), the first of them by all of
    the past, and its own unscaled row (1, F)."""

    event: LoginEvent
    past: list[LoginEvent]
    current: Rows
    windows: Rows


class Pasts:
    """Reads a history; keeps the coded rows of logins that it met lately."""

    def __init__(self, store: HistoryStore) -> None:
        self.store = store
        self._rows: OrderedDict[str, CodedRow] = OrderedDict()

    def asked(
        self,
        event: LoginEvent,
        stored: StoredLogin | None,
        population: Population,
        preparation: Preparation,
    ) -> Asked:
        """The windows of a login, by what came strictly before it.

        stored: the login itself where it is in the history already; it does not see itself.
        """
        past = self._recent(event, HISTORY_LIMIT, Standing.FAMILIAR)
        failures = self._recent(event, FAILURE_LIMIT, Standing.EVIDENCE)
        attempts = self._attempts(event, stored)
        rows = [self._coded(e) for e in past]
        mine = code_event(event)
        pasts = [rows, *self._established(event, mine, past, rows)]
        each = [
            live_window(
                [*earlier, mine],
                [failure.timestamp_ns for failure in failures],
                attempts,
                population,
                preparation,
            )
            for earlier in pasts
        ]
        current = each[0][:, -1].copy()
        return Asked(event, past, current, np.concatenate(each))

    def _established(
        self, event: LoginEvent, mine: CodedRow, past: list[LoginEvent], rows: list[CodedRow]
    ) -> Iterator[list[CodedRow]]:
        """The rows of the established pasts that the login is to be judged by as well."""
        times = np.array([e.timestamp_ns for e in past], np.int64)
        done = len(past)
        for logins in PROBATIONS:
            first = served(times, event.timestamp_ns, logins)
            if first in {len(past), done} or (logins and not first):
                continue
            done = first
            base, young = self._served_rows(event, past, first), rows[first:]
            if not base:
                continue
            good = established(coded_from(base).ints, coded_from(young).ints, _ints(mine))
            if good is not None:
                kept = [row for row, stays in zip(young, good, strict=True) if stays]
                yield [*base, *kept][-HISTORY_LIMIT:]

    def _served_rows(self, event: LoginEvent, past: list[LoginEvent], first: int) -> list[CodedRow]:
        """The last HISTORY_LIMIT familiar logins before those that are on probation, which begin
        at `first` of the past or, where all of it is young, before it."""
        before = past[:first]
        if len(past) == HISTORY_LIMIT and first:
            before = self._recent(event, 2 * HISTORY_LIMIT, Standing.FAMILIAR)[: first - len(past)]
        elif len(past) == HISTORY_LIMIT and event.user_id is not None:
            edge_ns = event.timestamp_ns - PROBATION_NS
            before = self.store.recent(event.user_id, edge_ns, HISTORY_LIMIT)
        return [self._coded(e) for e in before[-HISTORY_LIMIT:]]

    def _coded(self, event: LoginEvent) -> CodedRow:
        row = self._rows.get(event.event_id)
        if row is None:
            row = self._rows[event.event_id] = code_event(event)
            if len(self._rows) > _CACHE:
                self._rows.popitem(last=False)
        return row

    def _recent(self, event: LoginEvent, limit: int, standing: Standing) -> list[LoginEvent]:
        """The user's last logins of that standing before this one, without this one."""
        if event.user_id is None:
            return []
        found = self.store.recent(event.user_id, event.timestamp_ns, limit + 1, standing)
        if any(e.event_id == event.event_id for e in found):
            found = [e for e in found if e.event_id != event.event_id]
        return found[-limit:]

    def _attempts(
        self, event: LoginEvent, stored: StoredLogin | None
    ) -> list[list[tuple[int, int, bool]]]:
        """What came from the login's address, prefix and AS lately, without the login itself."""
        now = event.timestamp_ns
        address = event.src_ip if event.src_ip is not None else event.src_host
        sources: tuple[tuple[SourceKind, str | None], ...] = (
            ("address", address),
            ("prefix", None if event.src_ip is None else prefix_of(event.src_ip)),
            ("asn", None if event.src_asn is None else str(event.src_asn)),
        )
        out = []
        for kind, value in sources:
            rows = []
            if value is not None:
                found = self.store.recent_from(
                    kind, value, now - HORIZON_NS, now, SOURCE_LIMIT + (stored is not None)
                )
                if stored is not None:
                    mine = (stored.event.timestamp_ns, stored.event.user_id)
                    own = [i for i, attempt in enumerate(found) if attempt[:2] == mine]
                    found = [a for i, a in enumerate(found) if i not in own[-1:]][-SOURCE_LIMIT:]
                for time_ns, user, failed in found:
                    rows.append((time_ns, 0 if user is None else code_of("user", user), failed))
            out.append(rows)
        return out


def _ints(row: CodedRow) -> Ints:
    return np.frombuffer(row[0], np.int64)
