"""`authrisk simulate` and `authrisk demo`."""

import pytest

from authrisk.eventlog import labels_path, read_events, read_labels


def test_the_seed_decides(authrisk, tmp_path):
    """The same seed gives the same events and labels, another one gives others."""
    frames = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        out = tmp_path / f"{name}.parquet"
        assert authrisk("simulate", "--users", 60, "--seed", seed, "-o", out).code == 0
        frames.append((read_events(out), read_labels(labels_path(out))))
    assert frames[0][0].equals(frames[1][0])
    assert frames[0][1].equals(frames[1][1])
    assert not frames[0][0].equals(frames[2][0])


def test_profiles_and_attacks(authrisk, tmp_path):
    """Both profiles are there; without attacks no event is labelled as one."""
    out = tmp_path / "e.parquet"
    authrisk("simulate", "--profile", "enterprise", "--users", 20, "--no-attacks", "-o", out)
    assert not read_labels(labels_path(out))["is_attack"].any()
    assert read_events(out)["app"].drop_nulls().len() > 0


@pytest.mark.parametrize("shape", ["sshd", "wso2_is", "rba_csv"])
def test_logs_of_servers_parse_back(authrisk, tmp_path, shape):
    """A log in a server's own format gives the simulated logins again."""
    log, direct, parsed = (tmp_path / n for n in ("x.log", "a.parquet", "b.parquet"))
    common = ["simulate", "--profile", "enterprise", "--users", 10, "--days", 20, "--seed", 2]
    assert authrisk(*common, "-o", direct).code == 0
    assert authrisk(*common, "--as", shape, "-o", log).code == 0
    assert authrisk("parse", log, "-o", parsed, "--strict").code == 0
    wanted, found = read_events(direct), read_events(parsed)
    for name in ("user_id", "outcome", "src_ip"):
        assert found[name].sort().equals(wanted[name].sort()), name


@pytest.mark.parametrize(
    "arguments", [("--users", 0), ("--profile", "x"), ("--as", "sshd", "-o", "x.parquet")]
)
def test_wrong_use(authrisk, tmp_path, monkeypatch, arguments):
    """Impossible numbers, unknown names and a log in a table file are refused."""
    monkeypatch.chdir(tmp_path)
    assert authrisk("simulate", *arguments).code == 2
    assert list(tmp_path.iterdir()) == []


def test_demo_shows_logins_with_scores_and_reasons(authrisk):
    """The demo prints a table with both scores, and says how to serve."""
    done = authrisk("demo", "--users", 300)
    assert done.code == 0
    head, *rows = done.out.splitlines()
    assert "supervised" in head
    assert "autoencoder" in head
    assert any(row.startswith("the user") for row in rows)
    assert any(row.startswith("T") for row in rows)
    assert "authrisk serve" in done.err
