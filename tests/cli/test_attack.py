"""`authrisk attack` and `authrisk audit`."""

import polars as pl
import pytest

from authrisk.eventlog import labels_path, read_events, read_labels, write_labels


def test_every_attack_is_labelled(authrisk, events, tmp_path):
    """Each fake has its tier and its victim, bursts and campaigns their name; what was labelled
    before stays; the report counts what was put in and what was not found."""
    out = tmp_path / "labelled.parquet"
    done = authrisk("attack", events, "--share", 0.2, "-o", out)
    assert done.code == 0
    found, labels = read_events(out), read_labels(labels_path(out))
    assert labels["event_id"].equals(found["event_id"])
    before = read_labels(labels_path(events)).filter("is_attack")
    kept = labels.join(before.select("event_id"), on="event_id")
    assert kept.sort("event_id").equals(before.sort("event_id"))
    ours = labels.filter("is_attack").join(before, on="event_id", how="anti")
    assert set(ours["tier"]) == {f"T{n}" for n in range(7)}
    assert ours["victim"].equals(ours.join(found, on="event_id", maintain_order="left")["user_id"])
    named = ours.select(pl.col("campaign").is_not_null() == pl.col("tier").is_in(["T0", "T6"]))
    assert named.to_series().all()
    assert f"{ours.height:,} attempts put among {read_events(events).height:,}" in done.err
    assert all(f"T{n}  " in done.err for n in range(7))


def test_the_seed_and_the_tiers_decide(authrisk, events, tmp_path):
    """The same seed gives the same file, and only the tiers that are asked for."""
    frames = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        out = tmp_path / f"{name}.parquet"
        done = authrisk("attack", events, "--tiers", "T1,T6", "--seed", seed, "-o", out)
        assert done.code == 0
        frames.append(read_labels(labels_path(out)).filter(pl.col("victim").is_not_null()))
    assert frames[0].equals(frames[1])
    assert not frames[0].equals(frames[2])
    assert set(frames[0]["tier"]) == {"T0", "T1", "T6"}  # T0: the simulation's own


@pytest.mark.parametrize(
    "arguments", [("--tiers", "T9", "-o", "x.parquet"), ("-o", "-"), ("-o", "x.csv")]
)
def test_wrong_use(authrisk, events, tmp_path, monkeypatch, arguments):
    """Unknown tiers, a place without labels and unknown endings are refused; nothing is left."""
    monkeypatch.chdir(tmp_path)
    done = authrisk("attack", events, *arguments)
    assert done.code == 2
    assert list(tmp_path.iterdir()) == []


def test_the_audit_says_what_it_found(authrisk, events, tmp_path, monkeypatch):
    """A table on stdout; with too few fakes to judge, or with a leak, exit code 1 and why."""
    done = authrisk("audit", events, "--share", 0.1)
    assert done.code == 1
    assert "failed: publish no figure" in done.err
    assert "too few fakes of T5" in done.err
    head, *rows = done.out.splitlines()
    assert head.split() == ["view", "tier", "fakes", "area", "allowed"]
    assert rows
    monkeypatch.setattr("authrisk.evaluation.audit.BOUNDS", (0.0, 0.1))
    monkeypatch.setattr("authrisk.evaluation.audit.LEAST", 20)
    done = authrisk("audit", events, "--share", 0.1)
    assert done.code == 1
    assert "time tells T1 from real logins: area 0." in done.err
    assert "LEAK" in done.out


def test_known_attacks_lend_nothing(authrisk, events, tmp_path):
    """What a labels file calls an attack is neither replaced nor copied from."""
    ids = read_events(events).filter(outcome="success")["event_id"]
    from authrisk.eventlog import Label

    marked = tmp_path / "marked.labels.parquet"
    write_labels(marked, [Label(event_id=i, is_account_takeover=True) for i in ids[::2]])
    out = tmp_path / "x.parquet"
    done = authrisk(
        "attack", events, "--tiers", "T5", "--share", 0.9, "--labels-file", marked, "-o", out
    )
    assert done.code == 0
    assert set(ids[::2]) <= set(read_events(out)["event_id"])
