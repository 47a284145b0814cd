"""The command line called in-process, small invented data, and one quickly trained bundle."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from authrisk.cli import main

REAL_DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


class Done(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str


@pytest.fixture
def authrisk(capfd):
    """Run one command; answers exit code, stdout and stderr."""

    def run(*arguments) -> Done:
        capfd.readouterr()
        code = main([str(a) for a in arguments])
        return Done(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="session")
def events(folder) -> Path:
    """Some 8,000 attempts of consumers with their labels beside them."""
    path = folder / "events.parquet"
    assert main(["simulate", "--users", "1200", "--days", "365", "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def rba_events(folder) -> Path:
    """The same kind of data, written as an RBA CSV and parsed again."""
    log, path = folder / "rba.csv", folder / "rba.parquet"
    simulate = ["simulate", "--users", "1200", "--days", "365", "--seed", "2", "--as", "rba_csv"]
    assert main([*simulate, "-o", str(log)]) == 0
    assert main(["parse", str(log), "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def bundle(folder, rba_events) -> Path:
    """A supervised bundle after one epoch."""
    path = folder / "bundle"
    train = ["train", str(rba_events), "--model", "supervised", "--epochs", "1"]
    assert main([*train, "-o", str(path)]) == 0
    return path


@pytest.fixture
def real_data() -> Path:
    if not REAL_DATA.is_dir():
        pytest.skip("the real samples are not beside this checkout")
    return REAL_DATA.resolve()
