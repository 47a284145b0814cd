"""Fuzz what reads untrusted lines: `python scripts/fuzz.py [TARGET...] [--seconds 60] [--seed 1]`.

A target per grammar family (Windows event logs where the extra `evtx` is there), one for the bytes
of files, and one per installed format. Inputs are mutations of lines that the
formats bring along: cut, spliced, repeated, bent. A target fails when it raises what it does not
promise, when a line gives no item, or when a line takes longer than two seconds. What was found is
printed as a Python literal, to go into the format's `hostile` or a test. No coverage guidance: it
needs nothing but this package.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import random
import struct
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from authrisk.collect.framing import Framer, text_of
from authrisk.collect.http_body import content_lines
from authrisk.logs.address import read_origin
from authrisk.logs.cef import read_cef
from authrisk.logs.discovery import formats
from authrisk.logs.journal import read_journal
from authrisk.logs.json_object import read_object
from authrisk.logs.json_records import json_objects
from authrisk.logs.key_values import read_pairs
from authrisk.logs.logfmt import read_logfmt
from authrisk.logs.parser import Line, Parser
from authrisk.logs.reader import Source, read_source
from authrisk.logs.record_lines import record_lines
from authrisk.logs.records import read_records
from authrisk.logs.redact import redact
from authrisk.logs.syslog import split_syslog
from authrisk.logs.timestamps import StampReader, epoch_to_ns
from authrisk.logs.windows_xml import read_xml, split_xml
from authrisk.logs.xml_element import read_element
from authrisk.testing.parser import SETTINGS

Target = Callable[[str], None]
TROUBLE = [
    "\0", "\t", '"', "'", "\\", ",", "{", "}", "[", "]", "\u202e", "\ufffd", "😀", " from ", "=",
    "|", "9" * 400, "\x1b[31m", "\ufeff", "-", "%", "$", ": ", "null", "1e999",
]  # fmt: skip
SLOW_S = 2.0


def main() -> int:
    """1 when a target failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    known = targets()
    names = arguments.targets or list(known)
    chance = random.Random(arguments.seed)
    known_lines = seeds()
    failed = 0
    for name in names:
        tried = 0

        def texts(end: float) -> Iterator[str]:
            nonlocal tried
            for text in mutations(known_lines, chance):
                if time.monotonic() > end:
                    return
                tried += 1
                yield text

        failure = first_failure(
            known[name], texts(time.monotonic() + arguments.seconds / len(names))
        )
        if failure is not None:
            failed += 1
            print(f"{name}: {failure}")  # noqa: T201 - what the command is for
        print(f"{name}: {tried:,} inputs")  # noqa: T201 - what the command is for
    return 1 if failed else 0


def first_failure(target: Target, texts: Iterable[str]) -> str | None:
    """The first text that a target does not take as it promises, and what it does; else None."""
    for text in texts:
        start = time.process_time()
        try:
            target(text)
        except Exception:  # noqa: BLE001 - this is what is looked for
            return f"{text!r}\n{traceback.format_exc()}"
        if time.process_time() - start > SLOW_S:
            return f"slow: {text[:2000]!r}"
    return None


def seeds() -> list[str]:
    """The lines that the formats bring along."""
    return [
        text
        for each in formats().values()
        for text in (each.sample + "\n" + each.hostile).split("\n")
        if text
    ]


def targets() -> dict[str, Target]:
    """Name -> what takes one text."""
    families: dict[str, Target] = {
        "syslog": lambda text: _ignore(split_syslog(text)),
        "journal": _may_refuse(read_journal),
        "json": _may_refuse(read_object),
        "json_objects": lambda text: _ignore(list(json_objects(_lines(text), ["Records"]))),
        "csv": lambda text: _ignore(list(read_records(_lines(text)))),
        "xml": _may_refuse(read_element),
        "windows_xml": lambda text: _ignore(
            [_may_refuse(read_xml)(part) for part in split_xml(text)]
        ),
        "key_values": _may_refuse(read_pairs),
        "logfmt": _may_refuse(read_logfmt),
        "cef": _may_refuse(read_cef),
        "stamps": _may_refuse(StampReader(SETTINGS).utc_ns),
        "epochs": _may_refuse(epoch_to_ns),
        "addresses": lambda text: _ignore(read_origin(text)),
        "redact": lambda text: _ignore(redact(text)),
        "framing": _framing,
        "record_lines": _record_lines,
        "log_bytes": _log_bytes,
        "utmp_records": _utmp,
        "http_body": lambda text: _ignore(list(content_lines(_bytes(text), 1 << 20, 1 << 20))),
    }
    if importlib.util.find_spec("evtx") is not None:
        families["evtx_records"] = _evtx
    return families | {name: _format(parser) for name, parser in formats().items()}


def mutations(seeds: list[str], chance: random.Random) -> Iterator[str]:
    """Endless texts, most of them near to a real line."""
    while True:
        text = chance.choice(seeds)
        for _ in range(chance.randrange(1, 6)):
            at, to = sorted(chance.choices(range(len(text) + 1), k=2))
            kind = chance.randrange(6)
            if kind == 0:
                text = text[:at] + text[to:]
            elif kind == 1:
                text = text[:to] + text[at:to] * chance.choice([1, 3, 50]) + text[to:]
            elif kind == 2:
                text = text[:at] + chance.choice(TROUBLE) + text[at:]
            elif kind == 3:
                other = chance.choice(seeds)
                text = text[:at] + other[chance.randrange(len(other) + 1) :]
            elif kind == 4:
                text = text[:at] + chance.choice(TROUBLE) * chance.choice([1, 1000]) + text[to:]
            else:
                text = text[:at] + chance.choice(seeds) + text[to:]
            text = text[:200_000]
        yield text.replace("\n", " ") if chance.random() < 0.9 else text


def _format(parser: Parser) -> Target:
    def take(text: str) -> None:
        lines = _lines(text)
        items = list(parser.parse(lines, SETTINGS))
        assert len(items) >= len(lines), "a line gave no item"
        parser.claims(text.split("\n"))

    return take


def _framing(text: str) -> None:
    framer = Framer(1000)
    data = _bytes(text)
    for message in [*framer.feed(data), *framer.end()]:
        assert message is None or "\n" not in text_of(message), "a line break in a line"


def _record_lines(text: str) -> None:
    """Nothing but line breaks comes to a file of one long line, wherever its blocks end."""
    unit = b'{"a":' + _bytes(text).replace(b"\n", b" ") + b"},"
    data = b'{"Records":[' + unit * (1 + 40_000 // len(unit)) + b"{}]}"
    size = 500 + len(text) % 70_000
    out = b"".join(record_lines(data[at : at + size] for at in range(0, len(data), size)))
    assert out.replace(b"\n", b"") == data, "other bytes than there were"


def _log_bytes(text: str) -> None:
    """A file of these bytes: plain, or compressed and then damaged."""
    data = _bytes(text)
    kind = len(data) % 4
    if kind == 1:
        data = gzip.compress(data, 1)[: -1 - len(data) % 20]
    elif kind == 2:
        data = gzip.compress(b"line\n", 1) + data
    elif kind == 3:
        data = b"\x28\xb5\x2f\xfd" + data
    _read_file(data)


def _utmp(text: str) -> None:
    """A record of login accounting, then such with these bytes in them."""
    head = struct.pack("<h2xi32s4x32s256s4x4xIi16s20x", 7, 1, b"pts/0", b"ada", b"", 2**30, 0, b"")
    data = _bytes(text)
    at = len(data) % len(head)
    _read_file(head + head[:at] + data + head[at:])


def _evtx(text: str) -> None:
    """A Windows event log whose chunks hold these bytes."""
    head = b"ElfFile\0" + struct.pack("<QQQIHHHH76x", 0, 0, 2, 128, 1, 3, 4096, 1)
    head += struct.pack("<II", 0, zlib.crc32(head[:120]))
    chunk = b"ElfChnk\0" + struct.pack("<QQQQIII", 1, 1, 1, 1, 128, 512, 600) + _bytes(text)
    _read_file(head.ljust(4096, b"\0") + chunk.ljust(1 << 16, b"\0")[: 1 << 16])


def _read_file(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        for item in read_source(Source("f", Path(file.name)), max_line_bytes=50_000):
            if isinstance(item, Line):
                assert "\n" not in item.text, "a line break in a line"
                assert len(item.text) <= 50_000, "a line that is too long"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _lines(text: str) -> list[Line]:
    return [Line("f", number, part) for number, part in enumerate(text.split("\n"), 1)]


def _may_refuse(read: Callable[[str], object]) -> Target:
    def take(text: str) -> None:
        try:
            read(text)
        except ValueError:
            return

    return take


def _ignore(_: object) -> None:
    """The value does not matter; that it came does."""


if __name__ == "__main__":
    raise SystemExit(main())
