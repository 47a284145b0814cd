"""Round trips: what is written comes back as it was."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authrisk.event import LoginEvent, from_json, to_json
from authrisk.eventlog import read_events, to_events, to_frame, write_events
from authrisk.features.coded import code_frame
from authrisk.features.population import Population, rarity_codes
from authrisk.models.bundle import FILES, Bundle, load_bundle, pretrained_path, write_bundle

LAW = settings(max_examples=25, derandomize=True)


def finite(events: list[LoginEvent]) -> list[LoginEvent]:
    """Without numbers that are none: JSON has no word for them."""
    return [
        msgspec.structs.replace(
            e,
            **{
                name: None
                for name in ("src_latitude", "src_longitude", "rtt_ms")
                if not math.isfinite(getattr(e, name) or 0.0)
            },
        )
        for e in events
    ]


@LAW
@given(data=st.data())
def test_events(timelines, data) -> None:
    """Events come back from JSON, msgpack and a table, field for field."""
    events = finite(data.draw(timelines))
    assert [from_json(to_json(event)) for event in events] == events
    packed = msgspec.msgpack.encode(events)
    assert msgspec.msgpack.decode(packed, type=list[LoginEvent]) == events
    assert list(to_events(to_frame(events))) == events


def test_events_file(events: pl.DataFrame, tmp_path: Path) -> None:
    """A Parquet file gives back the very events that were written."""
    write_events(tmp_path / "events.parquet", [events])
    read = read_events(tmp_path / "events.parquet")
    assert read.equals(events)
    assert list(to_events(read)) == list(to_events(events))


def test_population(events: pl.DataFrame) -> None:
    """A snapshot of the population counts on exactly as the original does."""
    ints = code_frame(events).ints
    codes = rarity_codes(ints, np.arange(len(ints)))
    half = len(ints) // 2
    familiar = (events["outcome"] == "success").to_numpy()
    original = Population()
    original.replay(codes[:, :half], familiar[:half])
    copy = Population.from_bytes(original.to_bytes())
    assert copy.size == original.size == familiar[:half].sum()
    rest = (codes[:, half:], familiar[half:])
    assert np.array_equal(copy.replay(*rest), original.replay(*rest))
    assert copy.to_bytes() == original.to_bytes()


def test_bundle(bundle: Bundle, events: pl.DataFrame, replayed, tmp_path: Path) -> None:
    """A bundle written again from its parts scores every login alike."""
    source = pretrained_path(bundle.manifest.kind)
    known = {"format_version", "steps", "lookback", "features", "groups", "files"}
    manifest = {
        name: value
        for name, value in msgspec.to_builtins(bundle.manifest).items()
        if name not in known
    }
    files = {name: (source / name).read_bytes() for name in bundle.manifest.files}
    written = write_bundle(tmp_path / "copy", manifest=manifest, files=files)
    read = load_bundle(tmp_path / "copy")
    assert msgspec.to_builtins(read.manifest) == msgspec.to_builtins(bundle.manifest)
    assert read.version == written.version
    assert replayed(read, events) == replayed(bundle, events)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]


@pytest.mark.parametrize("replace", [False, True])
def test_a_bundle_is_replaced_on_request_only(
    bundle: Bundle, tmp_path: Path, replace: bool
) -> None:
    """A place that is taken keeps its content unless replacing is asked for."""
    from authrisk.errors import InputError

    source = pretrained_path(bundle.manifest.kind)
    known = {"format_version", "steps", "lookback", "features", "groups", "files"}
    fields = msgspec.to_builtins(bundle.manifest).items()
    manifest = {name: value for name, value in fields if name not in known}
    files = {name: (source / name).read_bytes() for name in FILES}
    write_bundle(tmp_path / "b", manifest=manifest, files=files)
    manifest["name"] = "another"
    if replace:
        write_bundle(tmp_path / "b", manifest=manifest, files=files, replace=True)
        assert load_bundle(tmp_path / "b").name == "another"
    else:
        with pytest.raises(InputError, match="there already"):
            write_bundle(tmp_path / "b", manifest=manifest, files=files)
        assert load_bundle(tmp_path / "b").name == bundle.name
