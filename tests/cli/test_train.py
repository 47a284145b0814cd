"""`authrisk train`: kinds, labels, interruption, refusals."""

import importlib.util

import polars as pl

from authrisk.cli import train as train_command
from authrisk.cli.case_choice import verdicts_of
from authrisk.event import LoginEvent, Outcome
from authrisk.eventlog import labels_path, read_events, read_labels, write_events, write_labels
from authrisk.history.sqlite import SqliteStore
from authrisk.history.store import Standing
from authrisk.models.bundle import load_bundle


class Bar:
    """Stands in for the progress bar; interrupts at a given epoch, as Ctrl-C would."""

    def __init__(self, interrupt_at=None):
        self.interrupt_at, self.epochs = interrupt_at, []

    def __call__(self, _unit):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def add_task(self, *_, **__):
        return 0

    def update(self, _task, *, description, **_):
        epoch = int(description.split("/")[0].removeprefix("epoch "))
        if epoch not in self.epochs:
            self.epochs.append(epoch)
        if epoch == self.interrupt_at:
            raise KeyboardInterrupt


def test_the_autoencoder_needs_no_labels(authrisk, events, tmp_path):
    """The autoencoder is trained on the events and measured on injected attacks."""
    done = authrisk(
        "train", events, "--model", "autoencoder", "--epochs", 1, "--name", "mine",
        "-o", tmp_path / "b",
    )  # fmt: skip
    assert (done.code, done.out) == (0, "")
    bundle = load_bundle(tmp_path / "b")
    assert (bundle.name, bundle.manifest.kind) == ("mine", "autoencoder")
    assert bundle.manifest.data["simulated"] is True
    assert bundle.manifest.resolvers
    assert set(bundle.metrics["per_tier"]) >= {"T1", "T2", "T3", "T4"}
    assert f"bundle mine {bundle.version}" in done.err


def test_an_interrupted_run_goes_on(authrisk, events, tmp_path, monkeypatch):
    """Ctrl-C in epoch 2 ends with 130; the same command goes on there, to the same model."""
    command = ["train", events, "--model", "supervised", "--epochs", 2, "--name", "x"]
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert authrisk(*command, "-o", whole).code == 0
    monkeypatch.setattr(train_command, "progress_bar", Bar(interrupt_at=2))
    done = authrisk(*command, "-o", stopped)
    assert done.code == 130
    assert "goes on" in done.err
    assert not stopped.exists()
    bar = Bar()
    monkeypatch.setattr(train_command, "progress_bar", bar)
    assert authrisk(*command, "-o", stopped).code == 0
    assert bar.epochs == [2, 1]  # of the network, then of the autoencoder beside it
    assert (stopped / "model.onnx").read_bytes() == (whole / "model.onnx").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stopped", "whole"]


def test_labels_of_a_column(authrisk, events, tmp_path):
    """--labels column learns from the labels beside the events, or from a named file."""
    train = ["train", events, "--model", "supervised", "--epochs", 1, "--labels", "column"]
    done = authrisk(*train, "--label-column", "is_attack", "-o", tmp_path / "b")
    assert done.code == 0
    count = int(read_labels(labels_path(events))["is_attack"].sum())
    assert load_bundle(tmp_path / "b").manifest.data["attacks"] == count
    write_labels(tmp_path / "none.labels.parquet", [])
    none = ["--labels-file", tmp_path / "none.labels.parquet", "-o", tmp_path / "c"]
    refused = authrisk(*train, *none)
    assert refused.code == 2
    assert "no event has the label is_account_takeover" in refused.err


def test_verdicts_of_people(authrisk, events, tmp_path):
    """--labels feedback learns from the verdicts in a service's history."""
    history = tmp_path / "history.sqlite"
    store = SqliteStore(history)
    frame = read_events(events)
    successes = frame.filter(pl.col("outcome") == "success")["event_id"].to_list()
    for event_id in successes[:400:2]:
        event = LoginEvent(event_id=event_id, timestamp_ns=1, user_id="x", outcome=Outcome.SUCCESS)
        store.append(event, Standing.FAMILIAR)
        store.resolve(event_id, Standing.DISOWNED, "compromised")
    store.close()
    train = ["train", events, "--model", "supervised", "--epochs", 1, "--labels", "feedback"]
    assert authrisk(*train, "-o", tmp_path / "b").code == 2
    assert authrisk(*train, "--feedback", tmp_path / "no.sqlite", "-o", tmp_path / "b").code == 2
    done = authrisk(*train, "--feedback", history, "-o", tmp_path / "b")
    assert done.code == 0, done.err
    assert load_bundle(tmp_path / "b").manifest.data["attacks"] == 200


def test_outcomes_of_challenges(tmp_path):
    """A failed challenge is a label like `compromised`, a passed one like `legitimate`; a person's
    verdict goes before both, and plain outcomes are no labels."""
    path = tmp_path / "history.sqlite"
    store = SqliteStore(path)
    told = {
        "a": ("challenge_failed", None, "compromised"),
        "b": ("challenge_passed", None, "legitimate"),
        "c": ("challenge_failed", "legitimate", "legitimate"),
        "d": ("challenge_passed", "compromised", "compromised"),
        "e": ("failure", None, None),
        "f": (None, None, None),
    }
    for event_id, (outcome, verdict, _) in told.items():
        store.append(
            LoginEvent(event_id=event_id, timestamp_ns=1, user_id="x"), Standing.UNCONFIRMED
        )
        store.resolve(event_id, Standing.UNCONFIRMED, verdict, outcome)
    store.close()
    expected = [(name, label) for name, (_, _, label) in told.items() if label is not None]
    assert verdicts_of(path).rows() == expected


def test_a_bundle_in_place_is_replaced_only_on_request(authrisk, rba_events, bundle, tmp_path):
    """A directory that is there stays, unless --replace says otherwise."""
    train = ["train", rba_events, "--model", "supervised", "--epochs", 1, "--seed", 5]
    before = load_bundle(bundle).version
    refused = authrisk(*train, "-o", bundle)
    assert (refused.code, load_bundle(bundle).version) == (2, before)
    taken = tmp_path / "taken"
    assert authrisk(*train, "-o", taken).code == 0
    first = load_bundle(taken).version
    assert authrisk(*train, "--epochs", 2, "--replace", "-o", taken).code == 0
    assert load_bundle(taken).version != first


def test_missing_torch_says_how_to_get_it(authrisk, events, tmp_path, monkeypatch):
    """Without the training extra the command names the install line."""
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch" else real(name)
    )
    done = authrisk("train", events, "--model", "supervised", "-o", tmp_path / "b")
    assert done.code == 1
    assert "pip install 'authrisk[train]'" in done.err


def test_what_cannot_be_trained_on(authrisk, tmp_path):
    """Too few logins, no events, a bad name: refused in one line before any work."""
    few = tmp_path / "few.parquet"
    write_events(few, [LoginEvent(event_id="1", timestamp_ns=1, user_id="a")])
    empty = tmp_path / "empty.parquet"
    write_events(empty, [])
    for path, extra in ((few, ()), (empty, ()), (few, ("--name", "Not A Name"))):
        done = authrisk("train", path, "--model", "autoencoder", "-o", tmp_path / "b", *extra)
        assert done.code == 2
        assert done.err.splitlines()[-1].startswith("error: ")
