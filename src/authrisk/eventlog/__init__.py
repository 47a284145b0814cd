"""Events and labels on disk: Parquet with a schema version, and JSON lines.

Columns are the fields of `LoginEvent` in their order; `timestamp_ns` becomes `timestamp`.
Labels live in a file beside the events and are joined by `event_id`, never stored among them.
"""

from __future__ import annotations

from authrisk.eventlog.frame import EVENT_SCHEMA, to_events, to_frame
from authrisk.eventlog.labels import (
    LABEL_SCHEMA,
    Label,
    labels_path,
    labels_to_frame,
    open_labels,
    read_labels,
    scan_labels,
    write_labels,
)
from authrisk.eventlog.ndjson import read_ndjson, write_ndjson
from authrisk.eventlog.parquet import TableWriter
from authrisk.eventlog.store import (
    EVENTS,
    open_events,
    read_events,
    scan_batches,
    scan_events,
    write_events,
)

__all__ = [
    "EVENTS",
    "EVENT_SCHEMA",
    "LABEL_SCHEMA",
    "Label",
    "TableWriter",
    "labels_path",
    "labels_to_frame",
    "open_events",
    "open_labels",
    "read_events",
    "read_labels",
    "read_ndjson",
    "scan_batches",
    "scan_events",
    "scan_labels",
    "to_events",
    "to_frame",
    "write_events",
    "write_labels",
    "write_ndjson",
]
