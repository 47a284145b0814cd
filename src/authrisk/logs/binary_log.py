"""Logs that are no text: their records as numbered lines of JSON, which any parser can read.

utmp, wtmp and btmp (`logs/utmp.py`) and Windows event logs (EVTX, through the package `evtx`, an
extra). What kind a file is, its first bytes say, as with compression.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator

import msgspec

from authrisk.errors import InputError
from authrisk.logs.inflate import StreamError
from authrisk.logs.parser import Line, Rejected
from authrisk.logs.utmp import read_utmp, record_size, utmp_line

Records = Callable[[str, Iterator[bytes]], Iterator[Line | Rejected]]


def binary_reader(head: bytes) -> Records | None:
    """What reads a file that begins with these bytes, given its name and all its blocks.

    None when it is none of the known kinds. Lines are numbered by record, from 1; a damaged record
    is a `Rejected` without text. Raises InputError when a package is missing.
    """
    if head.startswith(_EVTX):
        return _evtx_records
    size = record_size(head)
    if size is None:
        return None
    return lambda name, blocks: _utmp_records(name, blocks, size)


def _utmp_records(name: str, blocks: Iterator[bytes], size: int) -> Iterator[Line | Rejected]:
    number = 0
    rest = b""
    try:
        for block in blocks:
            data = rest + block
            for at in range(0, len(data) - size + 1, size):
                number += 1
                try:
                    text = utmp_line(read_utmp(data[at : at + size]))
                except ValueError as error:
                    yield Rejected(Line(name, number, ""), str(error))
                else:
                    yield Line(name, number, text)
            rest = data[len(data) - len(data) % size :]
    except StreamError as broken:
        yield Rejected(Line(name, number + 1, ""), str(broken))
        return
    if rest:
        yield Rejected(Line(name, number + 1, ""), "a record that ends too early")


def _evtx_records(name: str, blocks: Iterator[bytes]) -> Iterator[Line | Rejected]:
    try:
        from evtx import PyEvtxParser
    except ImportError:
        raise InputError(
            "is a Windows event log, and the package evtx is missing",
            where=name,
            remedy="pip install 'authrisk[evtx]'",
        ) from None
    number = failures = 0
    broken: str | None = None
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        try:
            for block in blocks:
                file.write(block)
        except StreamError as error:
            broken = str(error)  # what came is good
        if broken is None and (file.tell() - _EVTX_HEAD) % _EVTX_CHUNK:
            broken = "a Windows event log that ends too early"  # the package says nothing of it
        file.seek(0)
        try:
            records = iter(PyEvtxParser(file, number_of_threads=1).records_json())
        except (RuntimeError, OSError, ValueError):
            yield Rejected(Line(name, 1, ""), "damaged Windows event log")
            return
        while failures < _MOST_FAILURES:
            number += 1
            try:
                record = next(records, None)
                if record is None:
                    break
                text = msgspec.json.format(record["data"], indent=-1)
            except (RuntimeError, OSError, ValueError, msgspec.DecodeError):
                failures += 1
                yield Rejected(Line(name, number, ""), "damaged record")
            else:
                failures = 0
                yield Line(name, number, text)
    if broken is not None:
        yield Rejected(Line(name, number, ""), broken)


_EVTX = b"ElfFile\0"
_EVTX_HEAD, _EVTX_CHUNK = 4096, 1 << 16
_IN_MEMORY = 1 << 26
_MOST_FAILURES = 1000
"""Damaged records in a row after which nothing more is expected of a file."""
