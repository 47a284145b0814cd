"""The CSV files of the RBA data set: logins of a large sign-on service, with labels.

A line break inside a quoted field belongs to the field: the record goes on until the quote
closes (`logs/records.py` says what happens when it does not). The two label columns never enter
an event; `parse` leaves them out and `parse_columns` gives them as a table of their own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from authrisk.eventlog import labels_to_frame, to_frame
from authrisk.logs.columnar import ColumnarBatch, LineBlock, read_blocks
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.rba import COLUMNS, LabelledLogin, read_columns, read_row
from authrisk.logs.reader import Source
from authrisk.logs.records import opens, read_records, split_fields

HEADER = ",".join(COLUMNS)

SAMPLE = (
    HEADER + "\n"
    "0,2020-02-03 12:43:30.772,-4324475583306591935,,10.0.65.171,NO,-,-,29695,"
    "Mozilla/5.0  (iPhone; CPU iPhone OS 13_4 like Mac OS X) Gecko/20150101 (Chrome variation/7,"
    "Firefox 20.0.0.1618,iOS 13.4,mobile,False,False,False\n"
    "1,2020-02-03 12:43:55.873,-3284137479262433373,546,::FFFF:81.167.144.58,NO,Vestland,"
    'Urangsvag,29695,"Mozilla/5.0  (iPad; CPU OS 7_1 like Mac OS X) (KHTML, like ""Gecko"" '
    'Version/4.0 Mobile",Chrome Mobile WebView 85.0.4183,Windows XP,unknown,True,True,False\n'
    "2,2020-02-03 12:44:01,,,,,,,-,,Other,Other,console,True,,\n"
)

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "event_id": "0",
        "timestamp_ns": 1_580_733_810_772_000_000,
        "user_id": "-4324475583306591935",
        "outcome": "failure",
        "src_ip": "10.0.65.171",
        "src_country": "NO",
        "src_region": None,
        "src_city": None,
        "src_asn": 29695,
        "browser": "Firefox",
        "browser_version": "20.0.0.1618",
        "os": "iOS",
        "os_version": "13.4",
        "device_type": "mobile",
        "rtt_ms": None,
        "source_type": "rba_csv",
        "raw_event_id": "0",
    },
    {
        "event_id": "1",
        "user_id": "-3284137479262433373",
        "outcome": "success",
        "src_ip": "81.167.144.58",
        "src_region": "Vestland",
        "src_city": "Urangsvag",
        "user_agent": 'Mozilla/5.0  (iPad; CPU OS 7_1 like Mac OS X) (KHTML, like "Gecko" '
        "Version/4.0 Mobile",
        "browser": "Chrome Mobile WebView",
        "browser_version": "85.0.4183",
        "os": "Windows XP",
        "os_version": None,
        "device_type": None,
        "rtt_ms": 546.0,
    },
    {
        "event_id": "2",
        "user_id": None,
        "src_ip": None,
        "src_asn": None,
        "user_agent": None,
        "browser": None,
        "os": None,
        "device_type": "other",
    },
)

_FORGED = "9,2020-02-03 12:44:02,victim,,10.9.9.9,NO,-,-,1,ua,,,mobile,True,False,False"
HOSTILE = (
    # a whole row inside a user agent, behind a line break: one login of user 7, none of the victim
    f'5,2020-02-03 12:44:02,7,,10.1.1.1,NO,-,-,1,"x\n{_FORGED}\ny",,,mobile,False,False,False\n'
    # the same, and the quote never closes
    f'6,2020-02-03 12:44:02,7,,10.1.1.1,NO,-,-,1,"x\n{_FORGED}\n'
)


@dataclass(frozen=True, slots=True)
class RbaCsv:
    """Reads the data set line by line (`parse`) and by columns (`parse_columns`)."""

    name: str = "rba_csv"
    title: str = "RBA data set (Wiefling et al. 2022), CSV with 16 columns"
    versions: str = "2022"
    proven: Proven = "samples"
    sample: str = SAMPLE
    expected: Sequence[dict[str, object]] = EXPECTED
    hostile: str = HOSTILE

    def claims(self, head: Sequence[str]) -> bool:
        """Whether it starts with the data set's header, or with a row of it."""
        fields = split_fields(head[0]) if head else None
        return fields is not None and (
            fields == list(COLUMNS) or isinstance(read_row(fields), LabelledLogin)
        )

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:  # noqa: ARG002 - the protocol names it
        """Events without their labels, rejected and ignored lines. The zone is always UTC."""
        for item in _items(lines):
            yield item.event if isinstance(item, LabelledLogin) else item

    def parse_columns(
        self,
        source: Source,
        settings: ParseSettings,  # noqa: ARG002 - the protocol names it
    ) -> Iterator[ColumnarBatch]:
        """The same by blocks, with labels.

        From the first record of several lines on, a file is read line by line.
        """
        blocks = read_blocks(source)
        for block in blocks:
            batch = _whole_block(block)
            if batch is None:
                yield from _line_by_line(itertools.chain([block], blocks))
            else:
                yield batch


PARSER = RbaCsv()


def _items(lines: Iterable[Line]) -> Iterator[LabelledLogin | Rejected | Ignored]:
    for record in read_records(lines):
        if isinstance(record, Rejected):
            yield record
        else:
            yield _item(record.line, record.fields)
            yield from (Ignored(line, "rest of the record above") for line in record.rest)


def _item(line: Line, fields: list[str]) -> LabelledLogin | Rejected | Ignored:
    row = read_row(fields)
    if not isinstance(row, str):
        return row
    if fields == list(COLUMNS):
        return Ignored(line, "header")
    if not line.text.strip():
        return Ignored(line, "empty line")
    return Rejected(line, row)


def _whole_block(block: LineBlock) -> ColumnarBatch | None:
    """A block in which each line is one record; None when it is not such a block."""
    plain = block.texts.str.contains(_PLAIN_ROW)
    odd = (~plain).arg_true()
    if any(opens(text) for text in block.texts.gather(odd)):
        return None
    places, data = plain.arg_true(), block.data
    if len(odd) or data is None:
        data = "\n".join(block.texts.filter(plain)).encode()
    rows = pl.read_csv(data, has_header=False, schema=_TEXTS) if data else pl.DataFrame([], _TEXTS)
    good, events, labels = read_columns(rows)

    singly = pl.concat([odd, places.filter(~good)]).sort()
    items = list(_items(block.line(i) for i in singly))
    late = [i for i, item in zip(singly, items, strict=True) if isinstance(item, LabelledLogin)]
    batch = _batch(len(block.texts) + len(block.rejected), block.rejected, items)
    if not late:
        return replace(batch, events=events, labels=labels)
    order = pl.concat([places.filter(good), pl.Series(late, dtype=pl.UInt32)]).arg_sort()
    return replace(
        batch,
        events=pl.concat([events, batch.events])[order],
        labels=pl.concat(
            [labels, labels_to_frame(i.label for i in items if isinstance(i, LabelledLogin))]
        )[order],
    )


def _line_by_line(blocks: Iterable[LineBlock]) -> Iterator[ColumnarBatch]:
    """Batches of a file with records of several lines, at the pace of `parse`."""
    rejected: list[Rejected] = []
    lines = 0

    def counted() -> Iterator[Line]:
        nonlocal lines
        for block in blocks:
            rejected.extend(block.rejected)
            lines += len(block.rejected) + len(block.texts)
            yield from block.lines()

    source = _items(counted())
    while items := list(itertools.islice(source, _BATCH_ROWS)):
        yield _batch(lines, rejected, items)
        lines, rejected = 0, []
    yield _batch(lines, rejected, [])


def _batch(
    lines: int, unreadable: Sequence[Rejected], items: Sequence[LabelledLogin | Rejected | Ignored]
) -> ColumnarBatch:
    logins = [item for item in items if isinstance(item, LabelledLogin)]
    rejected = [item for item in items if isinstance(item, Rejected)]
    return ColumnarBatch(
        lines=lines,
        events=to_frame(login.event for login in logins),
        labels=labels_to_frame(login.label for login in logins),
        rejected=sorted([*unreadable, *rejected], key=lambda item: item.line.number),
        ignored=[item for item in items if isinstance(item, Ignored)],
    )


_BATCH_ROWS = 65_536
_TEXTS = pl.Schema(dict.fromkeys(COLUMNS, pl.String()))
_CELL = r'(?:[^",\r]*|"(?:[^"\r]|"")*")'
_PLAIN_ROW = rf"^[!#-+\x2d-~]+(?:,{_CELL}){{15}}$"
"""One whole record on one line, of which any CSV reader makes the same cells."""
