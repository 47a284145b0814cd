"""Score a file of events: history is built on the way, each login judged in its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from authrisk.errors import InputError
from authrisk.evaluation.replay import adapted_risks, replay
from authrisk.event import Outcome
from authrisk.eventlog import EVENT_SCHEMA, scan_batches, scan_events, to_events
from authrisk.features.coded import CODED_COLUMNS, code_frame, user_codes
from authrisk.features.population import Population
from authrisk.features.timeline import EVIDENCE, FAMILIAR, Part, Timeline, arrange_parts
from authrisk.history.memory import MemoryStore
from authrisk.models.adaptation import Adaptation
from authrisk.models.bundle import Bundle
from authrisk.models.calibration import HIGH, MEDIUM
from authrisk.reasons import codes
from authrisk.scorer import YOUNG, Scorer, Trust

BATCH_ROWS = 131_072

SCORE_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "event_id": pl.String,
    "user_id": pl.String,
    "time": pl.Datetime("ns", "UTC"),
    "risk_score": pl.Float64,
    "risk_level": pl.String,
    "state": pl.String,
    "reasons": pl.String,
}
"""One row per event, in the order of the file; `reasons` are codes joined by `;`."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the replay of a file says of each of its N rows."""

    risk: npt.NDArray[np.float64]
    learning: npt.NDArray[np.bool_]
    reasons: npt.NDArray[np.int32]
    """(N,) index into `reason_texts`."""
    reason_texts: list[str]


def score_file(
    events: Path,
    bundle: Bundle,
    *,
    trust: Trust = "low-risk",
    say: Callable[[int, int], None] = lambda _done, _total: None,
) -> Iterator[pl.DataFrame]:
    """The scores of an events file, as frames of SCORE_SCHEMA in the file's order.

    The events are replayed in time order; two of one time in the order of the file. A repeated
    event id is one event: its later rows get the score of the first. `say(done, total)` is called
    on the way. Raises InputError for a file without events.
    """
    keys = _keys(events)
    first = keys.first
    if keys.unknown and trust == "low-risk":
        # What such a login teaches depends on its own score: one after the other.
        scores = _one_by_one(events, bundle, trust, keys, say)
    else:
        timeline = _timeline(events, keys)
        del keys  # its arrays are as long as the file
        scores = _replayed(timeline, bundle, say)
        del timeline
    row = 0
    for frame in scan_batches(events, BATCH_ROWS, ("event_id", "user_id", "timestamp")):
        part = np.arange(row, row + frame.height)
        row += frame.height
        yield _frame(frame, scores, part if first is None else first[part])


class _Keys(NamedTuple):
    """What must be known of a file before it is coded: 16 bytes an event."""

    times: npt.NDArray[np.int64]
    users: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64] | None
    """(N,) the first row with the same event id; None when no id comes twice."""
    unknown: bool
    """Whether some outcome is unknown."""


def _keys(events: Path) -> _Keys:
    times, users, ids, unknown = [], [], [], False
    for frame in scan_batches(events, BATCH_ROWS, ("event_id", "user_id", "timestamp", "outcome")):
        times.append(frame["timestamp"].cast(pl.Int64).to_numpy().copy())
        users.append(user_codes(frame["user_id"]))
        ids.append(frame["event_id"].hash().to_numpy().copy())
        known = frame["outcome"].fill_null(Outcome.UNKNOWN.value)
        unknown = unknown or bool((known == Outcome.UNKNOWN.value).any())
    if not times:
        raise InputError("holds no events", where=str(events))
    hashes = np.concatenate(ids)
    first = None
    if np.unique(hashes).size < hashes.size:
        first = _first_rows(scan_events(events).select("event_id").collect()["event_id"])
    return _Keys(np.concatenate(times), np.concatenate(users), first, unknown)


def _first_rows(ids: pl.Series) -> npt.NDArray[np.int64]:
    numbered = pl.DataFrame({"id": ids}).with_row_index("row")
    first = numbered.select(pl.col("row").min().over("id"))["row"]
    return first.cast(pl.Int64).to_numpy()


def _timeline(events: Path, keys: _Keys) -> Timeline:
    """The whole file as numbers, coded batch by batch: about 250 bytes an event."""

    def parts() -> Iterator[Part]:
        row = 0
        for frame in scan_batches(events, BATCH_ROWS, CODED_COLUMNS):
            standing = np.zeros(frame.height, np.int8)
            standing[_has(frame, Outcome.SUCCESS)] = FAMILIAR
            standing[_has(frame, Outcome.FAILURE)] = EVIDENCE
            counted = np.ones(frame.height, np.bool_)
            if keys.first is not None:
                mine = np.arange(row, row + frame.height)
                repeated = keys.first[mine] != mine
                standing[repeated] = 0
                counted[repeated] = False
            row += frame.height
            yield Part(code_frame(frame), standing, counted)

    return arrange_parts(keys.times, keys.users, parts())


def _has(frame: pl.DataFrame, outcome: Outcome) -> npt.NDArray[np.bool_]:
    return (frame["outcome"] == outcome.value).fill_null(value=False).to_numpy()


def _replayed(timeline: Timeline, bundle: Bundle, say: Callable[[int, int], None]) -> Scores:
    n = len(timeline)
    risk = np.empty(n)
    learning = np.empty(n, np.bool_)
    reasons = np.empty(n, np.int32)
    texts: dict[str, int] = {}
    done = 0
    live = Adaptation(bundle.calibrator, bundle.version)
    for scored in replay(timeline, bundle.encoders, bundle.scalers, bundle.model, Population()):
        rows = timeline.row_of[scored.position]
        told = timeline.standing[scored.position] == FAMILIAR
        risk[rows] = adapted_risks(live, timeline, scored, told)
        learning[rows] = ~scored.with_past | (scored.population < YOUNG)
        reasons[rows] = [
            texts.setdefault(text, len(texts))
            for text in codes(scored.rows, scored.parts, scored.probation)
        ]
        done += rows.size
        say(done, n)
    return Scores(risk, learning, reasons, list(texts))


def _one_by_one(
    events: Path, bundle: Bundle, trust: Trust, keys: _Keys, say: Callable[[int, int], None]
) -> Scores:
    """The same through the scorer itself; the order is by time, then by row."""
    scorer = Scorer(bundle, MemoryStore(), trust=trust)
    n = keys.times.size
    risk = np.empty(n)
    learning = np.empty(n, np.bool_)
    reasons = np.empty(n, np.int32)
    texts: dict[str, int] = {}
    numbered = scan_events(events).with_row_index("row")
    frame = numbered.sort("timestamp", maintain_order=True).collect()
    if keys.first is not None:
        order = frame["row"].to_numpy()
        frame = frame.filter(keys.first[order] == order)
    rows = frame["row"].to_list()
    for done, (row, event) in enumerate(
        zip(rows, to_events(frame.select(EVENT_SCHEMA.names())), strict=True), 1
    ):
        assessment = scorer.assess(event)
        scorer.remember(event, assessment)
        risk[row] = assessment.risk_score
        learning[row] = assessment.state == "learning"
        text = ";".join(reason.code for reason in assessment.reasons)
        reasons[row] = texts.setdefault(text, len(texts))
        if done % 1_000 == 0 or done == len(rows):
            say(done, len(rows))
    return Scores(risk, learning, reasons, list(texts))


def _frame(frame: pl.DataFrame, scores: Scores, rows: npt.NDArray[np.int64]) -> pl.DataFrame:
    risk = scores.risk[rows]
    level = np.where(risk < MEDIUM, 0, np.where(risk < HIGH, 1, 2))
    return pl.DataFrame(
        [
            frame["event_id"],
            frame["user_id"],
            frame["timestamp"].alias("time"),
            pl.Series("risk_score", risk),
            pl.Series("risk_level", ["low", "medium", "high"]).gather(level),
            pl.Series("state", ["scored", "learning"]).gather(
                scores.learning[rows].astype(np.int64)
            ),
            pl.Series("reasons", scores.reason_texts, pl.String).gather(scores.reasons[rows]),
        ]
    )
