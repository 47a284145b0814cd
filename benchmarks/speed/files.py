"""Whole files: parse, features, score, and what memory they take."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from authrisk.eventlog import labels_path, open_events, open_labels, write_events
from authrisk.features.catalogue import F
from authrisk.features.coded import code_frame
from authrisk.features.encoders import fit_encoders
from authrisk.features.timeline import arrange, rows
from authrisk.logs.columnar import parse_files
from authrisk.logs.discovery import format_named
from authrisk.logs.parser import ParseSettings
from authrisk.simulate.logs import log_lines
from authrisk.simulate.profile import CONSUMER
from authrisk.simulate.world import START, simulate
from benchmarks.speed.machine import Figure, peak_memory_gb, seconds

SEED = 7


def figures(million: float, large: float) -> Iterator[Figure]:
    """`million`: rows (in millions) of the speed runs; `large`: of the memory runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = _world(million)
        write_events(folder / "small.parquet", [small])
        _write_csv(folder / "small.csv", small)
        yield _parse(folder / "small.csv", small.height)
        yield _features(small)
        yield from _score(folder / "small.parquet", "score a file, supervised", ">= 50,000/s")
        copies = max(1, round(large / million))
        big = folder / "big.parquet"
        write_events(big, (_again(small, i) for i in range(copies)))
        csv = folder / "big.csv"
        _repeat_csv(folder / "small.csv", csv, copies)
        rate = _child("parse", csv, folder / "parsed.parquet")
        yield Figure(
            f"parse {copies * small.height / 1e6:.1f} M rows",
            f"{rate['rate']:,.0f} rows/s, {rate['memory']:.2f} GB",
            "<= 2 GB",
        )
        yield from _score(big, f"score {copies * small.height / 1e6:.1f} M rows", "<= 2 GB")


def _world(million: float) -> pl.DataFrame:
    """Consumers with attack traffic: about 5.6 events a user."""
    return simulate(CONSUMER, users=round(million * 1e6 / 5.6), seed=SEED).events


def _again(events: pl.DataFrame, i: int) -> pl.DataFrame:
    """The same logins by other users, a year later."""
    return events.with_columns(
        event_id=pl.col("event_id") + f"-{i}",
        user_id=pl.col("user_id") + f"{i}",
        timestamp=pl.col("timestamp") + pl.duration(days=366 * i, time_unit="ns"),
    )


def _write_csv(path: Path, events: pl.DataFrame) -> None:
    path.write_text("\n".join(log_lines(events, "rba_csv")) + "\n")


def _repeat_csv(source: Path, target: Path, copies: int) -> None:
    head, _, body = source.read_bytes().partition(b"\n")
    with target.open("wb") as file:
        file.write(head + b"\n")
        for _ in range(copies):
            file.write(body)


def parse_to_parquet(csv: Path, out: Path) -> int:
    """What `authrisk parse` does with an RBA file, without enrichment; answers the rows."""
    parser = format_named("rba_csv")
    with open_events(out) as events, open_labels(labels_path(out)) as labels:
        for batch in parse_files(parser, [csv], ParseSettings(reference=START)):
            events.write(batch.events)
            if batch.labels is not None:
                labels.write(batch.labels)
    return events.rows


def _parse(csv: Path, n: int) -> Figure:
    out = csv.with_suffix(".out.parquet")
    ours = seconds(lambda: parse_to_parquet(csv, out), 2)
    bare = seconds(lambda: pl.scan_csv(csv).sink_parquet(csv.with_suffix(".bare.parquet")), 2)
    return Figure(
        "RBA CSV to Parquet events",
        f"{n / ours:,.0f} rows/s",
        ">= 200,000/s",
        f"polars CSV to Parquet, no checks: {n / bare:,.0f}/s, ours {bare / ours:.2f} times",
    )


def _features(events: pl.DataFrame) -> Figure:
    coded = code_frame(events)
    standing = (events["outcome"] == "success").to_numpy().astype(np.int8)
    encoders = fit_encoders(np.empty(0), np.empty(0))
    timeline = arrange(coded, standing)

    def polars_rolling() -> pl.DataFrame:
        """A peer that works out one of our columns: was this AS seen before?"""
        return events.select(
            (pl.col("src_asn").cum_count().over("user_id", "src_asn") > 1).alias("asn_seen")
        )

    rows(timeline, encoders)
    ours = seconds(lambda: rows(timeline, encoders), 3)
    peer = seconds(polars_rolling, 3)
    n = events.height
    return Figure(
        f"features, {F} columns",
        f"{n / ours:,.0f} events/s",
        ">= 1,000,000/s",
        f"polars, 1 column of these: {n / peer:,.0f}/s",
    )


def _score(path: Path, what: str, target: str) -> Iterator[Figure]:
    result = _child("score", path, path)
    yield Figure(what, f"{result['rate']:,.0f} logins/s, {result['memory']:.2f} GB", target)


def _child(job: str, source: Path, out: Path) -> dict[str, float]:
    """Run a job in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.speed.files", job, str(source), str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _job(job: str, source: Path, out: Path) -> None:
    if job == "parse":
        rows_done = 0
        took = seconds(lambda: parse_to_parquet(source, out))
        rows_done = pl.scan_parquet(out).select(pl.len()).collect().item()
    else:
        from authrisk.evaluation.scores import score_file
        from authrisk.models.bundle import load_bundle, pretrained_path

        bundle = load_bundle(pretrained_path("supervised"))
        rows_done = 0

        def run() -> None:
            nonlocal rows_done
            rows_done = sum(frame.height for frame in score_file(source, bundle))

        took = seconds(run)
    print(json.dumps({"rate": rows_done / took, "memory": peak_memory_gb()}))


if __name__ == "__main__":
    _job(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
