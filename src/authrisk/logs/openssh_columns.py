"""A log of the OpenSSH server by blocks: what `SshdReading` gives, the plain lines by columns.

Most decisions have one plain shape. Those are read all at once. The other lines of a block are read
one by one, and what they leave behind for a later line (a first factor, a refusal that is told
twice) is looked up for each plain line that follows, as long as there is any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from authrisk.event import LoginEvent
from authrisk.eventlog import EVENT_SCHEMA, to_events, to_frame
from authrisk.logs.address import V4, read_origin
from authrisk.logs.columnar import ColumnarBatch, LineBlock, read_blocks
from authrisk.logs.marked import has_any, skipped_of
from authrisk.logs.openssh_log import MARKS, TOLD, SshdReading
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Rejected
from authrisk.logs.reader import Source
from authrisk.logs.stamp_column import stamps_ns


def read_columns(source: Source, settings: ParseSettings) -> Iterator[ColumnarBatch]:
    """The batches of one log. Raises InputError when it cannot be opened."""
    reading = SshdReading(settings)
    for block in read_blocks(source, block_bytes=_BLOCK_BYTES):
        yield _batch(block, reading)


def _batch(block: LineBlock, reading: SshdReading) -> ColumnarBatch:
    has_mark = has_any(block.texts, MARKS)
    marked = _Marked(
        block.file, block.texts.filter(has_mark), block.numbers.filter(has_mark), reading
    )
    events, others = marked.read()
    rejected = [item for item in others if isinstance(item, Rejected)]
    return ColumnarBatch(
        lines=len(block.texts) + len(block.rejected),
        events=events,
        labels=None,
        rejected=sorted([*block.rejected, *rejected], key=lambda item: item.line.number),
        ignored=[item for item in others if isinstance(item, Ignored)],
        skipped=skipped_of(block, has_mark),
    )


class _Marked:
    """The lines of a block that hold a mark."""

    def __init__(
        self, file: str, texts: pl.Series, numbers: pl.Series, reading: SshdReading
    ) -> None:
        self._file, self._texts, self._numbers = file, texts, numbers
        self._reading = reading
        parts = texts.str.extract_groups(_PLAIN).struct.unnest()
        parts = parts.with_columns(ns=stamps_ns(parts["stamp"], reading.stamps), number=numbers)
        self._is_plain = parts.select(_IS_PLAIN).to_series()
        self._plain = parts if self._is_plain.all() else parts.filter(self._is_plain)
        self._events = _events(file, self._plain)
        self._told: list[int] = []
        self._second: list[int] = []

    def read(self) -> tuple[pl.DataFrame, list[Rejected | Ignored]]:
        """The events, and the items of the lines that are none, both in order."""
        singly: list[Item] = []
        odd, start = (~self._is_plain).arg_true().to_list(), 0
        for before, at in enumerate(odd):
            line = self._line(at)
            self._run(start, at - before, is_followed=" last message repeated " in line.text)
            start = at - before
            singly.append(self._reading.item(line))
        self._run(start, self._plain.height, is_followed=True)
        return self._joined(odd, singly)

    def _run(self, start: int, end: int, *, is_followed: bool) -> None:
        """Take note of plain lines that follow one another."""
        if start == end:
            return
        rows, recent = self._plain.slice(start, end - start), self._reading.recent
        if recent.waits:
            for row, (verb, host, pid, user, ns) in enumerate(rows.select(_SAID).rows(), start):
                if verb == "Accepted":
                    if recent.second_factor((host, pid)):
                        self._second.append(row)
                elif recent.failed_before((host, pid), "decided", user, ns):
                    self._told.append(row)
        else:
            recent.failed(_latest_first(rows.filter(pl.col("verb") == "Failed")))
        if is_followed and (end - 1) not in self._told[-1:]:
            (event,) = to_events(self._with_factors(end - 1, 1))
            self._reading.follows(event, self._plain["number"][end - 1])

    def _joined(
        self, odd: Sequence[int], singly: Sequence[Item]
    ) -> tuple[pl.DataFrame, list[Rejected | Ignored]]:
        events, places = self._with_factors(0, self._plain.height), self._is_plain.arg_true()
        others: list[Rejected | Ignored] = [i for i in singly if not isinstance(i, LoginEvent)]
        if self._told:
            told = pl.Series(self._told, dtype=places.dtype)
            others += [Ignored(self._line(at), TOLD) for at in places.gather(told)]
            kept = pl.repeat(True, len(places), eager=True).scatter(told, False)
            events, places = events.filter(kept), places.filter(kept)
        late = {
            at: item for at, item in zip(odd, singly, strict=True) if isinstance(item, LoginEvent)
        }
        if late:
            places = pl.concat([places, pl.Series(late.keys(), dtype=places.dtype)])
            events = pl.concat([events, to_frame(late.values())])[places.arg_sort()]
        return events, sorted(others, key=lambda item: item.line.number)

    def _line(self, at: int) -> Line:
        return Line(self._file, self._numbers[at], self._texts[at])

    def _with_factors(self, start: int, rows: int) -> pl.DataFrame:
        """Some of the plain events, with what is known about their second factor."""
        events = self._events.slice(start, rows)
        second = [row - start for row in self._second if start <= row < start + rows]
        if not second:
            return events
        return events.with_columns(events["mfa"].clone().scatter(second, True))


def _latest_first(failed: pl.DataFrame) -> Iterator[tuple[str, str, str, int]]:
    for end in range(failed.height, 0, -_LATEST_ROWS):
        start = max(0, end - _LATEST_ROWS)
        rows = failed.slice(start, end - start).select(_SAID[1:]).rows()
        yield from reversed(rows)


def _events(file: str, plain: pl.DataFrame) -> pl.DataFrame:
    port = pl.col("port").cast(pl.Int64)
    accepted = pl.col("verb") == "Accepted"
    known = pl.when(pl.col("invalid").is_null()).then(pl.lit("bad_credentials"))
    values = {
        "event_id": pl.lit(f"{file}:") + pl.col("number").cast(pl.String),
        "timestamp": pl.col("ns").cast(pl.Datetime("ns", "UTC")),
        "user_id": pl.col("user"),
        "outcome": pl.when(accepted).then(pl.lit("success")).otherwise(pl.lit("failure")),
        "failure_reason": pl.when(~accepted).then(known.otherwise(pl.lit("unknown_user"))),
        "user_name": pl.col("user"),
        "src_port": pl.when(port < _PORTS).then(port),
        "auth_method": pl.col("method"),
        "app": pl.lit("sshd"),
        "dst_host": pl.col("host"),
        "correlation_id": pl.col("host") + "/" + pl.col("pid"),
        "source_type": pl.lit("sshd"),
        "count": pl.lit(1),
    } | _origins(plain["source"])
    return plain.select(
        values.get(name, pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in EVENT_SCHEMA.items()
    )


def _origins(sources: pl.Series) -> dict[str, pl.Expr]:
    """Address and host; those that are no plain IPv4 are few, and looked at one by one."""
    odd = sources.filter(~sources.str.contains(f"^{V4}$")).unique().to_list()
    read = [read_origin(text) for text in odd]
    ip, source = pl.col("source"), pl.col("source")
    return {
        "src_ip": ip.replace(odd, [origin.ip for origin in read]) if odd else ip,
        "src_host": source.replace_strict(
            odd, [origin.host for origin in read], default=None, return_dtype=pl.String
        )
        if odd
        else pl.lit(None),
    }


_BLOCK_BYTES = 1 << 22
_LATEST_ROWS = 4096
_PORTS = 65_536
_SAID = ("verb", "host", "pid", "user", "ns")
_IS_PLAIN = (
    pl.col("ns").is_not_null()
    & ~pl.col("user").is_in(["invalid", "illegal"])
    & (pl.col("method") != "none")
).fill_null(value=False)
_PLAIN = (
    r"^(?<stamp>[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}"
    r"(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})) (?<host>[!-~]+) sshd(?:-session)?"
    r"\[(?<pid>[0-9]{1,10})\]: (?<verb>Accepted|Failed) (?<method>[!-~]+) for "
    r"(?<invalid>invalid user )?(?<user>[!-~]+) from (?<source>[!-~]+) port (?<port>[0-9]{1,5}) "
    r"ssh2(?:: [A-Z0-9-]{1,20} (?:SHA256:|MD5:)[!-~]+)?$"
)
"""The shape `_PLAIN` of `openssh_log`, for Rust's engine and in ASCII."""
