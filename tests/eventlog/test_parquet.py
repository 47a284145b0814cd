"""Event files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from authrisk.errors import InputError
from authrisk.event import LoginEvent
from authrisk.eventlog import (
    EVENT_SCHEMA,
    LABEL_SCHEMA,
    Label,
    labels_path,
    labels_to_frame,
    open_events,
    read_events,
    read_labels,
    scan_batches,
    scan_events,
    to_events,
    to_frame,
    write_events,
    write_labels,
)
from authrisk.eventlog.parquet import KIND_KEY, VERSION_KEY


def login(number: int) -> LoginEvent:
    return LoginEvent(event_id=str(number), timestamp_ns=number * 1_000_000_001, user_id="7")


def test_events_and_frames_are_written_in_their_order(tmp_path: Path) -> None:
    """Single events and frames may be mixed; the file holds them in the order given."""
    path = tmp_path / "e.parquet"
    events = [login(n) for n in range(10)]
    assert write_events(path, [*events[:3], to_frame(events[3:8]), *events[8:]]) == 10
    assert list(to_events(read_events(path))) == events
    assert [e.event_id for b in scan_batches(path, 4) for e in to_events(b)] == list("0123456789")
    assert [batch.height for batch in scan_batches(path, 4)] == [4, 4, 2]
    assert scan_events(path).collect_schema() == EVENT_SCHEMA


def test_an_empty_log_is_a_log(tmp_path: Path) -> None:
    """No events make a file of no rows and all columns."""
    path = tmp_path / "e.parquet"
    assert write_events(path, []) == 0
    assert read_events(path).schema == EVENT_SCHEMA
    assert sum(batch.height for batch in scan_batches(path)) == 0


def test_a_broken_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """An error in the middle leaves the old file and no partial one."""
    path = tmp_path / "e.parquet"
    write_events(path, [login(1)])

    def broken() -> Iterator[pl.DataFrame]:
        yield to_frame([login(2)])
        raise KeyError("the source broke")

    with pytest.raises(KeyError, match="the source broke"):
        write_events(path, broken())
    assert read_events(path)["event_id"].to_list() == ["1"]
    assert [p.name for p in tmp_path.iterdir()] == ["e.parquet"]


def test_nothing_is_there_before_the_end(tmp_path: Path) -> None:
    """The file appears when all is written, not before."""
    path = tmp_path / "e.parquet"
    with open_events(path) as log:
        log.write(to_frame([login(1)]))
        assert not path.exists()
    assert log.rows == 1
    assert path.exists()


def test_foreign_columns_are_not_written(tmp_path: Path) -> None:
    """A frame with other columns than an event's is refused by name; nothing is left behind."""
    with pytest.raises(InputError, match="is_account_takeover"):
        write_events(
            tmp_path / "e.parquet",
            [to_frame([login(1)]).with_columns(is_account_takeover=pl.lit(True))],
        )
    assert not list(tmp_path.iterdir())


def test_bad_places_are_named(tmp_path: Path) -> None:
    """A place that cannot be written is an error with the path and a remedy."""
    with pytest.raises(InputError, match="does not exist"):
        write_events(tmp_path / "no" / "e.parquet", [])
    with pytest.raises(InputError, match="is a folder"):
        write_events(tmp_path, [])


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    """Missing, foreign, newer, mislabelled and damaged files each have their own message."""
    frame = to_frame([login(n) for n in range(1000)])
    paths = {name: tmp_path / name for name in ("missing", "text", "foreign", "newer", "bare")}
    paths["text"].write_text("PAR1 is not enough PAR1")
    frame.write_parquet(paths["foreign"])
    frame.write_parquet(paths["newer"], metadata={KIND_KEY: "events", VERSION_KEY: "2"})
    frame.write_parquet(paths["bare"], metadata={KIND_KEY: "events"})
    says = {
        "missing": "no such file",
        "text": "not a readable Parquet file",
        "foreign": "not one that authrisk wrote",
        "newer": "schema version 2; this authrisk reads up to 1.*upgrade",
        "bare": "has no schema version",
    }
    for name, message in says.items():
        with pytest.raises(InputError, match=f"{name}: .*{message}"):
            read_events(paths[name])
    with pytest.raises(InputError, match="is a directory"):
        read_events(tmp_path)

    path = tmp_path / "cut"
    write_events(path, [frame])
    data = path.read_bytes()
    path.write_bytes(data[:40] + b"\xff" * 400 + data[440:])
    with pytest.raises(InputError, match="cut: is damaged"):
        list(scan_batches(path))


def test_labels_lie_beside(tmp_path: Path) -> None:
    """Labels have their own file and are no events; unknown stays unknown; nothing is merged."""
    path = tmp_path / "day.events.parquet"
    labels = [
        Label(event_id="1", is_attack_ip=True, is_account_takeover=False),
        Label(event_id="2"),
    ]
    assert labels_path(path).name == "day.events.labels.parquet"
    assert write_labels(labels_path(path), labels) == 2
    assert read_labels(labels_path(path)).to_dicts()[1] == {
        "event_id": "2",
        "is_account_takeover": None,
        "is_attack_ip": None,
        "is_attack": None,
        "tier": None,
        "campaign": None,
        "victim": None,
    }
    assert read_labels(labels_path(path))["is_attack_ip"].to_list() == [True, None]
    with pytest.raises(InputError, match="holds labels, not events"):
        read_events(labels_path(path))
    assert not set(read_labels(labels_path(path)).columns[1:]) & set(EVENT_SCHEMA)


def test_labels_of_before_are_read(tmp_path: Path) -> None:
    """A file of an older schema version lacks the columns added since: they are null in it."""
    path = tmp_path / "old.labels.parquet"
    old = labels_to_frame([Label(event_id="1", tier="T1")]).drop("victim")
    old.write_parquet(path, metadata={KIND_KEY: "labels", VERSION_KEY: "1"})
    found = read_labels(path)
    assert found.schema == LABEL_SCHEMA
    assert found.row(0, named=True)["victim"] is None
    assert found["tier"].to_list() == ["T1"]
    old.write_parquet(path, metadata={KIND_KEY: "labels", VERSION_KEY: "2"})
    with pytest.raises(InputError, match="column victim is missing"):
        read_labels(path)
