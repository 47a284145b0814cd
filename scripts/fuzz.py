"""Fuzz what reads untrusted lines: `python scripts/fuzz.py [TARGET...] [--seconds 60] [--seed 1]`.

A target per grammar family, and one per installed format. Inputs are mutations of lines that the
formats bring along: cut, spliced, repeated, bent. A target fails when it raises what it does not
promise, when a line gives no item, or when a line takes longer than two seconds. What was found is
printed as a Python literal, to go into the format's `hostile` or a test. No coverage guidance: it
needs nothing but this package.
"""

from __future__ import annotations

import argparse
import random
import time
import traceback
from collections.abc import Callable, Iterator

from authrisk.collect.framing import Framer, text_of
from authrisk.logs.address import read_origin
from authrisk.logs.discovery import formats
from authrisk.logs.journal import read_journal
from authrisk.logs.json_object import read_object
from authrisk.logs.parser import Line, Parser
from authrisk.logs.records import read_records
from authrisk.logs.redact import redact
from authrisk.logs.syslog import split_syslog
from authrisk.logs.timestamps import StampReader, epoch_to_ns
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
    seeds = [
        text
        for each in formats().values()
        for text in (each.sample + "\n" + each.hostile).split("\n")
        if text
    ]
    failed = 0
    for name in names:
        end, tried = time.monotonic() + arguments.seconds / len(names), 0
        for text in mutations(seeds, chance):
            if time.monotonic() > end:
                break
            tried += 1
            start = time.process_time()
            try:
                known[name](text)
            except Exception:  # noqa: BLE001 - this is what is looked for
                failed += 1
                print(f"{name}: {text!r}\n{traceback.format_exc()}")  # noqa: T201
                break
            if time.process_time() - start > SLOW_S:
                failed += 1
                print(f"{name}: slow: {text[:2000]!r}")  # noqa: T201
                break
        print(f"{name}: {tried:,} inputs")  # noqa: T201
    return 1 if failed else 0


def targets() -> dict[str, Target]:
    """Name -> what takes one text."""
    families: dict[str, Target] = {
        "syslog": lambda text: _ignore(split_syslog(text)),
        "journal": _may_refuse(read_journal),
        "json": _may_refuse(read_object),
        "csv": lambda text: _ignore(
            list(read_records(Line("f", n, part) for n, part in enumerate(text.split("\n"))))
        ),
        "stamps": _may_refuse(StampReader(SETTINGS).utc_ns),
        "epochs": _may_refuse(epoch_to_ns),
        "addresses": lambda text: _ignore(read_origin(text)),
        "redact": lambda text: _ignore(redact(text)),
        "framing": _framing,
    }
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
        lines = [Line("f", n, part) for n, part in enumerate(text.split("\n"), 1)]
        items = list(parser.parse(lines, SETTINGS))
        assert len(items) >= len(lines), "a line gave no item"
        parser.claims(text.split("\n"))

    return take


def _framing(text: str) -> None:
    framer = Framer(1000)
    data = text.encode("utf-8", "surrogatepass")
    for message in [*framer.feed(data), *framer.end()]:
        assert message is None or "\n" not in text_of(message), "a line break in a line"


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
