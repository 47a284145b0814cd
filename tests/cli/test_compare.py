"""`authrisk compare`, `authrisk scenarios`, and the gate of `authrisk train`."""

import json

import polars as pl

from authrisk.models.bundle import load_bundle


def test_compare_tells_of_users(authrisk, events, bundle, tmp_path):
    """The table goes to stdout, every user to the file; without attacks no recall is told."""
    done = authrisk("compare", "autoencoder", bundle, events, "-o", tmp_path / "users.csv")
    assert done.code == 0
    assert "challenger bundle" in done.out
    assert "macro" in done.out
    users = pl.read_csv(tmp_path / "users.csv")
    assert users.columns == ["user_id", "logins", "champion", "challenger", "change"]
    assert "users would be challenged more often" in done.err
    bare = authrisk("compare", "autoencoder", bundle, events, "--no-attacks")
    assert bare.code == 0
    assert "macro" not in bare.out
    assert authrisk("compare", "autoencoder", bundle, events, "-o", "users.txt").code == 2


def test_scenarios_are_told(authrisk, events, bundle, tmp_path):
    """Figures of every scenario, as a table or as JSON."""
    path = tmp_path / "figures.json"
    command = ["scenarios", events, "--bundle", bundle, "--victims", 3]
    assert authrisk(*command, "-o", path).code == 0
    figures = json.loads(path.read_text())
    assert figures["victims"] == 3
    assert [f["origin"] for f in figures["floods"]] == ["elsewhere", "same AS", "same address"]
    assert figures["forgery"]["taken_back"] == 1.0
    done = authrisk(*command)
    assert "attacker alone" in done.out
    assert "campaigns" in done.out


def test_the_gate_replaces_nothing(authrisk, events, bundle, tmp_path, monkeypatch):
    """A refused bundle leaves what is there, exit code 1, and names the figure; one that passes
    takes the place."""
    from authrisk.evaluation import gate

    place = tmp_path / "serving"
    train = [
        "train", events, "--model", "supervised", "--epochs", 1, "-o", place, "--replace",
        "--champion", bundle,
    ]  # fmt: skip
    monkeypatch.setattr(gate, "refusals", lambda contest: [])
    assert authrisk(*train).code == 0
    before = load_bundle(place).version
    monkeypatch.setattr(gate, "refusals", lambda contest: ["recall of T1 at 1% falls by 9.0%"])
    done = authrisk(*train, "--seed", 2)
    assert done.code == 1
    assert "recall of T1 at 1% falls" in done.err
    assert load_bundle(place).version == before
    assert [p.name for p in tmp_path.iterdir()] == ["serving"]
