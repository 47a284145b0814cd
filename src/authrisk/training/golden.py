"""Golden cases: logins of the data whose scores a loaded bundle must give again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from authrisk.enrich.address import prefix_of
from authrisk.evaluation.cases import Cases
from authrisk.event import LoginEvent
from authrisk.eventlog import to_events
from authrisk.features.catalogue import FAILURE_LIMIT, HISTORY_LIMIT
from authrisk.features.encoders import Encoders, Scalers
from authrisk.features.sequences import prepare
from authrisk.features.timeline import EVIDENCE, FAMILIAR, Timeline
from authrisk.models.bundle import GoldenCase, golden_window
from authrisk.models.calibration import Calibrator
from authrisk.models.onnx_model import SequenceModel

EACH = 4
"""Legitimate cases and attack cases of a bundle, each."""
_PAST = 8


def golden_cases(
    timeline: Timeline,
    cases: Cases,
    encoders: Encoders,
    scalers: Scalers,
    model: SequenceModel,
    calibrator: Calibrator,
) -> Sequence[GoldenCase]:
    """A few legitimate logins and attacks with some past, spread over the data.

    Nothing of a bundle names a person: see `_Mask`.
    """
    preparation = prepare(encoders, scalers)
    out: list[GoldenCase] = []
    for wanted in (cases.legitimate, cases.attack):
        candidates = np.flatnonzero(wanted[timeline.row_of])
        if not candidates.size:
            continue
        depth = (
            candidates
            - timeline.starts[np.searchsorted(timeline.starts, candidates, side="right") - 1]
        )
        order = np.argsort(depth, kind="stable")
        picks = order[np.linspace(0, order.size - 1, EACH).astype(int)]
        for at in candidates[np.unique(picks)]:
            out.append(_case(timeline, cases, int(at), len(out)))
    done = []
    for case in out:
        raw = model.score(golden_window(case, preparation))[0]
        done.append(
            msgspec.structs.replace(
                case, raw=float(raw[0]), risk_score=float(calibrator.risk(raw)[0])
            )
        )
    return done


def _case(timeline: Timeline, cases: Cases, at: int, number: int) -> GoldenCase:
    begin = int(timeline.starts[np.searchsorted(timeline.starts, at, side="right") - 1])
    before = np.arange(begin, at)
    past = before[timeline.standing[before] == FAMILIAR][-min(_PAST, HISTORY_LIMIT) :]
    failed = before[timeline.standing[before] == EVIDENCE][-FAILURE_LIMIT:]
    rows = timeline.row_of[np.append(past, at)]
    mask = _Mask()
    events = [
        mask.applied(event, f"golden-{number}-{i}", number)
        for i, event in enumerate(to_events(cases.events[rows]))
    ]
    shift_ns = mask.shift_ns
    times = tuple(int(ns) - shift_ns for ns in timeline.ints[failed, 0])
    return GoldenCase(tuple(events[:-1]), times, events[-1], 0.0, 0.0)


WEEK_NS = 7 * 86_400 * 1_000_000_000
_YEAR_2000 = 1_566
"""Weeks from 1970; where the first login of a case is moved to."""
_TEXTS = ("src_host", "src_region", "src_city", "user_agent", "device_id", "app", "dst_host")
"""Fields that are only ever compared: numbered values do as well."""


class _Mask:
    """Replaces what could name a person by numbered values, alike for alike, so that a case still
    gives its score: texts, addresses (prefix by prefix), AS numbers; times move by whole weeks."""

    def __init__(self) -> None:
        self.shift_ns: int = 0
        self._known: dict[tuple[str, str], int] = {}

    def applied(self, event: LoginEvent, event_id: str, user: int) -> LoginEvent:
        """The event as it may leave the house; everything that no feature reads is dropped."""
        if not self._known:
            self.shift_ns = (event.timestamp_ns // WEEK_NS - _YEAR_2000) * WEEK_NS
        texts = {
            name: None if value is None else f"{name}-{self._number(name, value)}"
            for name in _TEXTS
            for value in (getattr(event, name),)
        }
        self._number("case", event_id)
        bare = LoginEvent(
            event_id=event_id,
            timestamp_ns=event.timestamp_ns - self.shift_ns,
            user_id=f"user-{user}",
            outcome=event.outcome,
            src_ip=self._address(event.src_ip),
            src_country=event.src_country,
            src_latitude=event.src_latitude,
            src_longitude=event.src_longitude,
            src_asn=None if event.src_asn is None else self._number("asn", str(event.src_asn)),
            src_network=event.src_network,
            browser=event.browser,
            browser_version=event.browser_version,
            os=event.os,
            os_version=event.os_version,
            device_type=event.device_type,
            auth_method=event.auth_method,
            rtt_ms=event.rtt_ms,
        )
        return msgspec.structs.replace(bare, **texts)

    def _number(self, field: str, value: str) -> int:
        return self._known.setdefault((field, value), len(self._known))

    def _address(self, text: str | None) -> str | None:
        """10.P.P.H for host H of prefix P; what is no address stays without a prefix."""
        if text is None:
            return None
        prefix = prefix_of(text)
        if prefix is None:
            return f"no address {self._number('address', text)}"
        network, host = self._number("prefix", prefix), self._number("address", text)
        return f"10.{network >> 8 & 255}.{network & 255}.{host & 255}"
