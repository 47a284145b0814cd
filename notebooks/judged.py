"""Scores of test cases as one table, so that a picture is a line of polars away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from authrisk.evaluation.cases import Cases
from authrisk.evaluation.replay import replay
from authrisk.features.catalogue import GROUPS
from authrisk.features.coded import code_frame
from authrisk.features.population import Population
from authrisk.features.timeline import arrange
from authrisk.models.bundle import Bundle
from authrisk.models.onnx_model import SequenceModel


def judge(
    cases: Cases,
    bundle: Bundle,
    since: dt.datetime,
    model: SequenceModel | None = None,
    parts: Sequence[str] = GROUPS,
) -> pl.DataFrame:
    """Every legitimate login and every attack of `cases` from `since` on, each in its turn.

    Events before `since` are history only. Columns: event_id, user_id, timestamp, tier ("" when
    legitimate), raw, risk (0..1), and one column of bits for each name in `parts`.
    model: takes the place of the bundle's own; `parts` then names what it answers.
    """
    timeline = arrange(code_frame(cases.events), cases.standing, cases.counted)
    judged = (cases.legitimate | cases.attack) & (cases.events["timestamp"] >= since).to_numpy()
    scored = list(
        replay(
            timeline,
            bundle.encoders,
            bundle.scalers,
            bundle.model if model is None else model,
            Population(),
            judged[timeline.row_of],
        )
    )
    row = timeline.row_of[np.concatenate([chunk.position for chunk in scored])]
    raw = np.concatenate([chunk.raw for chunk in scored])
    bits = np.concatenate([chunk.parts for chunk in scored])
    tier = (
        pl.when(pl.Series(cases.attack))
        .then(cases.tier.fill_null("labelled"))
        .otherwise(pl.lit(""))
    )
    keys = cases.events.select("event_id", "user_id", "timestamp", tier.alias("tier"))[row]
    table: pl.DataFrame = keys.with_columns(
        pl.Series("raw", raw.astype(np.float64)),
        pl.Series("risk", bundle.calibrator.risk(raw)),
        *(pl.Series(name, bits[:, i].astype(np.float64)) for i, name in enumerate(parts)),
    )
    return table
