"""`authrisk score` and `authrisk evaluate`."""

import json

import polars as pl
import pytest

from authrisk.eventlog import read_events

COLUMNS = ["event_id", "user_id", "time", "risk_score", "risk_level", "state", "reasons"]


def test_a_row_per_event_in_the_files_order(authrisk, rba_events, bundle, tmp_path):
    """Scores have the documented columns and the events' own ids, in their order."""
    out = tmp_path / "scores.parquet"
    done = authrisk("score", rba_events, "--bundle", bundle, "-o", out)
    assert (done.code, done.out) == (0, "")
    scores, events = pl.read_parquet(out), read_events(rba_events)
    assert scores.columns == COLUMNS
    assert scores["event_id"].equals(events["event_id"])
    assert scores["time"].equals(events["timestamp"].alias("time"))
    assert scores["risk_score"].is_between(0, 1).all()
    assert f"{events.height:,} logins scored" in done.err


def test_the_supervised_bundle_is_the_default(authrisk, rba_events):
    """Without `--bundle`, logins are scored by what `serve` serves without it."""
    done = authrisk("score", rba_events)
    assert done.code == 0
    assert "scored by authrisk-supervised" in done.err


def test_csv_keeps_every_bit(authrisk, rba_events, bundle, tmp_path):
    """The CSV, in a file or on stdout, reads back to the numbers and times of the Parquet file."""
    parquet, csv = tmp_path / "s.parquet", tmp_path / "s.csv"
    authrisk("score", rba_events, "--bundle", bundle, "-o", parquet)
    authrisk("score", rba_events, "--bundle", bundle, "-o", csv)
    wanted = pl.read_parquet(parquet)
    found = pl.read_csv(csv, schema_overrides={"event_id": pl.String, "user_id": pl.String})
    assert found.columns == COLUMNS
    assert found["risk_score"].equals(wanted["risk_score"])
    times = found["time"].str.to_datetime(time_unit="ns", time_zone="UTC")
    assert times.equals(wanted["time"])
    done = authrisk("score", rba_events, "--bundle", bundle)
    assert done.out == csv.read_text()


def test_trust_changes_what_unresolved_logins_teach(authrisk, events, bundle, tmp_path):
    """Without outcomes the strict setting lets nothing become familiar."""
    unresolved = tmp_path / "u.parquet"
    frame = read_events(events).head(400).with_columns(outcome=pl.lit("unknown"))
    from authrisk.eventlog import write_events

    write_events(unresolved, [frame])
    states = {}
    for trust in ("low-risk", "confirmed"):
        out = tmp_path / f"{trust}.parquet"
        done = authrisk("score", unresolved, "--bundle", bundle, "--trust", trust, "-o", out)
        assert done.code == 0
        states[trust] = pl.read_parquet(out)
    assert states["confirmed"]["reasons"].str.contains("no_history").all()
    assert not states["low-risk"]["reasons"].str.contains("no_history").all()


def test_both_pretrained_bundles_score_and_are_measured(authrisk, rba_events):
    """The names `supervised` and `autoencoder` are the bundles that ship."""
    for name in ("supervised", "autoencoder"):
        done = authrisk("evaluate", rba_events, "--bundle", name, "--tiers", "T1,T4")
        assert done.code == 0, done.err
        assert "| T1 |" in done.out
        assert "| T4 |" in done.out
        assert "| T2 |" not in done.out


def test_reports_in_two_forms(authrisk, events, bundle, tmp_path):
    """The Markdown and the JSON report hold the same figures."""
    markdown, data = tmp_path / "r.md", tmp_path / "r.json"
    evaluate = ["evaluate", events, "--bundle", bundle]
    assert authrisk(*evaluate, "-o", markdown).code == 0
    assert authrisk(*evaluate, "-o", data).code == 0
    report = json.loads(data.read_text())
    assert f"{report['setting']['legitimate']:,} legitimate logins" in markdown.read_text()
    tiers = report["contenders"][0]["views"][0]["tiers"]
    assert [t["tier"] for t in tiers][:7] == ["T0", "T1", "T2", "T3", "T4", "T5", "T6"]
    assert all(f"| {t['tier']} | {t['attacks']:,} |" in markdown.read_text() for t in tiers)


def test_evaluation_by_labels(authrisk, events, bundle):
    """--labels column measures on what the labels call attacks."""
    done = authrisk(
        "evaluate", events, "--bundle", bundle, "--labels", "column", "--label-column", "is_attack"
    )
    assert done.code == 0
    assert "| labelled |" in done.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("score", "EVENTS", "--bundle", "nope"), 2),
        (("score", "EVENTS", "--bundle", "BUNDLE", "-o", "x.txt"), 2),
        (("score", "nope.parquet", "--bundle", "BUNDLE"), 2),
        (("score", "EVENTS", "--bundle", "DAMAGED"), 78),
        (("evaluate", "EVENTS", "--bundle", "DAMAGED"), 78),
        (("evaluate", "EVENTS", "--bundle", "BUNDLE", "--tiers", "T9"), 2),
        (("evaluate", "EVENTS", "--bundle", "BUNDLE", "-o", "x.pdf"), 2),
    ],
)
def test_refusals(authrisk, rba_events, bundle, tmp_path, monkeypatch, arguments, code):
    """Wrong input is code 2, a refused bundle 78, each in one line at the end."""
    monkeypatch.chdir(tmp_path)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for file in bundle.iterdir():
        (damaged / file.name).write_bytes(file.read_bytes())
    (damaged / "model.onnx").write_bytes(b"?")
    names = {"EVENTS": str(rba_events), "BUNDLE": str(bundle), "DAMAGED": str(damaged)}
    done = authrisk(*(names.get(a, a) for a in arguments))
    assert done.code == code
    assert done.err.splitlines()[-1].startswith("error: ")
