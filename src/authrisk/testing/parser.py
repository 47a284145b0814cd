"""The contract of log formats, as a check that anyone can run on a parser of their own."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from authrisk.event import FAILURE_REASONS, LoginEvent
from authrisk.logs.parser import (
    BLANK,
    PAUSE,
    PROVEN,
    Ignored,
    Item,
    Line,
    Marked,
    Parser,
    ParseSettings,
)

VICTIM = "victim"
"""Who the lines of `hostile` pretend to be: no event of theirs may be this user's."""

SETTINGS = ParseSettings(reference=dt.datetime(2024, 12, 31, tzinfo=dt.UTC))
"""What `sample` and `hostile` are read with: yearless stamps fall into 2024, zone UTC."""


def check_parser(parser: Parser) -> None:
    """Runs a parser against its own sample and against bad input.

    Raises AssertionError saying which promise is broken:

    - `sample`, `expected` and `hostile` are there; `sample` gives exactly the expected events;
      `versions` and `proven` say what was read for it;
    - the parser claims its own sample, and neither nothing nor plain prose;
    - every line comes back as an item; events have unique ids, a time between 1970 and 2262 and
      reasons of the closed vocabulary;
    - no event of `hostile` is of the user `victim` (compared without case);
    - random bytes, cut and doubled sample lines raise nothing, nor does deep nesting of what a
      line holds in brackets;
    - a blank line is ignored, and so is a `PAUSE`, at which no event is held back;
    - where there are `marks`, lines without any are ignored and change nothing;
    - the same lines give the same items twice.
    """
    assert isinstance(parser, Parser), "a part of the Parser protocol is missing"
    for part in ("name", "title", "versions", "sample", "hostile"):
        assert getattr(parser, part).strip(), f"{parser.name}: `{part}` is empty"
    assert parser.proven in PROVEN, f"{parser.name}: `proven` is none of {', '.join(PROVEN)}"
    assert parser.expected, f"{parser.name}: `expected` is empty"
    _check_claims(parser)
    _check_sample(parser)
    _check_pause(parser)
    _check_hostile(parser)
    _check_noise(parser)
    if isinstance(parser, Marked):
        _check_marks(parser)


def check_linear(parser: Parser, lines: int = 8) -> None:
    """Runs a parser on long lines, made of some of its own.

    Raises AssertionError where doubling a line costs more than 2.5 times as much: with lines of a
    megabyte, and just below the lengths beyond which formats reject a line unread, which are the
    parser's `longest`, where it says it, and 262,144, 65,536 and 16,384 characters.

    Processor time is counted, the least of several runs until the promise is kept, so a busy
    machine does not matter. What takes less than a tenth of a microsecond a character is not
    looked at further: there is nothing to measure.
    """
    chance = random.Random(3)
    own = [text for text in (parser.sample + "\n" + parser.hostile).split("\n") if text.strip()]
    for text in chance.sample(own, min(lines, len(own))):
        for start, unit, end in _repeated(text, chance):
            for length in _lengths(parser):
                _check_doubling(
                    parser,
                    *(
                        start + unit * ((size - len(start) - len(end)) // len(unit)) + end
                        for size in (length // 2, length)
                    ),
                )


def _lengths(parser: Parser) -> list[int]:
    """Of lines that are as long as some limit allows."""
    longest = getattr(parser, "longest", None)
    limits = {*_LIMITS, longest} if isinstance(longest, int) else set(_LIMITS)
    return sorted((limit for limit in limits if longest is None or limit <= longest), reverse=True)


def _repeated(text: str, chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Beginning, what is said over and over, and end: the whole, a character, a word, a likely
    phrase, and blanks."""
    middle = chance.randrange(len(text))
    half = len(text) // 2
    yield "", text + " ", ""
    yield text[:middle], text[middle], text[middle:]
    for unit in (chance.choice(text.split(" ")) + " ", " from 1.2.3.4 port", " "):
        yield text[:half], unit, text[half:]


def _check_doubling(parser: Parser, half: str, whole: str) -> None:
    cheap_s = _CHEAP_S * (len(whole) + _FIXED) / _LIMITS[0]
    half_s = whole_s = float("inf")
    for _ in range(_RUNS):
        whole_s = min(whole_s, _cpu_s(parser, whole))
        if whole_s < cheap_s:
            return
        half_s = min(half_s, _cpu_s(parser, half))
        if whole_s <= _MOST_TIMES * half_s:
            return
        if whole_s > _ENOUGH_S:
            break
    raise AssertionError(
        f"{parser.name}: a line of {len(whole):,} characters takes {whole_s:.4f} s, half of it "
        f"{half_s:.4f} s: {whole[:80]!r}"
    )


def _cpu_s(parser: Parser, text: str) -> float:
    lines = [Line("log", 1, text)]
    start = time.process_time()
    for _ in parser.parse(lines, SETTINGS):
        pass
    return time.process_time() - start


def lines_of(texts: Iterable[str], file: str = "log") -> list[Line]:
    """The lines of a file, counted from 1.

    >>> lines_of(["a", "b"])[1].place
    'log:2'
    """
    return [Line(file, number, text) for number, text in enumerate(texts, 1)]


def parse_lines(parser: Parser, *texts: str, settings: ParseSettings = SETTINGS) -> list[Item]:
    """Every item that the parser gives for some lines."""
    return list(parser.parse(lines_of(texts), settings))


def parse_text(parser: Parser, text: str, file: str = "log") -> list[Item]:
    """Every item that the parser gives for the lines of a text."""
    return list(parser.parse(lines_of(text.split("\n"), file), SETTINGS))


def _check_claims(parser: Parser) -> None:
    assert parser.claims(parser.sample.split("\n")), f"{parser.name} does not claim its sample"
    assert not parser.claims([]), f"{parser.name} claims an empty file"
    assert not parser.claims(["It was a bright cold day in April."]), f"{parser.name} claims prose"


def _check_sample(parser: Parser) -> None:
    items = parse_text(parser, parser.sample)
    events = _events(parser, items)
    ids = [event.event_id for event in events]
    assert len(set(ids)) == len(ids), f"{parser.name}: two events have one event_id"
    expected = parser.expected
    assert len(events) == len(expected), (
        f"{parser.name}: {len(events)} events of the sample, {len(expected)} expected"
    )
    for number, (event, fields) in enumerate(zip(events, expected, strict=True), 1):
        for name, value in fields.items():
            got = getattr(event, name)
            assert got == value, f"{parser.name}: event {number}: {name} is {got!r}, not {value!r}"
    count = len(parser.sample.split("\n"))
    assert len(items) >= count, f"{parser.name}: {count} lines gave only {len(items)} items"
    assert parse_text(parser, parser.sample) == items, f"{parser.name}: two readings differ"


def _check_pause(parser: Parser) -> None:
    texts = parser.sample.split("\n")
    items: list[Item] = []
    before: list[int] = []

    def lines() -> Iterator[Line]:
        yield from lines_of(texts)
        yield PAUSE
        before.append(len(_events(parser, items)))

    for item in parser.parse(lines(), SETTINGS):
        items.append(item)
    assert before == [len(_events(parser, items))], f"{parser.name}: holds events back at a PAUSE"
    told = [item for item in items if isinstance(item, Ignored) and item.line is PAUSE]
    assert len(told) == 1, f"{parser.name}: a PAUSE is not ignored"
    for blank in (BLANK, Line("log", 1, "")):
        (item,) = parser.parse([blank], SETTINGS)
        assert isinstance(item, Ignored), f"{parser.name}: a blank line is not ignored"


def _check_marks(parser: Parser) -> None:
    assert isinstance(parser, Marked)
    marks = parser.marks
    assert marks and all(marks), f"{parser.name}: a mark is empty"
    texts = [text for line in _noise(parser, 5) for text in (line, "another line", "")]
    lines = lines_of(texts)
    marked = [line for line in lines if any(mark in line.text for mark in marks)]
    rest = [line for line in lines if not any(mark in line.text for mark in marks)]
    for item in parser.parse(rest, SETTINGS):
        where = item.event_id if isinstance(item, LoginEvent) else item.line.text[:80]
        assert isinstance(item, Ignored), f"{parser.name}: a line without a mark counts: {where!r}"
    whole = [item for item in parser.parse(lines, SETTINGS) if not isinstance(item, Ignored)]
    some = [item for item in parser.parse(marked, SETTINGS) if not isinstance(item, Ignored)]
    assert whole == some, f"{parser.name}: lines without a mark change what others give"


def _check_hostile(parser: Parser) -> None:
    for event in _events(parser, parse_text(parser, parser.hostile)):
        for user in (event.user_id, event.user_name):
            assert user is None or user.strip().casefold() != VICTIM, (
                f"{parser.name}: a hostile line gave an event of the forged user ({event.event_id})"
            )


def _check_noise(parser: Parser) -> None:
    texts = _noise(parser, 7)
    parser.claims(texts)
    text = "\n".join(text.replace("\n", " ") for text in texts)
    items = parse_text(parser, text)
    _events(parser, items)
    assert len(items) >= len(texts), f"{parser.name}: some lines of noise gave no item"
    assert parse_text(parser, text) == items, f"{parser.name}: two readings of noise differ"


def _noise(parser: Parser, seed: int) -> list[str]:
    """Random texts, and the parser's own lines cut, doubled and bent."""
    noise = random.Random(seed)
    lines = parser.sample.split("\n") + parser.hostile.split("\n")
    texts = [noise.randbytes(noise.randrange(200)).decode("utf-8", "replace") for _ in range(100)]
    for line in lines:
        texts += [line[: noise.randrange(len(line) + 1)] for _ in range(8)]
        texts += [line[noise.randrange(len(line) + 1) :] for _ in range(4)]
        texts += [line + line, line + "\x1b[31m", line.replace(" ", "\t"), line.replace("1", "１")]
        for _ in range(8):
            at = noise.randrange(len(line) + 1)
            texts.append(line[:at] + chr(noise.choice(_TROUBLE)) + line[at + 1 :])
    texts += ["", " ", "{", "[" * 10_000, '{"a":' * 10_000, "\ufeff", "9" * 5000]
    texts += [nested for line in lines for nested in _nestings(line)]
    noise.shuffle(texts)
    return texts


def _nestings(line: str) -> list[str]:
    """The line with its last brackets, and up to four words before them, within themselves."""
    texts = []
    for opening, closing in ("[]", "()", "{}"):
        start, end = line.rfind(opening), line.rfind(closing)
        if not 0 <= start < end:
            continue
        begin, tail = start, line[start + 1 : end].lstrip()
        unit = line[: end - len(tail)]
        for _ in range(5):
            texts.append(line[:begin] + unit[begin:] * _DEPTH + tail + closing * _DEPTH)
            begin = line.rfind(" ", 0, max(0, begin - 1)) + 1
    return texts


def _events(parser: Parser, items: Sequence[Item]) -> list[LoginEvent]:
    events = [item for item in items if isinstance(item, LoginEvent)]
    for event in events:
        where = f"{parser.name}: {event.event_id}"
        # The codec checks every field's type; a frozen Struct does not when it is made.
        try:
            msgspec.convert(msgspec.to_builtins(event), LoginEvent)
        except msgspec.ValidationError as error:
            raise AssertionError(f"{where}: {error}") from None
        assert 0 <= event.timestamp_ns < 2**63, f"{where}: time out of range"
        assert event.user_id != "", f"{where}: an unknown user is None, not empty"
        assert event.count >= 1, f"{where}: count below 1"
        assert event.failure_reason is None or event.failure_reason in FAILURE_REASONS, (
            f"{where}: failure_reason {event.failure_reason!r} is not in the vocabulary"
        )
    return events


_LIMITS = (1_000_000, 262_144, 65_536, 16_384)
"""Characters: of the longest line that is read, and limits that formats have of their own."""
_MOST_TIMES = 2.5
"""What a line of twice the length may cost."""
_RUNS = 7
_ENOUGH_S = 0.2
"""A line that takes longer is measured once: what else runs makes no such difference."""
_CHEAP_S = 0.05
"""What a line of a megabyte may take (and is not looked at further), and others in proportion."""
_FIXED = 16_384
"""Characters that are added, so that a short line may cost what any line does."""
_DEPTH = 1100
"""More levels than a function may call itself."""
_TROUBLE = (0, 9, 13, 27, 34, 39, 44, 92, 123, 125, 0x202E, 0xFFFD, 0x1F600)
