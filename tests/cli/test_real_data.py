"""Real samples, end to end: no claim of accuracy, they have no history."""

import polars as pl

from authrisk.eventlog import labels_path, read_events, read_labels


def test_rba_rows_through_a_bundle_of_simulated_rba_data(authrisk, real_data, bundle, tmp_path):
    """The 19 ordinary and the 133 takeover rows parse whole and get a score each."""
    for name, rows, takeovers in (("rba-head", 19, 0), ("rba-takeovers", 133, 133)):
        events, scores = tmp_path / f"{name}.parquet", tmp_path / f"{name}.scores.parquet"
        parsed = authrisk("parse", real_data / "rba" / f"{name}.csv", "--strict", "-o", events)
        assert parsed.code == 0
        assert read_labels(labels_path(events))["is_account_takeover"].sum() == takeovers
        done = authrisk("score", events, "--bundle", bundle, "-o", scores)
        assert done.code == 0
        frame = pl.read_parquet(scores)
        assert frame.height == rows
        assert frame["event_id"].equals(read_events(events)["event_id"])
        assert frame["risk_score"].is_finite().all()
        assert (frame["state"] == "learning").all()


def test_lanl_from_the_log_to_the_report(authrisk, real_data, tmp_path):
    """15,000 real lines: parsed, both models trained, scored and measured."""
    events = tmp_path / "lanl.parquet"
    done = authrisk("parse", real_data / "lanl" / "auth-15k.txt", "--strict", "-o", events)
    assert done.code == 0
    assert "15,000 lines" in done.err
    logins = read_events(events)
    assert logins.height > 5_000
    assert logins["user_id"].str.contains("@").all()
    for model in ("autoencoder", "supervised"):
        out, scores = tmp_path / model, tmp_path / f"{model}.csv"
        train = ["train", events, "--model", model, "--epochs", 1, "-o", out]
        assert authrisk(*train).code == 0
        assert authrisk("score", events, "--bundle", out, "-o", scores).code == 0
        assert pl.read_csv(scores).height == logins.height
        assert "| T1 |" in authrisk("evaluate", events, "--bundle", out).out
